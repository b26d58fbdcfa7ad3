"""What is limited at a site, and which of its jobs hold it or wait for it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from jobmon.runtime.model import RUN_TERMINAL, JobRun, Run
from jobmon.runtime.states import ACTIVE, State
from jobmon.tui.world import Document, Row, Site


class Limit(NamedTuple):
    """Something jobs hold and wait for. `kind` is one of KINDS; a `total` of None has no bound.

    `told` is the row of the status, for what scripts outside share.
    """

    site: Site
    kind: str
    name: str
    total: int | None
    holders: tuple[Row, ...] = ()
    waiters: tuple[Row, ...] = ()
    told: Document = MappingProxyType({})

    @property
    def used(self) -> int:
        """How much of it is."""
        if self.kind == "rate":
            return self.told.get("used") or 0
        return len(self.holders) or bool(self.told.get("holder"))


KINDS = ("slots", "pool", "rate", "lock", "init", "host")


def _standing(site: Site, now: float) -> list[Row]:
    """The job runs of a site that hold or wait for something, in launch order."""
    found: list[tuple[int, Row]] = []
    for run in site.board.runs.values():
        if run.state not in RUN_TERMINAL:
            rows = [Row(site, run, j, now) for j in site.board.jobs_of(run.id) if _stands(run, j)]
            found += [(-run.priority - row.jobdef.priority, row) for row in rows]
    found.sort(key=lambda entry: (entry[0], entry[1].run.id, entry[1].job.index))
    return [row for _urgency, row in found]


def _stands(run: Run, job: JobRun) -> bool:
    """It has a process, or nothing but a limit keeps it from one."""
    return job.state in ACTIVE or (job.state is State.QUEUED and not job.held and not run.held)


def limits_of(site: Site, now: float) -> Iterable[Limit]:
    """All of one site."""
    rows = _standing(site, now)
    active, waiting = _split(rows)
    yield Limit(site, "slots", "jobs at once", _total(site.status.get("slots")), active, waiting)
    yield from _named(site, "pool", rows, lambda row: row.jobdef.pool)
    yield from _named(site, "rate", waiting, lambda row: row.jobdef.rate)
    yield from _named(site, "lock", rows, lambda row: row.jobdef.lock)
    yield from _initiators(site, active)
    yield Limit(site, "host", str(site.hello.get("home") or ""), None)


def _split(rows: Iterable[Row]) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    rows = tuple(rows)
    return tuple(r for r in rows if r.active), tuple(r for r in rows if not r.active)


def _total(told: Any) -> int | None:
    total = told.get("total") if isinstance(told, Mapping) else None
    return total if isinstance(total, int) else None


def _named(
    site: Site, kind: str, rows: Sequence[Row], name_of: Callable[[Row], str]
) -> Iterable[Limit]:
    """Pools, rates or locks: those that jobs name, and those the status tells of."""
    told: Document = site.status.get(f"{kind}s") or {}
    named: dict[str, list[Row]] = {name: [] for name in told}
    for row in rows:
        named.setdefault(name_of(row), []).append(row)
    for name in sorted(named.keys() - {""}):
        total = 1 if kind == "lock" else _total(told.get(name))
        yield Limit(site, kind, name, total, *_split(named[name]), told.get(name) or {})


def _initiators(site: Site, active: Sequence[Row]) -> Iterable[Limit]:
    """One for each attempt with a process; and those that wait for their next job."""
    told = [(i.get("attempt"), i.get("pid")) for i in site.status.get("initiators") or ()]
    pids, attempts = dict(told), {f"{r.job.run}.{r.job.index}.{r.job.attempt}": r for r in active}
    for attempt, row in attempts.items():
        pid = pids.get(attempt)
        yield Limit(site, "init", f"pid {pid}" if pid else "-", None, (row,))
    for attempt, pid in told:
        if attempt not in attempts:
            yield Limit(site, "init", f"pid {pid}", None)
