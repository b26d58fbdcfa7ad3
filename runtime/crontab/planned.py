"""What becomes of each entry of a crontab: a name, a schedule, and what has to be told of it."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Sequence
from typing import NamedTuple

from jobmon.jobs.definition import CronDef
from jobmon.jobs.mistakes import WrongError
from jobmon.runtime.crontab.lines import REBOOT, Comment, Entry, Line, Unread, Variable
from jobmon.runtime.crontab.naming import name_of
from jobmon.runtime.timetable import fire_times

RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_ZONES = ("CRON_TZ",)
_PRIVATE = re.compile(r"PASS|SECRET|TOKEN|CREDENTIAL|_KEY$", re.IGNORECASE)
"""Variables whose value is not for everybody's eyes."""
_MAIL = frozenset({"MAILTO", "MAILFROM", "CONTENT_TYPE", "CONTENT_TRANSFER_ENCODING"})
NOT_FOR_COMMANDS = frozenset({*_ZONES, *_MAIL, "LOGNAME", "RANDOM_DELAY"})
"""Variables that are cron's own, or that it lets nobody set."""


class Planned(NamedTuple):
    """An entry with its name. `cron` None: it is not started by a schedule, `why` says the reason.

    `notes` are for people.
    """

    entry: Entry
    name: str
    cron: CronDef | None
    why: str = ""
    notes: tuple[str, ...] = ()


class Told(NamedTuple):
    """What was done with a line. `done`: it is as it was meant."""

    number: int
    text: str
    done: bool
    what: str


def plan(lines: Sequence[Line]) -> dict[int, Planned]:
    """The entries by their line number, each with a name of its own."""
    found: dict[int, Planned] = {}
    taken: set[str] = set()
    comment = ""
    for line in lines:
        if isinstance(line, Entry):
            name = name_of(line.command, comment, taken, line.number)
            taken.add(name)
            found[line.number] = _planned(line, name)
        comment = line.text if isinstance(line, Comment) else ""
    return found


def _planned(entry: Entry, name: str) -> Planned:
    if entry.when.lower() == REBOOT:
        why = "@reboot: there is no such time here; use a systemd unit, or leave this line in cron"
        return Planned(entry, name, None, why)
    fields, notes = _by_chance(entry)
    if why := _both_days(fields):
        return Planned(entry, name, None, why)
    cron = CronDef(" ".join(fields), next((entry.env[z] for z in _ZONES if z in entry.env), ""))
    try:
        if next(fire_times(cron, time.time(), "UTC"), None) is None:
            return Planned(entry, name, None, f"{cron.expression} never comes")
    except WrongError as error:
        return Planned(entry, name, None, error.text)
    return Planned(entry, name, cron, "", notes)


def _both_days(fields: Sequence[str]) -> str:
    """cron wants both days to match when one of them begins with a star; jobmon knows `either`."""
    day, weekday = fields[2], fields[4]
    stars = next((field for field in (day, weekday) if field.startswith("*")), "")
    if not stars or "*" in (day, weekday):
        return ""
    return f"cron starts it on days that fit both {day} and {weekday} because of {stars}: say when"


def _by_chance(entry: Entry) -> tuple[list[str], tuple[str, ...]]:
    """The fields with a fixed value for each `a~b` of cronie, drawn by the line's own text."""
    fields = entry.expression.split()
    drawn = []
    for at, (low, high) in enumerate(RANGES):
        found = re.fullmatch(r"(\d*)~(\d*)", fields[at])
        if found:
            first, last = int(found[1] or low), int(found[2] or high)
            digest = hashlib.sha256(f"{entry.command} {at}".encode()).digest()
            value = str(first + int.from_bytes(digest[:4], "big") % max(1, last - first + 1))
            drawn.append(f"{fields[at]} is {value} from now on")
            fields[at] = value
    return fields, tuple(drawn)


def variable_notes(lines: Sequence[Line]) -> list[Told]:
    """What is to be said of the variables."""
    return [_told(line) for line in lines if isinstance(line, Variable)]


def _told(line: Variable) -> Told:
    if _PRIVATE.search(line.name):
        what = f'its value stands in the file: move it to [secrets], use Secret("{line.name}")'
        return Told(line.number, f"{line.name}=...", False, what)
    return Told(line.number, f"{line.name}={line.value}", True, _of_variable(line))


def _of_variable(line: Variable) -> str:
    if line.name == "MAILTO" and not line.value:
        return "cron mailed nothing; output is kept in the log of each run"
    if line.name in _MAIL:
        return "cron mailed output; jobmon keeps it in the log: who is told stands in [[notify]]"
    if line.name in _ZONES:
        return f"the entries below it are in the zone {line.value}"
    if line.name == "LOGNAME":
        return "left out: cron lets nobody change it"
    if line.name == "RANDOM_DELAY":
        return "left out: a flow starts at the time itself"
    return "in the environment of the entries below it"


def unread(lines: Sequence[Line]) -> list[Told]:
    """The lines that could not be read."""
    return [
        Told(line.number, line.text, False, f"not read: {line.why}")
        for line in lines
        if isinstance(line, Unread)
    ]
