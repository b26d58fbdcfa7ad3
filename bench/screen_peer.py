"""The same views made of textual's own widgets: `python -m bench.screen_peer VIEW SIZE [HZ]`.

    table ROWS HZ   a DataTable, 16 visible rows of which change HZ times a second
    log LINES       a RichLog of LINES lines
    follow RATE     a RichLog that is written RATE lines a second
    screens         each key puts a new screen up, and takes it away

What it shows once it is ready ends with the word READY.
"""

from __future__ import annotations

import sys
import time

from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.widgets import DataTable, Footer, RichLog, Static

MOVING = 16
COLUMNS = ("NP", "job", "run", "flow", "state", "progress", "elapsed", "eta", "rc", "why")
EIGHTHS = " ▏▎▍▌▋▊▉█"


class Peer(App[None]):
    """A bare application: key bar, no animation, ended by q."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS = [("q", "quit", "quit")]  # noqa: RUF012 - as textual declares it

    def __init__(self, size: int = 0, rate: float = 0.0) -> None:
        super().__init__()
        self.size_, self.rate = size, rate
        self.begun = time.monotonic()

    def ready(self) -> None:
        """Say so once everything before is painted."""
        self.call_after_refresh(self.query_one(Static).update, "READY")


class Table(Peer):
    """The queue as a DataTable."""

    def compose(self) -> ComposeResult:
        yield Static("")
        yield DataTable(cursor_type="row")
        yield Footer()

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        self.keys = table.add_columns(*COLUMNS)
        rows = (("", f"job {i}", "many#1", "many", "running", bar(0), "0:00", "", "", "-")
                for i in range(self.size_))  # fmt: skip
        self.rows = table.add_rows(rows)
        if self.rate:
            self.set_interval(1 / self.rate, self.move)
        self.ready()

    def move(self) -> None:
        """Progress and elapsed time of the rows that can be seen."""
        table, gone = self.query_one(DataTable), time.monotonic() - self.begun
        elapsed = f"{int(gone) // 60}:{int(gone) % 60:02}"
        for i, row in enumerate(self.rows[:MOVING]):
            table.update_cell(row, self.keys[5], bar(gone / (120 + 40 * i)))
            table.update_cell(row, self.keys[6], elapsed)


class Log(Peer):
    """A log as a RichLog: read at once, or growing."""

    def compose(self) -> ComposeResult:
        yield Static("")
        yield RichLog(highlight=False, markup=False)
        yield Footer()

    def on_mount(self) -> None:
        self.written = 0
        self.write(self.size_)
        if self.rate:
            self.set_interval(0.25, self.grow)
        self.ready()

    def grow(self) -> None:
        """What came since the last time."""
        self.write(int((time.monotonic() - self.begun) * self.rate) - self.written)

    def write(self, count: int) -> None:
        """So many further lines."""
        log = self.query_one(RichLog)
        for number in range(self.written, self.written + count):
            log.write(
                f"{number:07} a line of an ordinary log, of about a hundred signs, as jobs write"
            )
        self.written += count


class Screens(Peer):
    """A new screen for every key."""

    def compose(self) -> ComposeResult:
        yield Static("")
        yield Footer()

    def on_mount(self) -> None:
        self.ready()

    async def on_key(self) -> None:
        await self.push_screen(Other())
        await self.pop_screen()
        self.query_one(Static).update(f"{time.monotonic()}")


class Other(Screen[None]):
    """A screen with a table."""

    def compose(self) -> ComposeResult:
        yield DataTable()
        yield Footer()


def bar(part: float) -> str:
    """Sixteen cells in steps of an eighth."""
    whole, rest = divmod(round(min(1.0, part) * 16 * 8), 8)
    return ("█" * whole + (EIGHTHS[rest] if whole < 16 else "")).ljust(16)


def main(view: str, size: str = "0", rate: str = "0") -> None:
    """Run one of them."""
    if view == "follow":
        Log(0, float(size)).run()
    else:
        {"table": Table, "log": Log, "screens": Screens}[view](int(size), float(rate)).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
