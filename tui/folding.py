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
from jobmon.runtime.client import SilentRuntimeError
from jobmon.runtime.errors import JobmonError
from jobmon.runtime.model import RUN_TERMINAL, Event
from jobmon.tui import absence
from jobmon.tui.absence import Gone
from jobmon.tui.feed import News
from jobmon.tui.world import Site

RUNS_KEPT = 100
"""Finished runs a site keeps; older ones are in the history."""
JOBS_KEPT = 6_000
"""Job runs of finished runs it keeps at most."""


CLOCKS = 1.0
"""Seconds by which two clocks may drift apart before they are compared anew."""
BEYOND = 1 << 62
"""Number of an event that never comes: all that come are passed over."""
STRANGE = (JobmonError, msgspec.MsgspecError, LookupError, TypeError, ValueError, AttributeError)
"""What comes of news that does not fit what is known here."""


def fold(site: Site, news: News, now: float) -> None:
    """Change the site as the news says. An event that does not fit leaves it adrift."""
    try:
        _FOLDS[news.kind](site, news.body, now)
    except STRANGE as error:
        if news.kind == "event":
            _drift(site)
        else:
            _gone(site, absence.not_understood(error), now)


def _drift(site: Site) -> None:
    """Nothing that comes fits any more: a snapshot is needed."""
    site.adrift, site.seq = True, BEYOND


def _hello(site: Site, body: Mapping[str, Any], _now: float) -> None:
    site.hello = dict(body)
    site.skew = body["now"] - body["heard"] if "now" in body else 0.0


def tell_time(site: Site, status: Mapping[str, Any]) -> None:
    """A clock may be set while a connection lasts: then what the runtime says of its own is taken.

    It was its `now` at some moment between our `asked` and `heard`.
    """
    now, asked, heard = status["now"], status["asked"], status["heard"]
    if not now - heard - CLOCKS <= site.skew <= now - asked + CLOCKS:
        site.skew = now - (asked + heard) / 2


def _snapshot(site: Site, body: Mapping[str, Any], _now: float) -> None:
    found = msgspec.convert(body, snapshot.Snapshot)
    board = Board()
    snapshot.load(board, found)
    site.board, site.seq, site.loaded = board, found.seq, True
    events = msgspec.convert(body["events"], list[Event])
    site.events.clear()
    site.events.extend(event for event in events if event.seq <= found.seq)
    site.away, site.absent, site.trouble, site.silent = None, "", "", False


def _definition(site: Site, body: Mapping[str, Any], _now: float) -> None:
    flow = msgspec.convert(body["definition"], FlowDef)
    site.board.add_definition(flow.known_as(body["hash"]))


def _event(site: Site, body: Mapping[str, Any], _now: float) -> None:
    event = msgspec.convert(body, Event)
    if event.seq <= site.seq:
        return  # the snapshot knows it
    if event.seq != site.seq + 1:
        _drift(site)
        return
    site.board.apply(event)
    site.seq = event.seq
    site.events.append(event)


def _gone(site: Site, gone: Gone, now: float) -> None:
    site.away = now if site.away is None else site.away
    site.absent, site.trouble = gone


def silent(site: Site, now: float, error: SilentRuntimeError) -> None:
    """It is there and does not answer: what is shown of it may be out of date."""
    if site.away is None:
        _gone(site, absence.silent(error), now)
        site.silent = True


def answered(site: Site) -> None:
    """It answers again: what it said meanwhile may be lost, so it is asked for everything anew."""
    if site.silent:
        site.silent = False
        _drift(site)


_FOLDS: Mapping[str, Any] = {
    "hello": _hello,
    "snapshot": _snapshot,
    "definition": _definition,
    "event": _event,
    "gone": _gone,
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
