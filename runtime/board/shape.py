"""What never changes while a flow version runs: computed once, shared by all its runs."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from jobmon.jobs import graph
from jobmon.jobs.definition import FlowDef, JobDef
from jobmon.jobs.expansion import child, declared
from jobmon.runtime.board.lines import Needs
from jobmon.runtime.board.triggers import ALL_ITEMS


class Shape:
    """A flow version by index.

    `parents`/`children`: neighbours; `rules`: each job's trigger rule; `heads`: jobs that can be
    ready before any other has ended; `needs`: the limits each job needs (but for a map's own);
    `staying`: jobs that are never queued, so a hold keeps them waiting; `handler`: index of the job
    that handles a failure, or -1; `handles`: the reverse.
    """

    def __init__(self, flow: FlowDef) -> None:
        self.flow = flow
        self.jobs = flow.jobs
        self.names = {job.name: i for i, job in enumerate(flow.jobs)}
        self.parents = graph.parents(flow)
        self.children = graph.children(flow)
        self.rules = [_rule(job) for job in flow.jobs]
        self.heads = [i for i, up in enumerate(self.parents) if not up or self.rules[i] == "always"]
        self.needs = _needs(flow.jobs)
        self.staying = [i for i, job in enumerate(flow.jobs) if _stays(job)]
        self.handler = [self._handler_of(job) for job in flow.jobs]
        self.handles: dict[int, list[int]] = {}
        for source, handler in enumerate(self.handler):
            if handler >= 0:
                self.handles.setdefault(handler, []).append(source)

    def _handler_of(self, job: JobDef) -> int:
        """Who handles the failure of a map handles those of its children."""
        declared = self.jobs[self.names[job.of]] if job.of in self.names else job
        return self.names.get(declared.on_failure, -1)

    def like(self, own: JobDef) -> JobDef | None:
        """The job of a run as this version of its flow has it; None when it is not in it."""
        index = self.names.get(own.of or own.name)
        if index is None:
            return None
        found = self.jobs[index]
        return child(found, own.of, own.item_key, own.item) if own.of else found

    def entry(self, index: int) -> tuple[list[int], str]:
        """What a job waits for before anything of it starts: parents and rule, of a map too."""
        job = self.jobs[index]
        if not job.expanded:
            return self.parents[index], self.rules[index]
        return [self.names[name] for name in declared(job).after], job.trigger

    @cached_property
    def order(self) -> list[int]:
        """Every job after its parents."""
        return graph.order(self.flow)

    def downstream(self, indices: Iterable[int]) -> set[int]:
        """Everything that waits for any of these, directly or through others; O(edges below)."""
        found: set[int] = set()
        todo = [child for index in indices for child in self.children[index]]
        while todo:
            at = todo.pop()
            if at not in found:
                found.add(at)
                todo.extend(self.children[at])
        return found


def _stays(job: JobDef) -> bool:
    """It is never queued: a person is asked, or its list."""
    return job.kind == "manual" or (job.map is not None and not job.expanded)


def _needs(jobs: Iterable[JobDef]) -> list[Needs]:
    """Jobs that need the same share one record."""
    same: dict[Needs, Needs] = {}
    found = (Needs(j.pool, j.rate, j.lock, None, j.kind == "subflow") for j in jobs)
    return [same.setdefault(needs, needs) for needs in found]


def _rule(job: JobDef) -> str:
    """A map with its list waits until all its children have ended. A job that runs last whatever
    happened has no use for the rule jobs get by default."""
    if job.expanded:
        return ALL_ITEMS
    return "all_done" if job.finally_ and job.trigger == "all_success" else job.trigger
