"""A flow file proposed from what was seen, with the evidence beside each line. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jobmon.runtime.crontab.evidence import EVERY_DAY, Command, Edge, commands, edges, groups
from jobmon.runtime.crontab.literals import identifier, literal
from jobmon.runtime.crontab.seen import Seen
from jobmon.runtime.words import span

HEAD = '''"""Proposed by jobmon suggest from {runs} of {commands}, seen on {days}.

Read the evidence and correct it: what was seen is when they ran and the files their command lines
name, not why. A file that is read or written without being named was not seen.
"""

from jobmon.jobs import Cron, Flow
'''
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def proposal(seen: Sequence[Seen]) -> str:
    """The text of the file."""
    known = commands(seen)
    found = edges(seen, known)
    days = max((command.days for command in known.values()), default=0)
    runs, names = _many(len(seen), "run"), _many(len(known), "command")
    parts = [HEAD.format(runs=runs, commands=names, days=_many(days, "day"))]
    taken = {"Cron", "Flow"}
    for group in groups(known, found):
        own = [edge for edge in found if edge.after in group]
        parts += [*_flow([known[name] for name in group], own, taken), ""]
    return "\n".join(parts).rstrip() + "\n"


def _flow(group: Sequence[Command], own: Sequence[Edge], taken: set[str]) -> Iterator[str]:
    names = {command.name: _new(command.name, taken) for command in group}
    roots = [c for c in group if all(edge.after != c.name for edge in own)]
    first = roots[0] if roots else group[0]
    flow = _new(f"{first.name}_flow", taken)
    yield f"{flow} = Flow({literal(first.name)}{_schedule(first)})"
    for command in group:
        yield from (f"# {line}" for line in _told(command))
        yield from _job(flow, names[command.name], command)
    for edge in own:
        yield from (f"# {line}" for line in _why(edge))
        yield f"{names[edge.before]} >> {names[edge.after]}"


def _new(name: str, taken: set[str]) -> str:
    found = identifier(name, taken)
    taken.add(found)
    return found


def _schedule(command: Command) -> str:
    if not command.at:
        return ""
    hour, minute = (int(part) for part in command.at.split(":"))
    days = ",".join(_WEEK[day] for day in sorted(command.weekdays))
    weekday = "*" if command.weekdays == EVERY_DAY else days
    return f', schedule=Cron("{minute} {hour} * * {weekday}")'


def _told(command: Command) -> Iterator[str]:
    at = f", usually at {command.at}" if command.at else ", at no usual time"
    failed = f", {command.failed} failed" if command.failed else ""
    often = f"{_many(command.runs, 'run')} on {_many(command.days, 'day')}"
    yield f"{command.name}: {often}{at}{failed}"
    yield (
        f"  it took {span(command.usual)} (median), {span(command.p90)} (nine of ten),"
        f" {span(command.longest)} at most"
    )


def _job(flow: str, name: str, command: Command) -> Iterator[str]:
    argv, limit = command.last.argv, _length(command.limit)
    line = argv[2] if len(argv) == 3 and argv[:2] == ("/bin/sh", "-c") else ""
    yield f"{name} = {flow}.{'shell' if line else 'exec'}("
    yield f"    {literal(command.name)},"
    words = ", ".join(map(literal, argv))
    yield f"    {literal(line)}," if line else f"    [{words}],"
    yield f"    cwd={literal(command.last.cwd)},"
    yield f'    timeout="{limit}",'
    yield ")"


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _length(seconds: float) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds % size == 0:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds:.0f}s"


def _why(edge: Edge) -> Iterator[str]:
    for path, times in edge.files:
        yield f"{edge.after} names {path}, which {edge.before} had written: {_many(times, 'time')}"
    if edge.days:
        least, usual, most = edge.gap
        yield (
            f"{edge.after} began {span(least)} to {span(most)} (median {span(usual)}) after"
            f" {edge.before} ended, on {edge.days} of {edge.of} days"
        )
    if edge.early:
        yield f"{edge.after} began {_many(edge.early, 'time')} while {edge.before} still ran"
    if not edge.files:
        yield "by the time alone: is it so?"
