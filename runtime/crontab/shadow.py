"""The same crontab with each command wrapped by `jobmon exec`: nothing else changes. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import NamedTuple

from jobmon.runtime.crontab import planned
from jobmon.runtime.crontab.lines import USUAL, Entry, raw_split, rows
from jobmon.runtime.crontab.planned import Told

LONGEST = 998
"""Characters of a command that cron takes."""


class Shadow(NamedTuple):
    """The crontab, and what was done line by line."""

    text: str
    told: list[Told]


def shadow(text: str, lines: Sequence[planned.Line], jobmon: Sequence[str]) -> Shadow:
    """Wrap each command; `jobmon` is how it is called, with its options."""
    plans = planned.plan(lines)
    told = planned.unread(lines)
    raws, made = rows(text), []
    for line, raw in zip(lines, raws, strict=True):
        row = raw
        if isinstance(line, Entry):
            row, what = _row(line, plans[line.number].name, jobmon)
            told.append(what)
        made.append(row)
    return Shadow("\n".join(made) + "\n", sorted(told))


def _row(entry: Entry, name: str, jobmon: Sequence[str]) -> tuple[str, Told]:
    text = f"{entry.when} {entry.written}"
    if _wrapped(entry.command):
        return entry.raw, Told(entry.number, text, True, "as it is: it is wrapped already")
    command, rest = raw_split(entry.written)
    shell = entry.env.get("SHELL", USUAL["SHELL"])
    words = [*jobmon, "exec", name, "--", shell, "-c"]
    # What cron makes of a percent sign it does before any shell looks: quotes change nothing.
    line = " ".join(shlex.quote(word).replace("%", "\\%") for word in words)
    made = f"{line} {shlex.quote(command)}{rest}"
    if len(made) > LONGEST:
        why = f"as it is: wrapped it has {len(made)} characters, cron takes {LONGEST}"
        return entry.raw, Told(entry.number, text, False, why)
    return f"{entry.head}{made}", Told(entry.number, text, True, f"wrapped as {name}")


def _wrapped(command: str) -> bool:
    words = command.split()
    return any(word.endswith("jobmon") for word in words[:3]) and "exec" in words
