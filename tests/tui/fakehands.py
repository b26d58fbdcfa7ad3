"""A monitor without a terminal or a runtime: keys in, lines out, and what its hands were asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jobmon.runtime.errors import JobmonError
from jobmon.tui.ink import Ink
from jobmon.tui.monitor import Monitor
from jobmon.tui.picture import Size
from jobmon.tui.text import plain
from jobmon.tui.world import Row, RowKey, World
from tests.tui.cli_fakes import NOW
from tests.tui.worlds import UNICODE, Folder

Answers = Mapping[str, Any]


class FakeHands:
    """Remembers what it was asked, and answers from `answers` by verb or operation.

    At once, or when `late` only as often as `come` is called.
    """

    def __init__(self) -> None:
        self.late = False
        self._owed: list[Callable[[], None]] = []
        self.asked: list[tuple[str, Any]] = []
        self.answers: dict[str, Any] = {}

    def call(
        self, site: int, op: str, args: Mapping[str, Any], then: Callable[[Any], None]
    ) -> None:
        self.asked.append((op, {"site": site, **args}))
        name = args.get("verb") or args.get("name") or op

        def give() -> None:
            answer = self.answers.get(str(name), {"touched": [], "notes": []})
            then(answer(args) if callable(answer) else answer)

        if self.late:
            self._owed.append(give)
        else:
            give()

    def come(self) -> None:
        """Give all answers that are owed by now."""
        owed, self._owed = self._owed, []
        for give in owed:
            give()

    def given(self, op: str) -> list[dict[str, Any]]:
        return [args for name, args in self.asked if name == op]

    def done(self) -> list[dict[str, Any]]:
        """Verbs that were no previews."""
        return [args for args in self.given("verb") if not args.get("preview")]

    def skip_running(self, row: Row, why: str, then: Callable[[Any], None]) -> None:
        self.asked.append(("skip_running", row.name))
        then({"touched": [{"job": row.name}]})

    def open_log(self, key: RowKey, attempt: int) -> None:
        self.asked.append(("open_log", (key, attempt)))

    def travel(self, moment: float | None) -> None:
        self.asked.append(("travel", moment))

    def edit(self, site: int, path: str, line: int, after: Callable[[], None]) -> None:
        self.asked.append(("edit", (site, path, line)))
        after()

    def page(self, path: str) -> None:
        self.asked.append(("page", path))

    def copy(self, text: str) -> None:
        self.asked.append(("copy", text))

    def paint_in(self, name: str) -> None:
        self.asked.append(("paint_in", name))

    def start_runtime(self) -> None:
        self.asked.append(("start_runtime", None))

    def lay_sample(self) -> None:
        self.asked.append(("lay_sample", None))

    def leave(self) -> None:
        self.asked.append(("leave", None))


class Session:
    """A monitor on folders (tests/tui/worlds.py), driven by keys."""

    def __init__(self, *folders: Folder, ink: Ink = UNICODE, **more: Any) -> None:
        self.world = World([folder.site for folder in folders])
        self.world.now, self.world.version = NOW, 1
        self.hands = FakeHands()
        self.monitor = Monitor(self.world, ink, self.hands, **more)
        self.monitor.present = NOW
        self.size = Size(100, 30)
        self.text()

    def text(self, width: int = 0, height: int = 0) -> str:
        """The picture as text."""
        size = Size(width or self.size.width, height or self.size.height)
        lines = self.monitor.lines(size)
        assert len(lines) == size.height
        return "\n".join(plain(line).rstrip() for line in lines)

    def press(self, *keys: str) -> str:
        """Keys by their textual names, one after the other; the picture after them."""
        for key in keys:
            self.monitor.press(key, key if len(key) == 1 else None)
            self.text()
        return self.text()

    def type(self, text: str) -> str:
        """Text into whatever asks for it."""
        assert self.monitor.entry is not None
        self.monitor.entry.changed(text)
        return self.text()

    def command(self, line: str) -> str:
        """A line into the command line."""
        self.press("colon")
        self.type(line)
        return self.press("enter")


def touched(run: str, *rows: tuple[str, str, str]) -> dict[str, Any]:
    """What the runtime answers to a preview: (job, state, becomes)."""
    return {
        "touched": [
            {"run": run, "job": job, "state": state, "becomes": becomes, "note": ""}
            for job, state, becomes in rows
        ],
        "notes": [],
    }


def refused(what: str, why: str, hint: str = "") -> JobmonError:
    return JobmonError(what, why, hint)
