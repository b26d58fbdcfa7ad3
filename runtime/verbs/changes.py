"""What the current code of a flow changes for the jobs that are rerun, and for those that are not.

A run keeps the graph it started with. A rerun takes over how the jobs do their work: command,
environment, retry, limits.
"""

from __future__ import annotations

import msgspec

from jobmon.jobs.definition import JobDef
from jobmon.jobs.expansion import declared
from jobmon.runtime.board.shape import Shape
from jobmon.runtime.model import Event, JobRun
from jobmon.runtime.states import State
from jobmon.runtime.verbs.case import Case

_GRAPH = ("after", "trigger", "when", "on_failure", "finally_")
_PLACE = ("line", "description", "tags", "group")
_COMMAND = ("kind", "shell", "argv", "function", "args", "source", "text")
_COMPARED = tuple(f for f in JobDef.__struct_fields__ if f not in (*_GRAPH, *_PLACE, "name"))


MOST_FILES = 5
"""Changed files that are named in a note."""


class Changes:
    """Compares each job's present definition with the flow's current version."""

    def __init__(self, case: Case, closure: set[int]) -> None:
        self._case, self._closure = case, closure
        self._current = self._newer()
        self._files = case.command.files
        self._code: dict[int, str] = {}
        self._graph: list[int] = []
        if self._current is not None:
            self._compare(self._current)

    def events(self, job: JobRun) -> list[Event]:
        """The event that gives `job` its current code, when that differs from what it has."""
        if job.index not in self._code or self._vanished(job.index):
            return []
        digest = self._case.command.definition
        own = digest == self._case.run.definition
        return [self._case.event("job.definition", job, definition="" if own else digest)]

    def note(self, index: int) -> str:
        """What is new in the job's code, in words; "" when nothing is."""
        files = self._files.get(index, ())
        more = f" and {len(files) - MOST_FILES} more" if len(files) > MOST_FILES else ""
        named = f"changed files: {', '.join(files[:MOST_FILES])}{more}" if files else ""
        return "; ".join(part for part in (self._code.get(index, ""), named) if part)

    def marks(self) -> list[Event]:
        """Whether kept results are of old code, where that is not known already."""
        case, old = self._case, set(self._old())
        known = [job for job in case.board.jobs_of(case.run.id) if job.index not in self._closure]
        unsure = not case.command.definition  # then nothing is proven to be of the current code
        return [
            case.event("job.old_code", job, old=job.index in old)
            for job in known
            if job.old_code != (job.index in old) and not (unsure and job.old_code)
        ]

    def notes(self) -> list[str]:
        """What a person should know about the whole rerun."""
        case, old = self._case, self._old()
        changed = sorted(i for i in {*self._code, *self._files} if i in self._closure)
        code = f"changed since: {case.names(changed)}" if changed else "unchanged for these jobs"
        which = "current code" if case.command.definition else "code it has: no other is at hand"
        notes = [f"uses the {which} ({code})"]
        if old:
            notes.append(f"done with old code, kept: {case.names(old)}")
        if self._graph:
            names = case.names(self._graph)
            notes.append(f"the run keeps the graph it started with; it changed at: {names}")
        return notes

    def _old(self) -> list[int]:
        """Finished jobs that are kept although their code or files changed."""
        every = self._case.board.jobs_of(self._case.run.id)
        return sorted(
            i
            for i in {*self._code, *self._files}
            if i not in self._closure and every[i].state is State.SUCCEEDED
        )

    def _newer(self) -> Shape | None:
        """The current version, unless every job has it already."""
        case, digest = self._case, self._case.command.definition
        if not digest:
            return None
        jobs = case.board.jobs_of(case.run.id)
        overridden = any(job.definition for job in jobs)
        return case.board.shape(digest) if digest != case.run.definition or overridden else None

    def _compare(self, current: Shape) -> None:
        case = self._case
        for job in case.board.jobs_of(case.run.id):
            if job.index not in self._closure and job.state is not State.SUCCEEDED:
                continue
            old = case.board.jobdef(job.key)
            own = case.shape.jobs[job.index]
            if own.of and job.index not in case.living:
                continue
            new = current.like(own)
            if new is None:
                self._code[job.index] = "no longer in the code: its old command is used"
                continue
            old, new = _as_declared(old, own), _as_declared(new, own)
            if old != new:
                self._note_difference(job.index, old, new)

    def _note_difference(self, index: int, old: JobDef, new: JobDef) -> None:
        fields = [f for f in _COMPARED if getattr(old, f) != getattr(new, f)]
        if fields:
            command = any(f in _COMMAND for f in fields)
            others = [f for f in fields if f not in _COMMAND]
            self._code[index] = "new code: " + ", ".join(["command"] * command + others)
        if any(getattr(old, f) != getattr(new, f) for f in _GRAPH):
            self._graph.append(index)

    def _vanished(self, index: int) -> bool:
        own = self._case.shape.jobs[index]
        return self._current is None or self._current.like(own) is None


def _as_declared(job: JobDef, own: JobDef) -> JobDef:
    """A job to be compared: a map by its declaration, a child with the place it has in the run."""
    if not own.of:
        return declared(job)
    return msgspec.structs.replace(job, after=own.after, trigger=own.trigger)
