"""The duty that starts a run for each run of another flow that has ended as declared.

Each ending counts once: a rerun that ends again is a new one. What was committed as ended, and not
yet acted on when a runtime was killed, is found in the store by the next one.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from jobmon.jobs.circles import circles, starters
from jobmon.jobs.definition import FlowDef, FlowTriggerDef
from jobmon.runtime.board import Board
from jobmon.runtime.errors import JobmonError
from jobmon.runtime.library import Library
from jobmon.runtime.model import RUN_TERMINAL, Event, Run
from jobmon.runtime.scheduling.starting import start
from jobmon.runtime.store import Batch, Store
from jobmon.runtime.triggers.wanted import wanted
from jobmon.runtime.waiting.found import ENDINGS
from jobmon.runtime.waiting.periods import as_scheduled

FIRST = "outcome-triggers"
"""The room with, for each trigger, since when endings count that are not noted."""
SOON = 0.2
"""Seconds between two looks at whether the flows are loaded."""
REMEMBERED = 86400.0
"""Seconds an ending is remembered: so far a clock may be set back."""
MOST_AT_ONCE = 100
"""Runs started in one turn; the jobs have their turn in between."""
Key = tuple[str, str, str]
"""(flow, the flow that starts it, outcome)."""


class Outcomes:
    """See `Duty`."""

    def __init__(self, store: Store, board: Board, library: Library) -> None:
        self.due: float | None = 0.0
        self._store, self._board, self._library = store, board, library
        self._known: Any = None
        self._first: dict[str, float] | None = None
        self._triggers: dict[Key, FlowTriggerDef] = {}
        self._done: dict[Key, dict[str, float]] = {}  # run key -> when the ending was
        self._ended: dict[tuple[Key, str, float], Run] = {}  # endings to act on, in their order
        self._failed: dict[tuple[Key, str, float], Run] = {}  # those that could start nothing
        self._told: dict[Key, str] = {}

    @property
    def troubles(self) -> list[str]:
        """What keeps outcomes from starting runs, for people."""
        told = sorted(self._told.items())
        return [f"{flow} by the {on} of {other}: {text}" for (flow, other, on), text in told]

    def attend(self, now: float, batch: Batch) -> Iterator[Event]:
        """Start what endings ask for; those of held flows wait."""
        self.due = None
        if self._library.known is None:
            self.due = now + SOON
            return
        if self._library.known is not self._known:
            self._follow(now, batch)
        left = MOST_AT_ONCE
        for ending, run in list(self._ended.items()):
            if ending[0][0] in self._board.held_flows:
                continue
            if left == 0:
                self.due = now
                return
            left -= 1
            del self._ended[ending]
            yield from self._start(ending[0], run, now, batch)

    def heard(self, events: Sequence[Event]) -> None:
        """A run that may start others has ended, or a flow was released."""
        if self._library.known is not self._known:
            self.due = 0.0
        for event in events:
            run = self._board.runs.get(event.run) if self._triggers else None
            if run is not None and run.state in RUN_TERMINAL:
                for key in self._done:
                    self._note(key, run)
            elif event.kind == "flow.release" and self._ended:
                self.due = 0.0

    def _note(self, key: Key, run: Run) -> None:
        """Keep the ending if it concerns the trigger, which has not acted on it."""
        ended = run.ended or 0.0
        concerned = key[1] == run.flow and run.state in ENDINGS[key[2]]
        if concerned and self._done[key].get(run.key) != ended:
            self._ended[key, run.key, ended] = run
            self.due = 0.0

    # What the triggers are

    def _follow(self, now: float, batch: Batch) -> None:
        """Take over the triggers as the flows have them now."""
        known = self._library.known
        if self._first is None:
            self._first = self._store.notes(FIRST)
        self._triggers, self._told = _triggers(self._library.good)
        there = {_note_of(key) for key in self._triggers}
        for note in self._first.keys() - there:  # when it comes back it is new
            del self._first[note]
            batch.notes[FIRST, note] = None
        endings = {**self._failed, **self._ended}  # flows that are new may do better
        self._ended = {e: run for e, run in endings.items() if e[0] in self._triggers}
        self._failed = {}
        self._done = {key: done for key, done in self._done.items() if key in self._triggers}
        for key in self._triggers.keys() - self._done.keys():
            self._enter(key, now, batch)
        self._known = known

    def _enter(self, key: Key, now: float, batch: Batch) -> None:
        """A trigger that is new counts from now on; one that was there, from what it has noted."""
        assert self._first is not None
        note = _note_of(key)
        self._done[key] = self._store.notes(_room(key))
        if note not in self._first:
            self._first[note] = batch.notes[FIRST, note] = now
        for run in self._store.runs_ended(key[1], ENDINGS[key[2]], self._first[note]):
            self._note(key, self._board.runs.get(run.id, run))
        self._let_go(key, now, batch)

    # Runs

    def _start(self, key: Key, run: Run, now: float, batch: Batch) -> Iterator[Event]:
        trigger, flow = self._triggers.get(key), self._library.good.get(key[0])
        if trigger is None or flow is None:
            return
        given = {trigger.param: run.key} if trigger.param else {}
        moment = as_scheduled(flow, dt.datetime.fromisoformat(run.time))
        asked = wanted(flow, "flow", moment, given, f"{run.key} {run.state}")
        try:
            started = start(self._board, self._store, batch, asked, now)
        except JobmonError as error:
            self._told[key] = f"{run.key}: {error}"
            self._put_aside(key, run, now)
            return
        self._told.pop(key, None)
        self._keep(key, run, now, batch)
        yield from started.events

    def _put_aside(self, key: Key, run: Run, now: float) -> None:
        """Remember an ending that could start nothing, until its flow is read anew, for a day."""
        known = self._failed.items()
        self._failed = {e: run for e, run in known if e[2] > now - REMEMBERED}
        self._failed[key, run.key, run.ended or 0.0] = run

    def _keep(self, key: Key, run: Run, now: float, batch: Batch) -> None:
        """Note the ending together with its run."""
        self._done[key][run.key] = batch.notes[_room(key), run.key] = run.ended or 0.0
        self._let_go(key, now, batch)

    def _let_go(self, key: Key, now: float, batch: Batch) -> None:
        """Forget the endings that are older than any doubt."""
        assert self._first is not None
        if any(waiting == key for waiting, _, _ in self._ended):
            return  # an earlier one still waits: it must be found again
        done, room, note, since = self._done[key], _room(key), _note_of(key), now - REMEMBERED
        if since - self._first[note] > REMEMBERED:
            self._first[note] = batch.notes[FIRST, note] = since
            for old in [name for name, ended in done.items() if ended < since]:
                del done[old]
                batch.notes[room, old] = None


def _triggers(
    flows: Mapping[str, FlowDef],
) -> tuple[dict[Key, FlowTriggerDef], dict[Key, str]]:
    """The triggers that count, and why the others do not: in a circle they would never end."""
    found = {
        (flow.name, trigger.flow, trigger.outcome): trigger
        for flow in flows.values()
        for trigger in flow.triggers
        if isinstance(trigger, FlowTriggerDef)
    }
    told: dict[Key, str] = {}
    for path in circles(starters(flows)):
        edges, text = set(pairwise(path)), f"left out, a circle: {' -> '.join(path)}"
        told |= {key: text for key in found if (key[0], key[1]) in edges}
    return {key: trigger for key, trigger in found.items() if key not in told}, told


def _room(key: Key) -> str:
    return f"outcome:{_note_of(key)}"


def _note_of(key: Key) -> str:
    return json.dumps(key, ensure_ascii=False)
