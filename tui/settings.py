"""The screen's own settings, `[screen]` of jobmon.toml, checked against what there is. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from jobmon.jobs.options import choose
from jobmon.runtime.config import CONFIG_NAME
from jobmon.runtime.errors import UsageError
from jobmon.tui.actions import ACTIONS, BY_ID, KEY_NAMES, Action, shown

Keys = Mapping[str, tuple[str, ...]]
FPS_LOCAL, FPS_SSH = 10.0, 4.0
_VIEWS = tuple(i.removeprefix("go.") for i in BY_ID if i.startswith("go."))
_MODIFIERS = frozenset({"ctrl", "shift", "alt", "super"})
_NAMED = frozenset(
    {"left", "right", "up", "down", "home", "end", "insert", "delete", "pageup", "pagedown"}
    | {"tab", "space", "enter", "backspace", "escape"}
    | {f"f{number}" for number in range(1, 25)}
)
_SHORTER = {
    "solidus": "slash",
    "reverse_solidus": "backslash",
    "commercial_at": "at",
    "hyphen_minus": "minus",
    "plus_sign": "plus",
    "low_line": "underscore",
}
_SLIPS = frozenset({"ctrl+d", "backspace", "delete"})
"""Keys that other programs scroll or correct with: they never touch a job."""


def key_name(key: str) -> str:
    """A key as the screen names it: `?` is `question_mark`, `r` and `ctrl+p` are themselves."""
    if len(key) != 1 or key.isalnum():
        return key
    name = unicodedata.name(key, "").lower().replace("-", "_").replace(" ", "_")
    return _SHORTER.get(name, name)


_WRITTEN = {short: name for name, short in KEY_NAMES.items()}
"""Keys as they stand in the key bar: `esc`, `pgdn`."""
_SIGNS = frozenset(key_name(chr(code)) for code in range(0x21, 0x7F))
"""Every key that writes one sign."""


class ScreenSettings(NamedTuple):
    """How the screen looks and answers.

    `theme` is "" for the usual one. `glyphs` is auto, unicode or ascii. `fps` are pictures a second
    at most. `columns` are those of the queue, () for all that fit. `keys` holds the keys of the
    actions that got others.
    """

    theme: str = ""
    glyphs: str = "auto"
    fps: float = FPS_LOCAL
    columns: tuple[str, ...] = ()
    mouse: bool = True
    keys: Keys = MappingProxyType({})

    @staticmethod
    def of(
        screen: Mapping[str, Any],
        environ: Mapping[str, str],
        themes: Collection[str],
        columns: Sequence[str],
    ) -> ScreenSettings:
        """The settings of a batch folder, with what the terminal's environment says.

        Raises UsageError naming the setting and what there is.
        """
        theme, wanted = screen.get("theme") or "", tuple(screen.get("columns") or ())
        if theme:
            _known(theme, themes, "theme")
        for name in wanted:
            _known(name, columns, "columns")
        return ScreenSettings(
            theme=theme,
            glyphs=_glyphs(screen, environ),
            fps=screen.get("fps") or (FPS_SSH if environ.get("SSH_CONNECTION") else FPS_LOCAL),
            columns=wanted,
            mouse=bool(screen.get("mouse", True)),
            keys=_keys(screen.get("keys") or {}),
        )


def _glyphs(screen: Mapping[str, Any], environ: Mapping[str, str]) -> str:
    """$JOBMON_GLYPHS wins, as for every command."""
    said = environ.get("JOBMON_GLYPHS", "")
    return said if said in ("ascii", "unicode") else screen.get("glyphs") or "auto"


def _known(name: str, names: Collection[str], setting: str) -> None:
    if name not in names:
        raise _wrong(f"screen.{setting} cannot be {name!r}", choose(name, names))


def _wrong(why: str, hint: str) -> UsageError:
    return UsageError(f"read [screen] of {CONFIG_NAME}", why, hint)


def _keys(given: Mapping[str, Sequence[str]]) -> Keys:
    """The keys of actions, by their names. Raises UsageError for what cannot be."""
    found: dict[str, tuple[str, ...]] = {}
    for action, keys in given.items():
        if action not in BY_ID:
            raise _wrong(f"screen.keys: there is no action {action!r}", choose(action, BY_ID))
        found[action] = tuple(_checked(BY_ID[action], key) for key in keys)
    usual = set(_clashes({}))
    for view, key, first, second in _clashes(found):
        if (view, key, first, second) not in usual:
            why = f"screen.keys: on the screen {view} {shown(key)} is both {first} and {second}"
            raise _wrong(why, f"give {first} or {second} another key")
    return found


def _checked(action: Action, written: str) -> str:
    *modifiers, last = written.lower().split("+") if len(written) > 1 else [written]
    name = _WRITTEN.get(last) or key_name(last)
    key = "+".join([*modifiers, name])
    if not _MODIFIERS.issuperset(modifiers) or name not in _NAMED | _SIGNS:
        hint = choose(written, sorted(_NAMED | {"question_mark", "ctrl+p"}))
        raise _wrong(f"screen.keys: {action.id} cannot have the key {written!r}", hint)
    if action.verb and key in _SLIPS:
        raise _wrong(f"screen.keys: {key} is pressed by habit", f"give {action.id} another key")
    return key


def _clashes(own: Keys) -> list[tuple[str, str, str, str]]:
    """Where two actions are on one key: screen, key, and both. Some are meant so."""
    found: list[tuple[str, str, str, str]] = []
    for view in _VIEWS:
        held: dict[str, str] = {}
        for action in ACTIONS:
            if action.where and view not in action.where:
                continue
            keys = map(key_name, own.get(action.id, action.keys))
            found += [
                (view, key, held[key], action.id)
                for key in keys
                if held.setdefault(key, action.id) != action.id
            ]
    return found
