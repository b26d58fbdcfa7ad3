"""The form that starts a run: the typed parameters of its flow. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jobmon.tui.boxes import Box, Entry
from jobmon.tui.ink import Ink
from jobmon.tui.picture import Line, Size, fit
from jobmon.tui.text import cells, cut, pad, wrap

LABEL_MOST = 24
HINT_MOST = 30
ROOM = 10
"""Cells of a field at least."""
WIDE = 76
"""Cells of the form at most, where its description is not longer."""
WHY = ""
"""The field that is no parameter: why the run is started."""


class Form(Box):
    """One line for each parameter, and one for why; ENTER on the last one starts the run."""

    keys = (
        ("enter", "next, or start"),
        ("ctrl+s", "start"),
        ("up/down", "field"),
        ("esc", "leave"),
    )

    def __init__(
        self,
        flow: Mapping[str, Any],
        start: Callable[[dict[str, str], str], None],
        given: Mapping[str, str] | None = None,
    ) -> None:
        self.title = f"start {flow['flow']}"
        self._flow, self._start = flow, start
        self._params: Sequence[Mapping[str, Any]] = flow.get("params") or ()
        self._names = [str(p["name"]) for p in self._params] + [WHY]
        self._texts = {str(p["name"]): _default(p) for p in self._params} | {WHY: ""}
        self._texts |= {k: v for k, v in (given or {}).items() if k in self._texts}
        self.trouble = ""  # why the runtime refused what was given
        self._at = self._top = self._first = 0
        self._label = self._room = 0

    def body(self, ink: Ink, size: Size) -> list[Line]:
        """Description, then fields, the one in hand among them, with type and choices behind."""
        names = [self._name(ink, name) for name in self._names]
        self._label = max(map(cells, names)) + 2
        hints = max(cells(self._hint(ink, i)) for i in range(len(names))) + 2
        self._room = max(ROOM, min(size.width, WIDE) - self._label - hints)
        about = wrap(ink.safe(self._flow.get("description") or ""), size.width)[:3]
        wrong = wrap(ink.safe(self.trouble), size.width)[:4] if self.trouble else []
        told: list[Line] = [*(((part, "dim"),) for part in about), *(((p, "fail"),) for p in wrong)]
        head: list[Line] = [*told, ()]
        seen = max(1, min(len(names), size.height - len(head)))
        self._top = max(self._at - seen + 1, min(self._top, self._at))
        self._first = len(head) - self._top
        rows = [self._row(ink, i, name) for i, name in enumerate(names)]
        return [*head, *rows[self._top : self._top + seen]]

    def _name(self, ink: Ink, name: str) -> str:
        return cut(ink.safe(name or "why"), LABEL_MOST, ink.lines.cut)

    def _row(self, ink: Ink, index: int, name: str) -> Line:
        text = ink.safe(self._texts[self._names[index]])
        field = fit(((text, "field"), (" " * self._room, "field")), self._room, "")
        style = "title" if index == self._at else "dim"
        return ((pad(name, self._label), style), *field, (f"  {self._hint(ink, index)}", "dim"))

    def _hint(self, ink: Ink, index: int) -> str:
        if index >= len(self._params):
            return "recorded with the run"
        param = self._params[index]
        choices = [str(choice) for choice in param.get("choices") or ()]
        hint = ink.safe("|".join(choices) or param.get("type") or "")
        return cut(hint, HINT_MOST, ink.lines.cut)

    def press(self, key: str) -> bool:
        """Move between fields, start, or leave."""
        if key in {"escape", "f3"}:
            return False
        if key == "ctrl+s" or (key == "enter" and self._at == len(self._names) - 1):
            self._begin()
            return False
        if key in {"down", "tab", "enter"}:
            self._at = min(self._at + 1, len(self._names) - 1)
        elif key in {"up", "shift+tab"}:
            self._at = max(self._at - 1, 0)
        return True

    def _begin(self) -> None:
        """What was left as it stood is not given: the runtime knows its defaults."""
        plain = {str(p["name"]): _default(p) for p in self._params}
        given = {k: v for k, v in self._texts.items() if k != WHY and v != plain[k]}
        self._start(given, self._texts[WHY].strip())

    def entry(self, x: int, y: int, width: int) -> Entry | None:
        """The field in hand."""
        name = self._names[self._at]

        def put(text: str) -> None:
            self._texts[name] = text

        place = (x + self._label, y + self._first + self._at, self._room)
        return Entry(*place, self._texts[name], put, self._suggest)

    def _suggest(self, text: str) -> Sequence[str]:
        if self._at >= len(self._params):
            return ()
        choices = [str(choice) for choice in self._params[self._at].get("choices") or ()]
        return [choice for choice in choices if choice.startswith(text) and choice != text]


def _default(param: Mapping[str, Any]) -> str:
    """Its default as it can be typed; of one that cannot, the runtime knows better."""
    default = "" if param.get("default") is None else str(param["default"])
    return default if default.isprintable() else ""
