"""One run as a document that events keep current: what a following client shows. Pure.

It is the board itself, with this one run on it: the view can never tell another story than the
runtime does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from jobmon.jobs.definition import FlowDef, JobDef, Literal, MapDef
from jobmon.runtime.board import Board
from jobmon.runtime.errors import JobmonError
from jobmon.runtime.model import RUN_TERMINAL, Event, JobRun, Run
from jobmon.runtime.states import TERMINAL
from jobmon.tui.runpage import declared_after

Document = dict[str, Any]
RUN_ENDS = RUN_TERMINAL
_NOT_FOLDED = frozenset({"run.created", "job.definition"})
"""The document begins after the one; what the other names is not in it."""
_RESHAPED = frozenset({"run.expand", "run.collapse"})
_RUN_FIELDS = ("state", "warn", "held", "started", "ended")
_GIVEN = ("flow", "time", "created", "priority", *_RUN_FIELDS)


class OutOfStepError(Exception):
    """An event that does not fit the document: ask for the document anew."""


class Mirror:
    """`document` is a `show` document; `number` is the run's id, which events carry."""

    def __init__(self, document: Document, number: int) -> None:
        self.number = number
        self.take(document)

    def take(self, document: Document) -> None:
        """Go on from this document."""
        rows = document["jobs"]
        self._begin(document, _run(document, self.number), [_job(row, self.number) for row in rows])

    def blank(self) -> None:
        """Put every job back to where a new run begins, to fold all its events from there."""
        old = _run(self.document, self.number)
        run = Run(
            id=old.id, key=old.key, flow=old.flow, definition="", time=old.time, created=old.created
        )
        _as_declared(self.document)
        number = range(len(self.document["jobs"]))
        jobs = [JobRun(run=old.id, index=i, since=old.created) for i in number]
        self._begin(self.document, run, jobs)
        for job in jobs:
            self._show(job.index)

    def _begin(self, document: Document, run: Run, jobs: list[JobRun]) -> None:
        self.document = document
        self._board = Board()
        digest = self._board.add_definition(_flow(document))
        self._board.load(msgspec.structs.replace(run, definition=digest), jobs)
        self._show_run()

    def apply(self, event: Mapping[str, Any]) -> Document | None:
        """Fold one event; the job it changed, None when it was not about one of this run.

        Raises OutOfStepError when the document is not the one the event happened to.
        """
        if event.get("run") != self.number or event["kind"] in _NOT_FOLDED:
            return None
        try:
            self._board.apply(msgspec.convert(event, Event))
        except JobmonError as error:
            raise OutOfStepError from error
        if event["kind"] in _RESHAPED:
            self._reshape()
        self._show_run()
        index = event.get("job", -1)
        return self._show(index) if index >= 0 else None

    def _reshape(self) -> None:
        """A map has its children, or is to be asked for its list anew."""
        rows = self.document["jobs"]
        for index, job in enumerate(self._board.shape_of(self.number).jobs):
            if index == len(rows):
                like = next(row for row in rows if row["job"] == job.of)
                rows.append({**like, "index": index, "map": False})
            rows[index].update(job=job.name, after=list(job.after))
            rows[index].update(of=job.of, item_key=job.item_key, item=job.item)
            self._show(index)

    def _show(self, index: int) -> Document:
        row = self.document["jobs"][index]
        fields = msgspec.structs.asdict(self._board.jobs[self.number, index])
        row.update({name: value for name, value in fields.items() if name in row})
        return row

    def _show_run(self) -> None:
        run = self._board.runs[self.number]
        self.document.update({name: getattr(run, name) for name in _RUN_FIELDS})
        self.document["counts"] = self._board.counts(self.number)
        self.document["total"] = len(self.document["jobs"])

    @property
    def settled(self) -> bool:
        """No job has anything left to do."""
        return all(state in TERMINAL for state in self.document["counts"])


def _flow(document: Document) -> FlowDef:
    """The graph as the rows of the jobs tell it."""
    jobs = tuple(
        JobDef(
            name=row["job"],
            kind=row["kind"],
            trigger=row["trigger"],
            finally_=row["finally"],
            after=tuple(row["after"]),
            map=_map(row, document) if row.get("map") else None,
            of=row.get("of", ""),
            item_key=row.get("item_key", ""),
            item=row.get("item"),
        )
        for row in document["jobs"]
    )
    return FlowDef(name=document["flow"], jobs=jobs)


def _map(row: Document, document: Document) -> MapDef:
    """What the run needs to know of a map: where it was declared, once its list is known."""
    after = declared_after(row, document["jobs"])
    return MapDef(Literal([]), after=None if after is None else tuple(after))


def _as_declared(document: Document) -> None:
    """Take the children of maps out again, as it was before the lists were known."""
    jobs = document["jobs"]
    document["jobs"] = [row for row in jobs if not row.get("of")]
    for row in document["jobs"]:
        after = declared_after(row, jobs) if row.get("map") else None
        row["after"] = row["after"] if after is None else list(after)


def _run(document: Document, number: int) -> Run:
    given = {name: document[name] for name in _GIVEN if document.get(name) is not None}
    cancel = "soft" if document["state"] == "stopping" else ""
    return Run(id=number, key=document["run"], definition="", cancel=cancel, **given)


def _job(row: Document, number: int) -> JobRun:
    known = {n: row[n] for n in JobRun.__struct_fields__ if row.get(n) is not None}
    # That a person skipped it is not in the row; what skipped itself names its cause.
    skipped = row["state"] == "skipped" and not row["cause"]
    return msgspec.convert({**known, "run": number, "by_operator": skipped}, JobRun)
