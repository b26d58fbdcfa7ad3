"""What a keyboard sends for a key, by the names that textual gives the keys."""

from __future__ import annotations

_LETTERED = {"up": "A", "down": "B", "right": "C", "left": "D", "home": "H", "end": "F"}
_NUMBERED = {
    "insert": 2, "delete": 3, "pageup": 5, "pagedown": 6,
    "f5": 15, "f6": 17, "f7": 18, "f8": 19, "f9": 20, "f10": 21, "f11": 23, "f12": 24,
}  # fmt: skip
_PLAIN = {
    "enter": "\r", "esc": "\x1b", "escape": "\x1b", "tab": "\t", "space": " ", "backspace": "\x7f",
    "shift+tab": "\x1b[Z", "ctrl+space": "\0",
    "f1": "\x1bOP", "f2": "\x1bOQ", "f3": "\x1bOR", "f4": "\x1bOS",
}  # fmt: skip
_MODIFIERS = {"shift": 1, "alt": 2, "ctrl": 4}


def code(key: str) -> str:
    """The signs of one key: a name (f3, ctrl+p, shift+up), or the sign itself.

    Raises KeyError for a name there is not.
    """
    if len(key) == 1:
        return key
    if key in _PLAIN:
        return _PLAIN[key]
    *held, name = key.split("+")
    if held == ["ctrl"] and name.isalpha() and len(name) == 1:
        return chr(ord(name.upper()) - 64)
    if held == ["alt"] and (len(name) == 1 or name in _PLAIN):
        return "\x1b" + code(name)
    return _moved(name, sum(_MODIFIERS[word] for word in held))


def _moved(name: str, modifiers: int) -> str:
    mark = f";{modifiers + 1}" if modifiers else ""
    if name in _LETTERED:
        return f"\x1b[{'1' + mark if mark else ''}{_LETTERED[name]}"
    return f"\x1b[{_NUMBERED[name]}{mark}~"
