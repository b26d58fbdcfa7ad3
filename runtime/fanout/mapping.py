"""The list a map is given when its turn has come, and what its children leave together. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from jobmon.jobs import expansion
from jobmon.jobs.definition import JobDef, Literal, MapDef, OutputRef, ParamRef
from jobmon.runtime.board import Board
from jobmon.runtime.board.book import Book
from jobmon.runtime.board.triggers import OK, class_of
from jobmon.runtime.given import UnfitError, output_of
from jobmon.runtime.model import Run
from jobmon.runtime.words import command

__all__ = ["UnfitError", "collected", "items"]

MOST_OUTPUT = 64 << 10
"""Bytes of JSON that a map leaves; a larger whole is left out, its parts stay with the children."""


def items(
    board: Board,
    run: Run,
    index: int,
    outputs: Mapping[str, Any],
    code: JobDef | None = None,
) -> list[tuple[str, Any]]:
    """The keyed items of the map at `index`, by the code it has or by `code`. Raises UnfitError."""
    own = board.shape_of(run.id).jobs[index]
    job = code or board.jobdef((run.id, index))
    found = job.map or own.map
    assert found is not None
    listed = _keyed(job, run, found, outputs)
    names = {each.name for each in board.shape_of(run.id).jobs if each.of != own.name}
    for key, _ in listed:
        if (name := expansion.child_name(own.name, key)) in names:
            raise _unfit(job, run, f"there is a job {name!r} already")
    return listed


def _keyed(
    job: JobDef, run: Run, found: MapDef, outputs: Mapping[str, Any]
) -> list[tuple[str, Any]]:
    try:
        return list(expansion.items_of(found, _given(job, run, found, outputs)))
    except expansion.ListError as error:
        raise _unfit(job, run, str(error)) from None


def _given(job: JobDef, run: Run, found: MapDef, outputs: Mapping[str, Any]) -> Any:
    match found.over:
        case OutputRef() as ref:
            return output_of(job, ref, run.key, outputs)
        case ParamRef(name):
            return run.params.get(name)
        case Literal(value):
            return value
    raise AssertionError(found.over)


def _unfit(job: JobDef, run: Run, why: str) -> UnfitError:
    return UnfitError(f"list the items of {job.name}", why, command("rerun", run.key, job.name))


def collected(book: Book, index: int) -> dict[str, Any]:
    """What a map leaves when its children have ended: {"output": {key: output}} of those that did
    well, or the reason why not; `started` when the first of those that ran this time did."""
    places = expansion.children(book.shape.flow, index)
    well = [at for at in places if class_of(book.jobs[at]) == OK]
    whole = {book.shape.jobs[at].item_key: book.jobs[at].output for at in well}
    starts = [at for place in places if (at := book.jobs[place].started) is not None]
    started = min((at for at in starts if at >= book.jobs[index].since), default=None)
    size = len(msgspec.json.encode(whole))
    if size <= MOST_OUTPUT:
        return {"output": whole, "started": started}
    reason = f"its output is left out: {size >> 10} KiB of at most {MOST_OUTPUT >> 10}"
    return {"reason": reason, "started": started}
