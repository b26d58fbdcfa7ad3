"""What `schedule` prints: fire times in order, or the days of each schedule with their fate."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jobmon.tui.ink import Ink
from jobmon.tui.look import FLAGS
from jobmon.tui.text import Cell, Column, cell, count, moment, table

Document = Mapping[str, Any]
TIMES = (
    Column("LOCAL TIME"),
    Column("ZONE TIME", keep=1),
    Column("NAME", flexible=True, least=12),
    Column("FLOW", flexible=True, keep=4),
    Column("SCHEDULE", flexible=True, keep=3),
    Column("NOTE", flexible=True, least=14, keep=2),
)
DAYS = (
    Column("DAY"),
    Column("PLANNED", flexible=True, least=5),
    Column("FATE"),
    Column("FIRES", flexible=True, least=20, keep=1),
    Column("WHY", flexible=True, least=12, keep=2),
)
FATES = {"fires": "green", "shifted": "yellow", "moved": "yellow", "left out": "dim"}
SHOWN = 4
"""Times of a day that are written out; of more, the first and the last."""


def page(ink: Ink, body: Document, now: float, *, explain: bool = False) -> list[str]:
    """The whole answer."""
    rows = body["schedules"]
    lines = _explained(ink, body, now) if explain else _times(ink, body, now)
    if not rows:
        lines = ["nothing starts by itself yet", "  give a flow a schedule, see docs/time.md"]
    lines += [ink.paint(ink.safe(line), "yellow") for line in _mistakes(rows)]
    lines += [ink.paint(ink.safe(f"not planned: {m}"), "red") for m in body["mistakes"]]
    return lines


def _times(ink: Ink, body: Document, now: float) -> list[str]:
    found = [(slot, row) for row in body["schedules"] for slot in row["next"]]
    found.sort(key=lambda pair: (pair[0]["at"], pair[1]["name"]))
    grid = [_fire(ink, slot, row, body["local"], now) for slot, row in found]
    never = [row for row in body["schedules"] if not row["next"] and not row["error"]]
    grid += [_fire(ink, None, row, body["local"], now) for row in never]
    lines = table(ink, TIMES, grid) if grid else []
    if any(row["more"] for row in body["schedules"]):
        lines.append(ink.paint("there are more: take fewer days", "dim"))
    return lines


def _fire(ink: Ink, slot: Document | None, row: Document, local: str, now: float) -> list[Cell]:
    here = _clock(slot["local"], "%a %Y-%m-%d %H:%M%z") if slot else "-"
    there = ""
    if slot and row["zone"] != local:
        there = f"{_clock(slot['time'], '%a %H:%M%z')} {row['zone']}"
    return [
        cell(here),
        cell(ink.safe(there), "dim"),
        ((ink.safe(row["name"]), "bold"), *_flags(row)),
        cell(ink.safe(row["flow"] if row["flow"] != row["name"] else "")),
        cell(ink.safe(row["schedule"])),
        _note(ink, row, now, none=slot is None),
    ]


def _note(ink: Ink, row: Document, now: float, *, none: bool) -> Cell:
    if not row["active"]:
        return cell("it does not start", "dim")
    if row["held"]:
        until = f" until {moment(row['until'], now)}" if row["until"] else ""
        return cell(ink.safe(f"held{until} by {row['by']}"), FLAGS["held"].style)
    if none:
        return cell("no fire time in this span", "dim")
    last, missed = row["last"], row["missed"]
    words = [f"last {last['run']} {last['state']}"] if last else []
    words += [f"{count(len(missed), 'slot')} missed"] if missed else []
    return cell(ink.safe(", ".join(words)), "yellow" if missed else "dim")


def _flags(row: Document) -> Cell:
    """What keeps it from starting, also where there is no room to say why."""
    if not row["active"]:
        return ((" inactive", "dim"),)
    held = FLAGS["held"]
    return ((f" {held.word}", held.style),) if row["held"] else ()


def _clock(text: str, form: str) -> str:
    """A time of a document (ISO 8601) in the form of strftime."""
    return dt.datetime.fromisoformat(text).strftime(form)


def _mistakes(rows: Sequence[Document]) -> Iterator[str]:
    for row in rows:
        if error := row["error"]:
            yield f"{row['name']} does not start: {error['text']}; {error['hint']}"


def _explained(ink: Ink, body: Document, now: float) -> list[str]:
    lines: list[str] = []
    for row in body["schedules"]:
        lines += ["", *_heading(ink, row, now)]
        if row["days"]:
            lines += table(ink, DAYS, [_day(ink, day) for day in row["days"]])
        elif not row["error"]:
            lines.append("  its schedule names none of these days")
        if _several(row["days"]):
            lines.append(ink.paint("  those that come to the same time are one slot", "dim"))
        if row["more"]:
            lines.append(ink.paint("  there are more: take fewer days", "dim"))
    return lines[1:]


def _several(days: Sequence[Document]) -> bool:
    """Whether some slot was planned more than once."""
    runs = [slot["run"] for day in days for slot in day["slots"]]
    return len(set(runs)) < len(runs)


def _heading(ink: Ink, row: Document, now: float) -> list[str]:
    parts = [f"{row['schedule']} {row['zone']}"]
    if row["calendar"]:
        parts.append(f"business days of {row['calendar']}, others: {row['shift']}")
    if row["blackout"]:
        parts.append(f"not in {', '.join(row['blackout'])}")
    note = "" if row["active"] and not row["held"] else _note(ink, row, now, none=False)[0][0]
    about = "; ".join([*parts, *([note] if note else [])])
    return [f"{ink.paint(ink.safe(row['name']), 'bold')}  {ink.safe(about)}"]


def _day(ink: Ink, row: Document) -> list[Cell]:
    style = FATES[row["verdict"]]
    day = dt.date.fromisoformat(row["day"])
    return [
        cell(f"{day:%a %Y-%m-%d}"),
        cell(_some(row["planned"])),
        cell(row["verdict"], style),
        cell(_fires(row, day)),
        cell(ink.safe(row["why"])),
    ]


def _fires(row: Document, day: dt.date) -> str:
    """When its slots fire, where that is not as planned."""
    moments = [dt.datetime.fromisoformat(slot["time"]) for slot in row["slots"]]
    if row["verdict"] == "fires" and len(moments) == len(row["planned"]):
        return ""
    days = {moment.date() for moment in moments}
    shown = "%H:%M%z" if len(moments) > len(row["planned"]) else "%H:%M"
    times = _some([moment.strftime(shown) for moment in moments])
    return " ".join([*(f"{other:%a %Y-%m-%d}" for other in sorted(days - {day})), times])


def _some(times: Sequence[str]) -> str:
    if len(times) <= SHOWN:
        return " ".join(times)
    return f"{times[0]} .. {times[-1]} ({len(times)})"
