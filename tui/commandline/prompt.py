"""What is typed into the row of the command line: commands, what to find, action characters."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from jobmon.tui import commandline
from jobmon.tui.boxes import Entry
from jobmon.tui.commandline import Context, npcolumn
from jobmon.tui.commandline.performing import perform
from jobmon.tui.console import Console
from jobmon.tui.lanes.lane import METRICS
from jobmon.tui.rows import FACTS
from jobmon.tui.screens.queue import HEADINGS, SORT_KEYS, Queue
from jobmon.tui.screens.rack import ORIENTS
from jobmon.tui.theme import THEMES

LONGEST = 4
"""Signs in the NP column: `//rf`."""
KEPT = 100
"""Command lines that arrow up brings back."""


class Prompt:
    """What is being typed. `press` hears the keys that are no text; False: it means nothing."""

    label = "COMMAND"
    help = ""

    def __init__(self, monitor: Console) -> None:
        self.monitor = monitor
        self.text = ""

    def entry(self, x: int, y: int, width: int) -> Entry | None:
        """Where its text is asked for; None when its keys come one by one."""
        return Entry(x, y, width, self.text, self.changed, self.suggest)

    def changed(self, text: str) -> None:
        """The text as it is now."""
        self.text = text

    def suggest(self, _text: str) -> Sequence[str]:
        """Whole texts it may become."""
        return ()

    def press(self, key: str, sign: str | None) -> bool:
        """A key beside the text."""
        if key in {"escape", "f3"}:
            self.monitor.ask(None)
        elif key == "enter":
            self.monitor.ask(None)
            self.done()
        return True

    def done(self) -> None:
        """ENTER."""


class Finding(Prompt):
    """`/`: the rows, or lines of the log, in which the text occurs, while it is typed."""

    label = "FIND"
    help = "rows in which this occurs; ENTER keeps it, ESC takes it back"

    def changed(self, text: str) -> None:
        """Show what there is of it."""
        self.text = text
        self.monitor.view.search(text)

    def press(self, key: str, sign: str | None) -> bool:
        """ESC shows all again."""
        if key in {"escape", "f3"}:
            self.monitor.view.search("")
        return super().press(key, sign)


class Caret(Prompt):
    """`:` or F2: the command line; TAB goes on into the NP column."""

    def __init__(self, monitor: Console) -> None:
        super().__init__(monitor)
        self.help = commandline.help_line("")
        self._back = 0

    @property
    def context(self) -> Context:
        """The names that can be typed here."""
        return context(self.monitor)

    def changed(self, text: str) -> None:
        """Say what is being typed."""
        self.text = text
        self.help = commandline.help_line(text)

    def suggest(self, text: str) -> Sequence[str]:
        """Completed lines."""
        return commandline.complete(text, self.context)

    def press(self, key: str, sign: str | None) -> bool:
        """TAB completes, on an empty line it goes into the NP column; arrows bring lines back."""
        if key == "tab" and self.text.strip():
            longer = (t for t in self.suggest(self.text) if t.startswith(self.text))
            self.changed(next((t for t in longer if t != self.text), self.text))
        elif key == "tab" and isinstance(self.monitor.view, Queue):
            self.monitor.ask(Column(self.monitor, self.monitor.view))
        elif key == "tab":
            self.help = "the NP column is on the queue; here TAB completes a word"
        elif key in {"up", "down"}:
            self._bring_back(1 if key == "up" else -1)
        else:
            return super().press(key, sign)
        return True

    def _bring_back(self, steps: int) -> None:
        lines = self.monitor.commands
        self._back = max(0, min(len(lines), self._back + steps))
        self.changed(lines[-self._back] if self._back else "")

    def done(self) -> None:
        """Do what the line says, or say what is wrong with it."""
        text = self.text.strip()
        if not text:
            return
        self.monitor.commands = [*self.monitor.commands[-KEPT:], text]
        self.monitor.hush()
        perform(self.monitor, commandline.parse(text, self.context))


class Column(Prompt):
    """Action characters beside the rows; ENTER reviews and runs all of them in row order."""

    label = "NP"
    help = "action characters beside rows, // for a block, = repeats; ENTER runs them, ESC leaves"

    def __init__(self, monitor: Console, queue: Queue) -> None:
        super().__init__(monitor)
        self._queue = queue

    def entry(self, x: int, y: int, width: int) -> Entry | None:
        """The characters come one by one."""
        return None

    def press(self, key: str, sign: str | None) -> bool:
        """Type beside the row in hand, move, run or leave."""
        cursor = self._queue.cursor
        text = self._queue.typed.get(cursor, "")
        if key in {"escape", "f3"}:
            self._queue.typed = {}
            self.monitor.ask(None)
        elif key == "enter":
            self._run()
        elif key in {"tab", "down"}:
            self._queue.act("move.down", self.monitor.stage)
        elif key in {"shift+tab", "up"}:
            self._queue.act("move.up", self.monitor.stage)
        elif key == "backspace":
            self._put(cursor, text[:-1])
        elif sign and sign.isprintable() and sign != " " and len(text) < LONGEST:
            self._put(cursor, text + sign)
        return True

    def _put(self, cursor: Hashable, text: str) -> None:
        self._queue.typed = {**self._queue.typed, cursor: text}
        if not text:
            del self._queue.typed[cursor]

    def _run(self) -> None:
        rows = self._queue.items(self.monitor.stage)
        found = npcolumn.review(rows, self._queue.typed, self.monitor.last_np)
        if found.complaints:
            self.monitor.say(found.complaints[0].text, "note")
            return
        self._queue.typed = {}
        self.monitor.ask(None)
        self.monitor.run_np(found.requests)


def context(monitor: Console) -> Context:
    """What is known where a line is typed."""
    world = monitor.world
    flows = [flow for site in world.sites for flow in site.flows.get("flows", ())]
    row = monitor.hand()
    jobs = [job.name for job in row.site.board.shape_of(row.run.id).jobs] if row else []
    params: Mapping[str, Sequence[str]] = {
        str(flow["flow"]): [str(p["name"]) for p in flow.get("params") or ()] for flow in flows
    }
    return Context(
        now=monitor.present,
        criteria=monitor.screens.queue.criteria,
        flows=[str(flow["flow"]) for flow in flows],
        runs=[run.key for _, run in world.runs()],
        jobs=jobs,
        columns=FACTS,
        sorts=list(SORT_KEYS),
        headings=HEADINGS,
        states=commandline.STATES,
        themes=list(THEMES),
        params=params,
        lanes=(*METRICS, *ORIENTS),
    )
