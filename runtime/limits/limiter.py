"""What the runtime takes of limits that others share: turns of rates, and a look at locks.

A turn is taken before the launch it is for, from the file that scripts outside take theirs from.
One that is not used in time is lost, which is safe: fewer start, never more.
"""

from __future__ import annotations

import itertools
import os
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from jobmon.jobs.kit import places
from jobmon.jobs.kit.bucket import Bucket, BusyError
from jobmon.jobs.kit.window import Window
from jobmon.runtime.board import Board
from jobmon.runtime.configuration import Configuration
from jobmon.runtime.decide import hopeful, wanted
from jobmon.runtime.errors import StateError
from jobmon.runtime.limits import shared
from jobmon.runtime.model import Event, Limits, Pace
from jobmon.runtime.store import Batch, Store

LOOK = 2.0
"""Seconds between looks at what others froze or thawed."""
LOOK_AT_LOCK = 0.2
"""Seconds between looks at a lock that somebody outside holds and a job waits for."""
BUSY = 0.02
"""Seconds until a file that somebody was changing is tried again."""
ROOM = "rates"
"""Where the runtime remembers which freezes it told of."""


class Claim(NamedTuple):
    """A turn of this runtime: when (by `places.now`), and under which name."""

    at: float
    owner: str


class Limiter:
    """A duty, and the limits as they are at a decision. Asked by the engine alone."""

    def __init__(self, configuration: Configuration, board: Board, store: Store) -> None:
        self.due: float | None = 0.0
        self.trouble = ""
        """Why no job starts that needs a rate; "" when all is well."""
        self._configuration, self._board = configuration, board
        self._claims: dict[str, list[Claim]] = {}
        self._windows: dict[str, tuple[object, Window]] = {}
        self._told: dict[str, float] = store.notes(ROOM)  # rate -> until when it is frozen
        self._serial = itertools.count()
        self._seen: object = None
        self._now = 0.0  # of the engine, at the last call

    # Deciding

    def applied(self, limits: Limits, now: float) -> Limits:
        """The limits with what rates and locks leave now to the jobs in line."""
        line = self._board.launch_line
        for name in self._claims.keys() - {needs.rate for needs in line.ready}:
            self._give_back(name, self._claims.pop(name))
        lines = [needs for needs in hopeful(line, limits) if needs.rate or needs.lock]
        if not lines:
            return limits
        self._now = now
        locks = {needs.lock for needs in lines} - line.taken.keys()
        limits = msgspec.structs.replace(limits, locked=self._locked(locks))
        rates = {needs.rate for needs in lines} - {""}
        starts = wanted(self._board, limits) if rates else Counter[str]()
        left = {name: self._left(name, starts[name]) for name in rates}
        rooms = {name: room for name, room in left.items() if room is not None}
        return msgspec.structs.replace(limits, rates=rooms)

    def took(self, events: Sequence[Event]) -> None:
        """These were decided and folded: launches used turns."""
        for event in events if self._claims else ():
            if event.kind == "job.launch":
                rate = self._board.needs(self._board.jobs[event.run, event.job]).rate
                if claims := self._claims.get(rate):
                    claims.pop(0)

    def _locked(self, names: set[str]) -> dict[str, str]:
        found = shared.held(self._state, names)
        if found:
            self._wake(LOOK_AT_LOCK)
        return {name: holding.who for name, holding in found.items()}

    def _left(self, name: str, starts: int) -> int | None:
        """How many starts the rate lets go now, of those there would be; None: no bound."""
        bucket = shared.bucket(self._state, name, self._configuration.now.rates)
        try:
            claims = self._claims[name] = self._standing(bucket, starts)
        except LookupError:
            return None
        except (OSError, StateError) as error:
            self.trouble = f"cannot take turns of the rate {name}: {error}"
            self._wake(LOOK)
            return 0
        self.trouble = ""
        now = places.now()
        coming = [claim.at for claim in claims if claim.at > now]
        if coming:
            self._wake(coming[0] - now)
        return len(claims) - len(coming)

    def _standing(self, bucket: Bucket, starts: int) -> list[Claim]:
        """The turns that may still be used, and new ones if there are too few."""
        window, now = self._window(bucket), places.now()
        late = window.slack * 0.9
        held = self._claims.get(bucket.name, ())
        oldest = max(now - late, window.frozen)
        claims = [c for c in held if c.at >= oldest and window.has(c.owner)]
        missing = min(starts, window.count) - len(claims)
        try:
            return claims + (self._take(bucket, missing) if missing > 0 else [])
        except BusyError:
            self._wake(BUSY)
            return claims

    def _take(self, bucket: Bucket, number: int) -> list[Claim]:
        shared.prepare(self._state)
        owners = [f"{os.getpid()}.r{next(self._serial)}" for _ in range(number)]
        with bucket.change(wait=False) as window:
            now = places.now()
            return [Claim(window.take(now, owner), owner) for owner in owners]

    def _give_back(self, name: str, claims: Sequence[Claim]) -> None:
        """No job wants them any more: others need not wait for them."""
        if claims:
            bucket = shared.bucket(self._state, name, self._configuration.now.rates)
            with suppress(BusyError, OSError, LookupError), bucket.change(wait=False) as window:
                for claim in claims:
                    window.drop(claim.owner)

    def _window(self, bucket: Bucket) -> Window:
        """As it is in the file, read again when that has changed."""
        stamp = (_stamp(f"{bucket.path}.json"), bucket.limit)
        if bucket.name not in self._windows or self._windows[bucket.name][0] != stamp:
            self._windows[bucket.name] = (stamp, bucket.look())
        return self._windows[bucket.name][1]

    def _wake(self, seconds: float) -> None:
        at = self._now + seconds
        self.due = at if self.due is None else min(self.due, at)

    @property
    def _state(self) -> Path:
        return self._configuration.now.state_dir

    # Telling

    def attend(self, now: float, batch: Batch) -> Sequence[Event]:
        """What was frozen and thawed since the last look, by whomever."""
        self.due = now + LOOK
        seen, self._seen = self._seen, _stamp(os.fspath(self._state / shared.RATES))
        if seen == self._seen and not self._told:  # every change makes a file anew
            return ()
        standing = shared.paces(self._state, self._configuration.now.rates)
        events: list[Event] = []
        for name, pace in standing.items():
            events += self._news(name, pace, now, batch)
        return events

    def _news(self, name: str, pace: Pace, now: float, batch: Batch) -> list[Event]:
        told = self._told.pop(name, None)
        if pace.frozen is None:
            if told is None:
                return []
            batch.notes[ROOM, name] = None
            who = pace.by or "runtime"
            return [Event(kind="rate.thawed", at=now, who=who, data={"rate": name})]
        self._told[name] = pace.frozen
        if told is not None and abs(told - pace.frozen) < 1.0:
            return []
        batch.notes[ROOM, name] = pace.frozen
        data = {"rate": name, "until": pace.frozen}
        return [Event(kind="rate.frozen", at=now, who=pace.by, data=data)]

    def heard(self, events: Sequence[Event]) -> None:
        """Nothing that is committed changes what others share."""


def _stamp(path: str) -> object:
    try:
        stat = os.stat(path)
    except OSError:
        return None
    return (stat.st_ino, stat.st_mtime_ns, stat.st_size)
