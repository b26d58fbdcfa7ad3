"""The report as plain text of 80 columns, for a terminal and for mail. Pure.

Widths are counted in cells: a Japanese sign takes two.
"""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

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


def page(document: Document) -> list[str]:
    """The lines, each inert and at most 80 cells wide; empty lists are left out."""
    return [cut(inert(line.replace("\n", " ")), WIDTH) for line in _lines(document)]


def head(document: Document) -> str:
    """The report in a few words, for a subject: `report of 2026-11-23: 2 failed, 12 runs`."""
    runs = sum(row["runs"] for row in document["flows"])
    bad = sum(row["state"] == "failed" for row in document["failed"])
    counts = [(bad, "failed"), (len(document["lost"]), "lost"), (len(document["late"]), "late")]
    parts = [f"{number} {word}" for number, word in counts if number]
    parts.append(f"{runs} run" if runs == 1 else f"{runs} runs")
    return f"report since {clock(document['since'])}: {', '.join(parts)}"


def _lines(document: Document) -> Iterator[str]:
    since, until = clock(document["since"]), clock(document["until"])
    yield f"{since} to {until}  {document['host']}:{document['home']}"
    yield from _ran(document["flows"])
    for title, name, line in _PARTS:
        rows = document[name]
        if rows:
            more = document["left_out"].get(name, 0)
            yield from ("", f"{title} ({len(rows) + more})")
            yield from (f"  {text}" for row in rows for text in line(row))
            yield from [f"  and {more} more"] if more else []


def _ran(rows: Sequence[Document]) -> Iterator[str]:
    yield from ("", "RAN" if rows else "nothing ran")
    for row in rows:
        parts = [f"{row[state]} {state}" for state in _STATES if row[state]]
        parts += [f"{row['warn']} with a warning"] if row["warn"] else []
        retries = "1 retry" if row["retries"] == 1 else f"{row['retries']} retries"
        parts += [retries] if row["retries"] else []
        yield f"  {pad(row['flow'], NAME)} {row['runs']:>3}  {', '.join(parts)}"


def _place(row: Document) -> str:
    return pad(" ".join(part for part in (row["run"], row.get("job")) if part), NAME + 8)


def _failed(row: Document) -> Iterator[str]:
    now = "" if row["state"] == "failed" else f"now {row['state']}"
    yield f"{_place(row)} {now or row['how']}"
    if row["cause"]:
        yield f"  {row['cause']}"
    if row["hint"]:
        yield f"  {row['hint']}"


def _retried(row: Document) -> Iterator[str]:
    times = "once" if row["times"] == 1 else f"{row['times']} times"
    yield f"{_place(row)} {times}, now {row['state']}"


def _since(row: Document) -> Iterator[str]:
    yield f"{_place(row)} since {clock(row['since'])}"


def _late(row: Document) -> Iterator[str]:
    yield f"{_place(row)} deadline {clock(row['deadline'])}"


def _expired(row: Document) -> Iterator[str]:
    yield f"{_place(row)} {row['reason']}"


def _deed(row: Document) -> Iterator[str]:
    what = " ".join(part for part in (row["run"] or row["flow"], row["job"]) if part)
    why = f": {row['why']}" if row["why"] else ""
    yield f"{clock(row['at'])}  {row['verb']} {what} by {row['who']}{why}"


def _held(row: Document) -> Iterator[str]:
    until = f" until {clock(row['until'])}" if row["until"] else ""
    yield f"{pad(row['run'] or row['flow'], NAME)} since {clock(row['since'])}{until}, {row['by']}"


def _running(row: Document) -> Iterator[str]:
    since = f" since {clock(row['started'])}" if row["started"] else ""
    yield f"{_place(row)} {row['state']}{since}"


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
