"""Which runs to look at: the committed events gone through once, also those of before a restart."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from jobmon.runtime.board import Board
from jobmon.runtime.model import RUN_TERMINAL, Event
from jobmon.runtime.notify.rules import ENDS, TRIGGERS
from jobmon.runtime.store import Store

FEW = 3
"""Runs looked at in one turn: each may need a log's end to be read."""
CHUNK = 500
OWN = frozenset({"runtime.started", "runtime.stopped", "schedule.failed"})
"""Events that are about no run, and may be worth a message all the same."""
FAILS = frozenset({"job.fail", "job.unfit", "job.mark_failed"})


class Case:
    """What happened to a run since it was looked at last."""

    __slots__ = ("rerun", "whys")

    def __init__(self) -> None:
        self.rerun = False
        self.whys: dict[tuple[str, int], str] = {}

    def add(self, event: Event) -> None:
        """Take in one more event."""
        self.rerun |= event.kind == "run.rerun"
        if event.kind in ("run.late", "job.stuck"):
            self.whys[event.kind.partition(".")[2], event.job] = event.why


class Taken(NamedTuple):
    """Some events: those of no run, the runs concerned, and up to which number."""

    own: Sequence[Event]
    cases: dict[int, Case]
    lost: int
    upto: int


class Watch:
    """`heard` hands in what is committed; `take` gives it out. It begins after event `cursor`."""

    def __init__(self, store: Store, board: Board, cursor: int) -> None:
        self._store, self._board = store, board
        self._seen = cursor
        self._behind = True
        self._queue: deque[Event] = deque()
        self._known: set[int] = set()

    def known(self, run_id: int) -> None:
        """It was told that the run failed: that more of its jobs do is nothing new."""
        self._known.add(run_id)

    def heard(self, events: Iterable[Event]) -> bool:
        """Whether there is something to look at. What a chunk will bring is left to it."""
        if not self._behind:
            self._keep(events)
        return self._behind or bool(self._queue)

    def skip(self, seq: int) -> None:
        """Nobody wants to hear of anything up to that event."""
        self._seen, self._behind = seq, False
        self._queue.clear()

    @property
    def left(self) -> bool:
        """Whether there is more."""
        return self._behind or bool(self._queue)

    def take(self) -> Taken:
        """The next events that concern a few runs at most."""
        if self._behind and not self._queue:
            self._read()
        own: list[Event] = []
        cases: dict[int, Case] = {}
        lost, upto = 0, self._seen
        while self._queue:
            event = self._queue[0]
            if event.kind in OWN:
                own.append(event)
            elif event.run in cases or len(cases) < FEW:
                cases.setdefault(event.run, Case()).add(event)
                lost += event.kind == "job.lose"
            else:
                upto = event.seq - 1
                break
            self._queue.popleft()
        return Taken(own, cases, lost, upto)

    def _read(self) -> None:
        found = self._store.events_after(self._seen, CHUNK)
        self._behind = len(found) == CHUNK
        self._keep(found)

    def _keep(self, events: Iterable[Event]) -> None:
        ended: set[int] = set()
        for event in events:
            self._seen = event.seq
            if event.kind == "run.rerun":
                self._known.discard(event.run)
            if event.kind in TRIGGERS or event.kind in OWN:
                if not (event.kind in FAILS and event.run in self._known):
                    self._queue.append(event)
            elif event.kind in ENDS and event.run not in ended and self._over(event.run):
                ended.add(event.run)
                self._known.discard(event.run)
                self._queue.append(event)

    def _over(self, run_id: int) -> bool:
        run = self._board.runs.get(run_id)
        return run is None or run.state in RUN_TERMINAL
