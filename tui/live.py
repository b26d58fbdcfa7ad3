"""The live view of a followed run: drawn in place by rich, from the run page's own lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.text import Text

from jobmon.runtime.words import command
from jobmon.tui import runpage
from jobmon.tui.ink import Ink

Document = Mapping[str, Any]
CALM = frozenset({"waiting", "succeeded", "skipped", "upstream_failed", "expired", "cancelled"})
"""States that make room for others when a run has more jobs than the terminal has rows."""


class Screen:
    """A region of the terminal that shows one run. `note` is a warning under it."""

    def __init__(self, ink: Ink) -> None:
        self.ink = ink
        self.note = ""
        self._console = Console(highlight=False, markup=False, emoji=False)
        self._live = Live(console=self._console, auto_refresh=False, vertical_overflow="crop")
        self._live.start()

    def show(self, document: Document, now: float) -> None:
        """Draw the run as it is."""
        lines = frame(self.ink, document, now, self._console.height - 1)
        if self.note:
            lines.append(self.ink.paint(self.note, "yellow"))
        self._live.update(_text(lines), refresh=True)

    def last(self, document: Document, now: float) -> None:
        """The last picture is the whole page, however long."""
        text = "\n".join(runpage.page(self.ink, document, now))
        self._console.print(_text(text.split("\n")), soft_wrap=True)

    def close(self) -> None:
        """Give the region back, empty."""
        self._live.update(Text(""), refresh=True)
        self._live.transient = True
        self._live.stop()


def _text(lines: Sequence[str]) -> Text:
    text = Text.from_ansi("\n".join(lines))
    text.no_wrap = True
    return text


def frame(ink: Ink, document: Document, now: float, height: int) -> list[str]:
    """The run page in at most `height` lines: the tree, or the jobs that matter now."""
    head = runpage.title(ink, document, now)
    hints = _hints(ink, document)
    room = height - len(head) - len(hints) - 1
    whole = runpage.job_tree(ink, document["jobs"], now) if len(document["jobs"]) < room else []
    if not whole or len(whole) > room:
        whole = _busiest(ink, document["jobs"], now, room)
    return [*head, "", *whole, *hints]


def _busiest(ink: Ink, jobs: Sequence[Document], now: float, room: int) -> list[str]:
    busy = [job for job in jobs if job["state"] not in CALM]
    ended = sorted((j for j in jobs if j["state"] in CALM), key=lambda j: -(j.get("ended") or 0))
    chosen = [{**job, "after": ()} for job in (busy + ended)[: max(1, room - 2)]]
    rest = len(jobs) - len(chosen)
    more = ink.paint(f"and {rest:,} more jobs", "dim")
    return [*runpage.job_tree(ink, chosen, now), *([more] if rest else [])]


def _hints(ink: Ink, document: Document) -> list[str]:
    mine = [job["job"] for job in document["jobs"] if job["state"] == "waiting_human"]
    lines = [ink.safe(command("done", document["run"], name)) for name in mine]
    steps = [ink.paint(f"your turn: {line}", "bold yellow") for line in lines]
    return ["", *steps, ink.paint("ctrl-c detaches, the run goes on", "dim")]
