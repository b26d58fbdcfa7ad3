"""How news changes a site: the very board of the runtime, loaded and folded. Pure.

What the screen shows is made by the functions that decide what is; the two cannot tell different
stories.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from jobmon.jobs.definition import FlowDef
from jobmon.runtime import snapshot
from jobmon.runtime.board import Board
from jobmon.runtime.errors import JobmonError
from jobmon.runtime.model import RUN_TERMINAL, Event
from jobmon.tui.feed import News
from jobmon.tui.world import Site

RUNS_KEPT = 100
"""Finished runs a site keeps; older ones are in the history."""
JOBS_KEPT = 6_000
"""Job runs of finished runs it keeps at most."""


class OutOfStepError(Exception):
    """An event that does not fit what is folded so far: a snapshot is needed."""


def fold(site: Site, news: News, now: float) -> None:
    """Change the site as the news says. Raises OutOfStepError."""
    _FOLDS[news.kind](site, news.body, now)


def _hello(site: Site, body: Mapping[str, Any], _now: float) -> None:
    site.hello = dict(body)
    site.skew = body["now"] - body["heard"] if "now" in body else 0.0
    site.label = site.label or str(body.get("host", ""))


def _snapshot(site: Site, body: Mapping[str, Any], _now: float) -> None:
    found = msgspec.convert(body, snapshot.Snapshot)
    board = Board()
    snapshot.load(board, found)
    site.board, site.seq, site.loaded = board, found.seq, True
    events = msgspec.convert(body["events"], list[Event])
    site.events.clear()
    site.events.extend(event for event in events if event.seq <= found.seq)
    site.away, site.trouble, site.silent = None, "", False


def _definition(site: Site, body: Mapping[str, Any], _now: float) -> None:
    site.board.add_definition(msgspec.convert(body, FlowDef))


def _event(site: Site, body: Mapping[str, Any], _now: float) -> None:
    event = msgspec.convert(body, Event)
    if event.seq <= site.seq:
        return  # the snapshot knows it
    if event.seq != site.seq + 1:
        raise OutOfStepError(f"event {event.seq} follows {site.seq}")
    try:
        site.board.apply(event)
    except JobmonError as error:
        raise OutOfStepError(str(error)) from error
    site.seq = event.seq
    site.events.append(event)


def _gone(site: Site, _body: str, now: float) -> None:
    site.away = now if site.away is None else site.away


def _refused(site: Site, body: str, now: float) -> None:
    site.away = now if site.away is None else site.away
    site.trouble = body


def silent(site: Site, now: float) -> None:
    """It is there and does not answer: what is shown of it may be out of date."""
    site.away, site.silent = now if site.away is None else site.away, True


def answered(site: Site) -> None:
    """It answers again."""
    if site.silent:
        site.away, site.silent = None, False


_FOLDS: Mapping[str, Any] = {
    "hello": _hello,
    "snapshot": _snapshot,
    "definition": _definition,
    "event": _event,
    "gone": _gone,
    "refused": _refused,
}


def forget(site: Site) -> None:
    """Let go of the oldest finished runs beyond what is kept, not of failures nobody mended."""
    over = [run for run in site.board.runs.values() if run.state in RUN_TERMINAL]
    over.sort(key=lambda run: run.ended or run.created, reverse=True)
    newest = {run.flow: run.id for run in site.board.runs.values()}
    jobs = 0
    for place, run in enumerate(over):
        jobs += len(site.board.jobs_of(run.id))
        unmended = newest[run.flow] == run.id and run.state == "failed"
        if (place >= RUNS_KEPT or (place and jobs > JOBS_KEPT)) and not unmended:
            _drop(site, run.id)
    site.board.drain()


def _drop(site: Site, run: int) -> None:
    for job in site.board.jobs_of(run):
        site.meters.pop(job.key, None)
    site.board.forget(run)
