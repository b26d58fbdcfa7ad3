"""The records of the live state, and everything derived from them kept consistent.

`Registry` knows nothing of events: it takes a new job run or run record and brings the counters,
the lines and the run's state up to date, at a cost of O(edges of that job).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Self

from msgspec.structs import replace

from jobmon.jobs.definition import FlowDef, JobDef
from jobmon.runtime.board.book import LINED, Book
from jobmon.runtime.board.lines import DueLine, Group, LaunchLine, Needs, Place
from jobmon.runtime.board.outcome import excused_itself, state_of, undecided
from jobmon.runtime.board.shape import Shape
from jobmon.runtime.errors import NotFoundError
from jobmon.runtime.model import RUN_TERMINAL, FlowHold, JobKey, JobRun, Run
from jobmon.runtime.states import ACTIVE, State

MOST_INNER = 50
"""Subflows of one map at once where it names no bound: they take no slot, but a process each."""


class Changed:
    """What events changed since the last `drain`: run ids, job keys, flow names; and the hashes of
    the flow versions that runs came to in between."""

    __slots__ = ("definitions", "flows", "jobs", "runs")

    def __init__(self) -> None:
        self.runs: set[int] = set()
        self.jobs: set[JobKey] = set()
        self.flows: set[str] = set()
        self.definitions: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self.runs or self.jobs or self.flows)


class Registry:
    """Runs, job runs, flow versions, held flows; and per run a `Book` of counters.

    `restless`: runs whose book has ripe jobs. `failing`: run id -> the failed job that ends a
    fail_fast run. `launch_line`, `due_line`: who starts next.
    """

    def __init__(self) -> None:
        self.runs: dict[int, Run] = {}
        self.jobs: dict[JobKey, JobRun] = {}
        self.definitions: dict[str, FlowDef] = {}
        self.held_flows: dict[str, FlowHold] = {}
        self.books: dict[int, Book] = {}
        self.launch_line = LaunchLine()
        self.due_line = DueLine()
        self.restless: set[int] = set()
        self.failing: dict[int, int] = {}
        self.changed = Changed()
        self._shapes: dict[str, Shape] = {}

    def add_definition(self, definition: FlowDef) -> str:
        """Make a flow version known; returns its hash."""
        digest = definition.hash
        self.definitions.setdefault(digest, definition)
        return digest

    def drop_unused_definitions(self) -> None:
        """Let go of the flow versions no run on the board uses."""
        used = {run.definition for run in self.runs.values()}
        used |= {job.definition for job in self.jobs.values() if job.definition}
        for digest in self.definitions.keys() - used:
            del self.definitions[digest]
            self._shapes.pop(digest, None)

    def shape(self, digest: str) -> Shape:
        """The graph of a known flow version, computed once. Raises NotFoundError."""
        found = self._shapes.get(digest)
        if found is None:
            definition = self.definitions.get(digest)
            if definition is None:
                raise NotFoundError(f"find flow version {digest}", "it is not on the board")
            found = self._shapes[digest] = Shape(definition)
        return found

    def shape_of(self, run_id: int) -> Shape:
        """The graph the run started with."""
        return self.books[run_id].shape

    def run_of(self, run_id: int) -> Run:
        """The run. Raises NotFoundError."""
        run = self.runs.get(run_id)
        if run is None:
            raise NotFoundError(f"find run {run_id}", "it is not on the board", "jobmon ls --all")
        return run

    def jobs_of(self, run_id: int) -> Sequence[JobRun]:
        """The run's job runs by index. A live list: read only."""
        return self.books[run_id].jobs

    def counts(self, run_id: int) -> dict[str, int]:
        """How many of the run's jobs are in each state; states without any are left out."""
        return {state.value: n for state, n in self.books[run_id].counts.items() if n}

    def name(self, key: JobKey) -> str:
        """The job's name."""
        return self.books[key[0]].shape.jobs[key[1]].name

    def jobdef(self, key: JobKey) -> JobDef:
        """The definition its next (or present) attempt uses: the run's, or that of a rerun."""
        return self._jobdef(self.jobs[key])

    def drain(self) -> Changed:
        """What changed since the last drain."""
        changed, self.changed = self.changed, Changed()
        return changed

    def load(self, run: Run, jobs: Sequence[JobRun]) -> None:
        """Take in a stored run with all its job runs; its definitions must be known."""
        book = Book(self.shape(run.definition), sorted(jobs, key=lambda job: job.index))
        self._open(run, book)
        for job in book.jobs:
            self._line(run, job, enter=True)
        self._judge(run, book, range(len(book.jobs)))

    def forget(self, run_id: int) -> None:
        """Drop a run from memory; its rows stay in the store."""
        run, book = self.run_of(run_id), self.books.pop(run_id)
        for job in book.jobs:
            self._line(run, job, enter=False)
            del self.jobs[job.key]
        del self.runs[run_id]
        self.restless.discard(run_id)
        self.failing.pop(run_id, None)

    def forget_if_over(self, run_id: int) -> bool:
        """Drop a run that is there and has ended; whether it was dropped."""
        run = self.runs.get(run_id)
        over = run is not None and run.state in RUN_TERMINAL
        if over:
            self.forget(run_id)
        return over

    def copy_of(self, run_id: int) -> Self:
        """A board with this one run, to try things on; O(jobs of the run)."""
        copy = type(self)()
        copy.definitions, copy._shapes = self.definitions, self._shapes
        copy.load(self.run_of(run_id), self.jobs_of(run_id))
        return copy

    def add_run(self, run: Run) -> None:
        """Take in a new run, all its jobs waiting."""
        shape = self.shape(run.definition)
        jobs = [JobRun(run=run.id, index=i, since=run.created) for i in range(len(shape.jobs))]
        book = Book(shape, jobs)
        self._open(run, book)
        self.changed.runs.add(run.id)
        self.changed.jobs.update(job.key for job in jobs)
        self._judge(run, book, shape.heads)
        self._refresh(run, book, run.created)

    def put_job(self, new: JobRun, at: float) -> None:
        """Replace a job run and bring every counter up to date."""
        run, book = self.runs[new.run], self.books[new.run]
        old = book.jobs[new.index]
        if not (old.state in ACTIVE and new.state in ACTIVE and old.definition == new.definition):
            self._line(run, old, enter=False)
            self._line(run, new, enter=True)
        self.jobs[new.key] = new
        self.changed.jobs.add(new.key)
        self._judge(run, book, book.swap(new))
        self._judge(run, book, (new.index,))
        if new.state is not old.state and book.shape.flow.fail_fast:
            self._watch_failure(run, book, new.index)
        self._refresh(run, book, at)

    def reshape(self, run_id: int, flow: FlowDef, at: float) -> None:
        """Give a run another flow: its jobs stay at their places, new ones wait at the end."""
        old, book = self.runs[run_id], self.books[run_id]
        run = replace(old, definition=self.add_definition(flow))
        self.changed.definitions.add(run.definition)
        added = range(len(book.jobs), len(flow.jobs))
        jobs = [*book.jobs, *(JobRun(run=run_id, index=i, since=at) for i in added)]
        for job in book.jobs:
            self._line(old, job, enter=False)
        book = Book(self.shape(run.definition), jobs)
        self._open(run, book)
        self._set_run(run)
        self.changed.jobs.update((run_id, i) for i in added)
        for job in book.jobs:
            self._line(run, job, enter=True)
        self._judge(run, book, range(len(jobs)))
        self._refresh(run, book, at)

    def put_run(self, new: Run, at: float) -> None:
        """Replace a run whose hold or cancel changed; O(jobs of the run)."""
        old, book = self.runs[new.id], self.books[new.id]
        lined = [job for job in book.jobs if job.state in LINED]
        for job in lined:
            self._line(old, job, enter=False)
        for job in lined:
            self._line(new, job, enter=True)
        self._set_run(new)
        self.failing.pop(new.id, None)
        every = new.cancel != old.cancel or new.waits != old.waits
        concerned = range(len(book.jobs)) if every else book.shape.staying
        self._judge(new, book, concerned)
        self._refresh(new, book, at)

    def _open(self, run: Run, book: Book) -> None:
        self.runs[run.id] = run
        self.books[run.id] = book
        self.jobs.update((job.key, job) for job in book.jobs)

    def _set_run(self, run: Run) -> None:
        self.runs[run.id] = run
        self.changed.runs.add(run.id)

    def _line(self, run: Run, job: JobRun, *, enter: bool) -> None:
        """Stand a job in the line its state belongs in, or take it out."""
        state = job.state
        if state in ACTIVE:
            count = self.launch_line.take if enter else self.launch_line.give
            count(self.needs(job), job.slot)
        elif state not in LINED or job.held or run.held:
            return
        elif state is State.QUEUED:
            step = self.launch_line.enter if enter else self.launch_line.leave
            step(self._place(run, job))
        else:
            step = self.due_line.enter if enter else self.due_line.leave
            step(job.due or 0.0, job.run, job.index)

    def _place(self, run: Run, job: JobRun) -> Place:
        entry = (-(run.priority + self._jobdef(job).priority), job.run, job.index)
        return Place(entry, self.needs(job))

    def needs(self, job: JobRun) -> Needs:
        """What its next (or present) attempt needs at once."""
        shape, index = self._declared(job)
        needs, of = shape.needs[index], self.books[job.run].shape.jobs[job.index].of
        return needs._replace(group=self._group(job.run, of)) if of else needs

    def _group(self, run_id: int, of: str) -> Group | None:
        shape = self.books[run_id].shape
        template = shape.jobs[shape.names[of]]
        most = template.map.max_parallel if template.map else None
        if most is None and template.kind == "subflow":
            most = MOST_INNER
        return None if most is None else Group(run_id, of, most)

    def _judge(self, run: Run, book: Book, indices: Iterable[int]) -> None:
        """Keep `ripe` the set of jobs that `decide` has an input for."""
        ripe = book.ripe
        for index in indices:
            if book.pending(run, index) is not None:
                ripe.add(index)
            else:
                ripe.discard(index)
        if ripe:
            self.restless.add(run.id)
        else:
            self.restless.discard(run.id)

    def _watch_failure(self, run: Run, book: Book, index: int) -> None:
        """Note a failure that nothing excuses (any more): its own, or one it was to handle."""
        if run.cancel:
            return
        for failed in (index, *book.shape.handles.get(index, ())):
            if (
                book.jobs[failed].state is State.FAILED
                and not excused_itself(book.shape, book.jobs, failed)
                and not undecided(book.shape, book.jobs, failed)
            ):
                self.failing[run.id] = failed

    def _refresh(self, run: Run, book: Book, at: float) -> None:
        """Let the run follow its jobs."""
        now = book.standing(run)
        started = run.started
        if started is None and (now.active or book.counts[State.WAITING_HUMAN]):
            started = at
        if now.active or now.unfinished:
            state, warn = state_of(run, now, begun=started is not None), book.warned > 0
        else:
            state, warn = book.outcome(run)
        if state != run.state or warn != run.warn or started != run.started:
            ended = (at if run.ended is None else run.ended) if state in RUN_TERMINAL else None
            self._set_run(replace(run, state=state, warn=warn, started=started, ended=ended))

    def _jobdef(self, job: JobRun) -> JobDef:
        own = self.books[job.run].shape.jobs[job.index]
        if not job.definition:
            return own
        return self.shape(job.definition).like(own) or own

    def _declared(self, job: JobRun) -> tuple[Shape, int]:
        """The flow version its next (or present) attempt uses, and its index there."""
        own = self.books[job.run].shape
        if not job.definition:
            return own, job.index
        other = self.shape(job.definition)
        declared = own.jobs[job.index]
        index = other.names.get(declared.of or declared.name)
        return (own, job.index) if index is None else (other, index)
