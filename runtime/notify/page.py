"""The report as plain text of 80 columns, for a terminal and for mail. Pure.

Widths are counted in cells: a Japanese sign takes two.
"""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from jobmon.runtime.notify.inert import inert

Document = Mapping[str, Any]
WIDTH = 80
NAME = 28
_STATES = ("succeeded", "failed", "cancelled", "expired", "running", "blocked", "queued")
_CLASHES = frozenset("WF")


def cells(text: str) -> int:
    """How many cells of a terminal `text` takes."""
    return sum(
        0 if unicodedata.combining(sign) else 1 + (unicodedata.east_asian_width(sign) in _CLASHES)
        for sign in text
    )


def cut(text: str, width: int) -> str:
    """`text` in at most so many cells."""
    if cells(text) <= width:
        return text
    text = text[: 4 * width]
    while cells(text) > width - 1:
        text = text[:-1]
    return text + "…"


def pad(text: str, width: int) -> str:
    """`text` in exactly so many cells."""
    text = cut(text, width)
    return text + " " * (width - cells(text))


class Named(NamedTuple):
    """A line that begins with a name in a column of its own."""

    name: str
    room: int
    rest: str

    def text(self, whole: bool) -> str:
        """The line; a name that is too long for its column is cut unless `whole`."""
        name = self.name + " " * (self.room - cells(self.name)) if whole else ""
        return f"{name or pad(self.name, self.room)} {self.rest}"


def page(document: Document, whole: bool = False) -> list[str]:
    """The lines, each inert and at most 80 cells wide unless `whole`; empty lists are left out."""
    lines = (inert(line.replace("\n", " ")) for line in _lines(document, whole))
    return [line if whole else cut(line, WIDTH) for line in lines]


def head(document: Document) -> str:
    """The report in a few words, for a subject: `report of 2026-11-23: 2 failed, 12 runs`."""
    runs = sum(row["runs"] for row in document["flows"])
    bad = sum(row["state"] == "failed" for row in document["failed"])
    counts = [(bad, "failed"), (len(document["lost"]), "lost"), (len(document["late"]), "late")]
    parts = [f"{number} {word}" for number, word in counts if number]
    parts.append(f"{runs} run" if runs == 1 else f"{runs} runs")
    return f"report since {clock(document['since'])}: {', '.join(parts)}"


def _lines(document: Document, whole: bool) -> Iterator[str]:
    since, until = clock(document["since"]), clock(document["until"])
    yield f"{since} to {until}  {document['host']}:{document['home']}"
    flows = document["flows"]
    yield from ("", "RAN" if flows else "nothing ran")
    yield from (f"  {_ran(row).text(whole)}" for row in flows)
    for title, name, line in _PARTS:
        rows = document[name]
        if rows:
            more = document["left_out"].get(name, 0)
            yield from ("", f"{title} ({len(rows) + more})")
            told = (each for row in rows for each in line(row))
            yield from (f"  {each if isinstance(each, str) else each.text(whole)}" for each in told)
            yield from [f"  and {more} more"] if more else []


def _ran(row: Document) -> Named:
    parts = [f"{row[state]} {state}" for state in _STATES if row[state]]
    parts += [f"{row['warn']} with a warning"] if row["warn"] else []
    retries = "1 retry" if row["retries"] == 1 else f"{row['retries']} retries"
    parts += [retries] if row["retries"] else []
    return Named(row["flow"], NAME, f"{row['runs']:>3}  {', '.join(parts)}")


def _at(row: Document, rest: str) -> Named:
    place = " ".join(part for part in (row["run"], row.get("job")) if part)
    return Named(place, NAME + 8, rest)


def _failed(row: Document) -> Iterator[Named | str]:
    now = "" if row["state"] == "failed" else f"now {row['state']}"
    yield _at(row, now or row["how"])
    if row["cause"]:
        yield f"  {row['cause']}"
    if row["hint"]:
        yield f"  {row['hint']}"


def _retried(row: Document) -> Iterator[Named]:
    times = "once" if row["times"] == 1 else f"{row['times']} times"
    yield _at(row, f"{times}, now {row['state']}")


def _since(row: Document) -> Iterator[Named]:
    yield _at(row, f"since {clock(row['since'])}")


def _late(row: Document) -> Iterator[Named]:
    yield _at(row, f"deadline {clock(row['deadline'])}")


def _expired(row: Document) -> Iterator[Named]:
    yield _at(row, row["reason"])


def _deed(row: Document) -> Iterator[str]:
    what = " ".join(part for part in (row["run"] or row["flow"], row["job"]) if part)
    why = f": {row['why']}" if row["why"] else ""
    yield f"{clock(row['at'])}  {row['verb']} {what} by {row['who']}{why}"


def _held(row: Document) -> Iterator[Named]:
    until = f" until {clock(row['until'])}" if row["until"] else ""
    rest = f"since {clock(row['since'])}{until}, {row['by']}"
    yield Named(row["run"] or row["flow"], NAME, rest)


def _running(row: Document) -> Iterator[Named]:
    since = f" since {clock(row['started'])}" if row["started"] else ""
    yield _at(row, f"{row['state']}{since}")


def _next(row: Document) -> Iterator[str]:
    held = "  held" if row["held"] else ""
    yield f"{clock(row['at'])}  {row['line']}{held}"


_PARTS = (
    ("FAILED", "failed", _failed),
    ("LOST", "lost", _since),
    ("LATE", "late", _late),
    ("WAITS FOR A PERSON", "waiting", _since),
    ("RETRIED", "retried", _retried),
    ("NOT STARTED", "expired", _expired),
    ("DONE BY PEOPLE", "deeds", _deed),
    ("HELD NOW", "held", _held),
    ("GOES ON NOW", "running", _running),
    ("COMES NEXT", "next", _next),
)


def clock(at: float | None) -> str:
    """Local time to the minute, with its day."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at)) if at else "?"
