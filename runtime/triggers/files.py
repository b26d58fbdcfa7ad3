"""The duty that starts a run for each file that appears, or changes, and then rests.

What was there when a trigger was first seen starts nothing. What comes while no runtime is there is
found by the next one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from jobmon.jobs.definition import FileTriggerDef, FlowDef
from jobmon.runtime.board import Board
from jobmon.runtime.errors import JobmonError
from jobmon.runtime.library import Library
from jobmon.runtime.model import RUN_TERMINAL, Event
from jobmon.runtime.scheduling.starting import start
from jobmon.runtime.store import Batch, Store
from jobmon.runtime.triggers.inbox import MOST_FILES, Rested, Settling, Stamp, settle
from jobmon.runtime.triggers.look import Look, Watch
from jobmon.runtime.triggers.seen import FIRST, KEPT, Seen, note_of
from jobmon.runtime.triggers.wanted import moment_of, wanted

EVERY = 2.0
"""Seconds between two looks at the files; more where a look takes long."""
SHORTEST = 0.1
"""The same, when a file settles."""
RESTS = 1000.0
"""A processor may be at it for this part of the time."""
SELDOM = 10.0
"""Seconds between two looks at most, however long they take."""
SOON = 0.2
"""Seconds between two looks at whether the flows are loaded."""
PATIENCE = 10.0
"""Seconds a look may take before its pattern is left out until it ends."""
MOST_RUNS = 100
"""Runs of a flow made of files that are not over: further files wait for them to end."""
TIDY = 3600.0


class Files:
    """See `Duty`. `nudge` has the engine look who is due."""

    def __init__(
        self, store: Store, board: Board, library: Library, home: str, nudge: Callable[[], None]
    ) -> None:
        self.due: float | None = 0.0
        self._store, self._board, self._library = store, board, library
        self._home, self._nudge = home, nudge
        self._known: Any = None
        self._first: dict[str, float] | None = None
        self._triggers: dict[Watch, FileTriggerDef] = {}
        self._seen: dict[str, Seen] = {}
        self._settling: dict[Watch, Mapping[str, Settling]] = {}
        self._look: Look | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._stuck: set[Watch] = set()
        self._told: dict[Watch, str] = {}
        self._tidied: dict[Watch, float] = {}

    @property
    def troubles(self) -> list[str]:
        """What keeps files from starting runs, for people."""
        hangs = "nothing is heard of its folder: is the disk there?"
        stuck = {watch: hangs for watch in self._stuck if watch in self._triggers}
        told = sorted({**self._told, **stuck}.items())
        return [f"the files {pattern} of {flow}: {text}" for (flow, pattern), text in told]

    def attend(self, now: float, batch: Batch) -> Iterator[Event]:
        """Act on what a look has found, and have the next one begin."""
        if self._library.known is None:
            self.due = now + SOON
            return
        self._follow(batch)
        look, self.due = self._look, None
        if look is None:
            self._rest(0.0)
        elif look.over or look.late(PATIENCE):
            self._look = None
            if not look.over and look.at:
                look.given_up = True
                self._stuck.add(look.at)
            for watch, files in list(look.found.items()):
                yield from self._found(watch, files, now, batch)
            self._rest(self._pause(look))

    def heard(self, events: Sequence[Event]) -> None:
        """Triggers that are new are looked at without delay."""
        del events
        if self._library.known is not self._known:
            self.due = 0.0

    # Looks follow each other by a timer: while they find nothing new the engine rests.

    def _rest(self, seconds: float) -> None:
        """Have the next look begin then."""
        if self._timer:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(seconds, self._begin) if self._triggers else None

    def _begin(self) -> None:
        loop = asyncio.get_running_loop()
        watches = [watch for watch in self._triggers if watch not in self._stuck]
        if not watches:
            self._rest(PATIENCE)
            return
        self._timer = loop.call_later(PATIENCE, self._wake)
        self._look = Look(self._home, watches, lambda look: _hand_over(loop, self._came, look))

    def _came(self, look: Look) -> None:
        """In the loop again: a look has ended."""
        if look.at:
            self._stuck.discard(look.at)
        if look is not self._look:
            return
        if all(self._nothing_new(watch, files) for watch, files in look.found.items()):
            self._look = None
            self._rest(self._pause(look))
        else:
            self._wake()

    def _wake(self) -> None:
        self.due = 0.0
        self._nudge()

    def _nothing_new(self, watch: Watch, files: Mapping[str, Stamp] | None) -> bool:
        if files is None or self._settling.get(watch) or watch in self._told:
            return False
        if watch not in self._triggers or note_of(*watch) not in (self._first or {}):
            return False
        seen = self._seen[watch[0]].stamps
        return all(seen.get(path) == stamp for path, stamp in files.items())

    def _pause(self, look: Look) -> float:
        """Seconds until the next look: sooner where a file settles, later where looks are dear."""
        now = time.monotonic()
        rests = [
            settling.since + self._triggers[watch].settle - now
            for watch, all_of_it in self._settling.items()
            for settling in all_of_it.values()
        ]
        soonest = max(SHORTEST, min([EVERY, *(rest for rest in rests if rest > 0)]))
        return min(SELDOM, max(soonest, look.took, RESTS * look.cost))

    def _follow(self, batch: Batch) -> None:
        """Take over the triggers as the flows have them now."""
        if self._library.known is self._known:
            return
        known = self._library.known
        if self._first is None:
            self._first = self._store.notes(FIRST)
        self._triggers = {
            (flow.name, trigger.pattern): trigger
            for flow in self._library.good.values()
            for trigger in flow.triggers
            if isinstance(trigger, FileTriggerDef)
        }
        there = {note_of(*watch) for watch in self._triggers}
        for note in self._first.keys() - there:  # when it comes back it is new
            del self._first[note]
            batch.notes[FIRST, note] = None
        self._told = {watch: text for watch, text in self._told.items() if watch in self._triggers}
        self._settling = {w: s for w, s in self._settling.items() if w in self._triggers}
        for flow, _ in self._triggers:
            if flow not in self._seen:
                self._seen[flow] = Seen(self._store, flow)
        self._known = known

    def _found(
        self, watch: Watch, files: Mapping[str, Stamp] | None, now: float, batch: Batch
    ) -> Iterator[Event]:
        trigger, flow = self._triggers.get(watch), self._library.good.get(watch[0])
        if trigger is None or flow is None:
            return
        self._told.pop(watch, None)
        if files is None:
            most = f"more than {MOST_FILES:,} match; nothing is started until there are fewer"
            self._told[watch] = most
        elif note_of(*watch) not in (self._first or {}):
            self._meet(watch, files, now, batch)
        else:
            yield from self._act(watch, flow, trigger, files, now, batch)

    def _meet(self, watch: Watch, files: Mapping[str, Stamp], now: float, batch: Batch) -> None:
        """Seen for the first time: what is there was there before."""
        assert self._first is not None
        note = note_of(*watch)
        self._first[note] = batch.notes[FIRST, note] = now
        for path, stamp in files.items():
            if _sayable(path):
                self._seen[watch[0]].add(path, stamp, watch[1], now, batch)

    def _act(
        self,
        watch: Watch,
        flow: FlowDef,
        trigger: FileTriggerDef,
        files: Mapping[str, Stamp],
        now: float,
        batch: Batch,
    ) -> Iterator[Event]:
        """Start a run for each file that is ready, as far as there is room."""
        seen, settling = self._seen[flow.name], self._settling.get(watch, {})
        ready, news = settle(files, seen.stamps, settling, time.monotonic(), trigger.settle)
        self._settling[watch] = news
        if flow.name in self._board.held_flows:
            return
        room = MOST_RUNS - self._open(flow.name) if ready else 0
        for file in ready[: max(0, room)]:
            yield from self._start(watch, flow, trigger, file, now, batch)
        if (left := len(ready) - room) > 0:
            self._told[watch] = f"{left:,} more wait until some of {MOST_RUNS} runs are over"
        if now - self._tidied.get(watch, 0.0) > TIDY:
            self._tidied[watch] = now
            seen.tidy(files.keys(), watch[1], now - KEPT, batch)

    def _start(
        self,
        watch: Watch,
        flow: FlowDef,
        trigger: FileTriggerDef,
        file: Rested,
        now: float,
        batch: Batch,
    ) -> Iterator[Event]:
        if not _sayable(file.path):
            self._told[watch] = f"a name that is no UTF-8 is left alone: {file.path!r}"
            return
        given = {trigger.param: file.path} if trigger.param else {}
        why = f"file {file.path}"
        asked = wanted(flow, "file", moment_of(flow, now), given, why)
        try:
            started = start(self._board, self._store, batch, asked, now)
        except JobmonError as error:
            self._told[watch] = f"{file.path}: {error}"
            return
        self._seen[flow.name].add(file.path, file.stamp, watch[1], now, batch)
        yield from started.events

    def _open(self, flow: str) -> int:
        runs = self._board.runs.values()
        return sum(
            r.flow == flow and r.origin == "file" and r.state not in RUN_TERMINAL for r in runs
        )


def _sayable(path: str) -> bool:
    """Whether the path is a text: a parameter can be nothing else."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _hand_over(loop: asyncio.AbstractEventLoop, action: Callable[[Look], None], look: Look) -> None:
    """Have it done in the loop; where that is closed nobody needs it any more."""
    try:
        loop.call_soon_threadsafe(action, look)
    except RuntimeError:
        return
