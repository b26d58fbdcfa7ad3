"""The form that starts a run: the typed parameters of its flow. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jobmon.tui.boxes import Box, Entry
from jobmon.tui.ink import Ink
from jobmon.tui.picture import Line, Size, fit, on
from jobmon.tui.text import cells, pad

LABEL_MOST = 24
WHY = "why"


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
        self._at = 0
        self._label = 0

    def body(self, ink: Ink, size: Size) -> list[Line]:
        """Description, then the fields with type and choices behind them."""
        about = str(self._flow.get("description") or "")
        self._label = min(LABEL_MOST, max(cells(ink.safe(name)) for name in self._names)) + 2
        rows = [self._row(ink, i, name, size.width) for i, name in enumerate(self._names)]
        return [fit(((ink.safe(about), "dim"),), size.width), (), *rows, ()]

    def _row(self, ink: Ink, index: int, name: str, width: int) -> Line:
        label = pad(ink.safe(name)[:LABEL_MOST], self._label)
        text = ink.safe(self._texts[name])
        room = max(10, width - self._label - cells(self._hint(index)) - 1)
        shown = fit(((text, ""),), room)
        line = ((label, "title" if index == self._at else "dim"), *shown)
        row = (*line, (f" {self._hint(index)}", "dim"))
        return on(row, "cursor") if index == self._at else row

    def _hint(self, index: int) -> str:
        if index >= len(self._params):
            return "recorded with the run"
        param = self._params[index]
        choices = [str(choice) for choice in param.get("choices") or ()]
        return "|".join(choices)[:30] if choices else str(param.get("type") or "")

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
        room = max(10, width - self._label - cells(self._hint(self._at)) - 1)

        def put(text: str) -> None:
            self._texts[name] = text

        place = (x + self._label, y + 2 + self._at, room)
        return Entry(*place, self._texts[name], put, self._suggest)

    def _suggest(self, text: str) -> Sequence[str]:
        if self._at >= len(self._params):
            return ()
        choices = [str(choice) for choice in self._params[self._at].get("choices") or ()]
        return [choice for choice in choices if choice.startswith(text) and choice != text]


def _default(param: Mapping[str, Any]) -> str:
    default = param.get("default")
    return "" if default is None else str(default)
