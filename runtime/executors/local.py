"""Attempts as processes of this machine, each under an initiator that outlives the runtime.

The executor never is the parent of a job and holds no pipe to it. It hands each initiator one
attempt at a time over the runtime's socket, whose server passes initiators' connections to
`attach`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jobmon.runtime import disk, procs
from jobmon.runtime.executors import byhand, news
from jobmon.runtime.executors.attempts import AttemptFiles
from jobmon.runtime.executors.contract import (
    AttemptSpec,
    Ended,
    Evidence,
    Gone,
    LogPart,
    Rejected,
    Report,
    Started,
    Stopping,
)
from jobmon.runtime.executors.launcher import Launcher, check
from jobmon.runtime.executors.pool import InitiatorLink, Message
from jobmon.runtime.executors.track import Track
from jobmon.runtime.model import Attempt, Identity

LEFTOVER_GRACE = 2.0
"""Seconds a process that outlives an unsupervised leader has after its TERM."""
LOOK_AGAIN = 1.0
"""Seconds between two looks at an attempt that is held by a process nobody can name."""


class LocalExecutor:
    """The executor of this machine: at most `slots` initiators, kept from job to job.

    Attempts that take no slot have further ones, for as long as there are so many.
    """

    def __init__(self, state_dir: Path, slots: int) -> None:
        self.files = AttemptFiles(state_dir)
        self._launcher = Launcher(state_dir, slots, self.files)
        self.pool = self._launcher.pool
        self._report: Callable[[Report], None] = _nobody
        self._tracks: dict[str, Track] = {}
        self._veterans: dict[str, InitiatorLink] = {}
        self._troubled: dict[str, str] = {}
        self._by_hand = byhand.ByHand(self.files, self._gone)
        self._closed = False

    @property
    def slots(self) -> int:
        """How many initiators there may be. With less, those too many end after their job."""
        return self.pool.slots

    @slots.setter
    def slots(self, number: int) -> None:
        self.pool.slots = number

    @property
    def troubles(self) -> list[str]:
        """What keeps attempts from starting or ending just now, for people."""
        launching = (self.pool.forking.trouble, self._launcher.claiming.trouble)
        return [*filter(None, launching), *self._troubled.values()]

    @property
    def initiators(self) -> list[dict[str, Any]]:
        """Those that are connected: `pid`, and the `attempt` each is at, None while it is idle."""
        links = {*self.pool.links, *self._veterans.values()}
        return [
            {"pid": link.pid, "attempt": link.attempt}
            for link in sorted(links, key=lambda link: link.pid)
        ]

    async def start(self, report: Callable[[Report], None]) -> None:
        """See the contract. Sweeps claims that were never put in place."""
        self._report = report
        disk.prepare_state(self.files.state)

    def prepare(self, initiators: int = 1) -> None:
        """Have that many initiators ready before the first attempt needs one."""
        self.pool.want(initiators - len(self.pool.links))

    # -- starting -------------------------------------------------------------------------------

    def submit(self, spec: AttemptSpec) -> None:
        """See the contract. Waits its turn when every initiator is busy."""
        if spec.attempt in self._tracks:
            return
        if self._closed:
            raise Rejected(f"starting attempt {spec.attempt}", "the runtime is stopping")
        check(spec, self.files)
        track = self._tracks[spec.attempt] = Track(spec.attempt, spec)
        self.pool.extra += track.slotless
        self._launcher.add(track)

    def void(self, attempt: str) -> bool:
        """See the contract."""
        track = self._tracks.get(attempt)
        if track is not None and self._launcher.remove(track):
            self._forget(attempt)
        return self.files.void(attempt)

    # -- looking --------------------------------------------------------------------------------

    def probe(
        self, attempts: Sequence[str], known: Mapping[str, Attempt] | None = None
    ) -> dict[str, Evidence]:
        """See the contract."""
        recorded = known or {}
        return {name: self.files.evidence(name, recorded.get(name)) for name in attempts}

    def adopt(self, attempt: str, evidence: Evidence) -> None:
        """See the contract."""
        if attempt in self._tracks:
            return
        track = self._tracks[attempt] = Track(attempt)
        track.initiator, track.leader = evidence.initiator, evidence.leader
        track.link = self._veterans.get(attempt)
        if track.link is not None:
            return
        if evidence.initiator is not None and evidence.initiator_alive:
            self._watch(track, evidence.initiator, self._initiator_ended)
        elif evidence.leader is not None and evidence.leader_alive:
            self._watch(track, evidence.leader, self._leader_ended)
        else:
            # A held lock without a known holder is looked at again, but not in a hot loop.
            wait = LOOK_AGAIN if evidence.locked else 0.0
            asyncio.get_running_loop().call_later(wait, self._gone, track)

    def _watch(self, track: Track, who: Identity, ended: Callable[[Track], None]) -> None:
        track.unwatch = procs.watch_exit(who, lambda: ended(track))

    def _initiator_ended(self, track: Track) -> None:
        track.unwatch = None
        if not track.by_hand:  # a stop by hand reports once all of the attempt is dead
            self._orphaned(track)

    def _leader_ended(self, track: Track) -> None:
        """An unsupervised leader ended: what it left behind is ended too, as ever."""
        track.unwatch = None
        by = time.monotonic() + LEFTOVER_GRACE
        track.kill_by = by if track.kill_by is None else min(by, track.kill_by)
        self._by_hand.stop(track)

    def read_log(self, attempt: str, offset: int, limit: int) -> LogPart:
        """See the contract."""
        return self.files.read(attempt, offset, limit)

    def gc(self, attempt: str) -> None:
        """See the contract."""
        self.files.remove(attempt)

    # -- stopping -------------------------------------------------------------------------------

    def cancel(self, attempt: str, grace: float) -> None:
        """See the contract. Idempotent; a later call may only shorten the grace."""
        track = self._tracks.setdefault(attempt, Track(attempt))
        by = time.monotonic() + grace
        track.kill_by = by if track.kill_by is None else min(by, track.kill_by)
        if self._launcher.remove(track):
            self._void_queued(track)
        elif track.link is not None:
            self._tell_stop(track, track.link)
        else:
            self._by_hand.stop(track)

    def _void_queued(self, track: Track) -> None:
        """Never handed to anybody: make that final."""
        try:
            self.files.void(track.attempt)
        except OSError as error:  # not on disk, but nobody else knows of the attempt
            self._troubled[track.attempt] = f"cannot void attempt {track.attempt}: {error}"
        asyncio.get_running_loop().call_soon(self._gone, track)

    def _tell_stop(self, track: Track, link: InitiatorLink) -> None:
        assert track.kill_by is not None
        grace = max(0.0, track.kill_by - time.monotonic())
        link.send({"op": "stop", "attempt": track.attempt, "grace": grace})
        byhand.wake(track)

    # -- what initiators say --------------------------------------------------------------------

    def attach(
        self, hello: Message, send: Callable[[Message], None], close: Callable[[], None]
    ) -> InitiatorLink:
        """Take over the connection of an initiator that said `hello`; ValueError if none did."""
        news.check_hello(hello)
        link = InitiatorLink(self, hello, send, close)
        if self._closed:
            close()
        elif link.attempt is None:
            self.pool.add(link)
            self._launcher.dispatch()
        else:
            self._came_back(link, link.attempt)
        return link

    def _came_back(self, link: InitiatorLink, attempt: str) -> None:
        self._veterans[attempt] = link
        track = self._tracks.get(attempt)
        if track is None:
            return  # adopt() will find it
        track.link = link
        if track.unwatch is not None:  # from now on the connection tells, and only once
            track.unwatch()
            track.unwatch = None
        if track.kill_by is not None:
            self._tell_stop(track, link)

    def heard(self, link: InitiatorLink, message: Message) -> None:
        """One message of an initiator. What makes no sense is dropped."""
        for one in news.said(link, message):
            track = self._tracks.get(one.attempt)
            match one:
                case Started():
                    self._on_started(track, one)
                case Stopping():
                    self._report(one)
                case Ended():
                    self._forget(one.attempt)
                    self._free(link)
                    self._report(one)
                case news.Refused():  # by a void, or by another start of the same attempt
                    self._free(link)
                    self._gone(track)
                case news.Unclaimed():
                    self._on_unclaimed(track, one.error)
                    self._free(link)
                case news.Trouble():
                    self._troubled[one.attempt] = f"attempt {one.attempt}: {one.error}"

    def _on_started(self, track: Track | None, one: Started) -> None:
        if track is None:
            return
        track.spec = None
        track.initiator, track.leader = one.initiator, one.leader
        self._launcher.claiming.well()
        self._report(one)

    def _on_unclaimed(self, track: Track | None, error: str) -> None:
        """Surely not started: the claim could not be written. It waits and is tried again."""
        if track is not None and track.kill_by is not None:
            self._void_queued(track)
        elif track is not None and track.spec is not None:
            self._launcher.again(track, error)

    def hung_up(self, link: InitiatorLink) -> None:
        """The initiator died, or its connection did."""
        self.pool.remove(link)
        attempt, link.attempt = link.attempt, None
        if attempt is not None and self._veterans.get(attempt) is link:
            del self._veterans[attempt]
        track = self._tracks.get(attempt or "")
        if track is not None and track.link is link:
            track.link = None
            self._orphaned(track)
        if not self._closed:
            self._launcher.dispatch()

    def _orphaned(self, track: Track) -> None:
        """Its initiator is heard no more. A stop under way goes on; else the engine decides."""
        if track.kill_by is not None and not self._closed:
            self._by_hand.stop(track)
        else:
            self._gone(track)

    def _free(self, link: InitiatorLink) -> None:
        if link.veteran:
            self._veterans.pop(link.attempt or "", None)
        link.attempt = None
        self.pool.give_back(link)
        self._launcher.dispatch()

    def _gone(self, track: Track | None) -> None:
        if track is not None and self._tracks.get(track.attempt) is track and not self._closed:
            self._forget(track.attempt)
            self._report(Gone(track.attempt))

    def _forget(self, attempt: str) -> None:
        track = self._tracks.pop(attempt, None)
        self._troubled.pop(attempt, None)
        if track is not None:
            track.over = True
            self.pool.extra -= track.slotless
            if track.unwatch is not None:
                track.unwatch()

    async def close(self) -> None:
        """See the contract. Idle initiators end; busy ones finish their job first."""
        self._closed = True
        for track in tuple(self._tracks.values()):
            self._forget(track.attempt)
        await self._by_hand.close()
        for link in tuple(self._veterans.values()):
            link.close()
        self._launcher.close()


def _nobody(_report: Report) -> None:
    """Stands in until `start`."""
