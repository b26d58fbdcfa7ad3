"""Attempts as processes of this machine, each under an initiator that outlives the runtime.

The executor never is the parent of a job and holds no pipe to it. It asks the template for one
initiator per slot in use and hands each one attempt at a time over the runtime's socket, whose
server passes initiators' connections to `attach`.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from jobmon.runtime import disk, procs
from jobmon.runtime.executors.attempts import AttemptFiles
from jobmon.runtime.executors.byhand import StopByHand
from jobmon.runtime.executors.contract import (
    AttemptSpec,
    Ended,
    Evidence,
    Gone,
    Rejected,
    Report,
    Started,
    Stopping,
)
from jobmon.runtime.executors.template import Template
from jobmon.runtime.model import ExitRecord, Identity

Message = dict[str, Any]
RETRY_FIRST, RETRY_MOST = 0.25, 5.0
"""Seconds before a launch that met a full disk or a full process table is tried again."""
FORK_PATIENCE = 10.0
"""Seconds a forked initiator may take to say hello before another is forked in its place."""
RECONNECT_PATIENCE = 2.0
"""Seconds an adopted attempt's initiator may take to come back before a stop is done by hand."""


class Track:
    """What the executor knows of one attempt it answers for."""

    def __init__(self, attempt: str, spec: AttemptSpec | None = None) -> None:
        self.attempt = attempt
        self.spec = spec  # kept until the attempt is claimed
        self.link: InitiatorLink | None = None
        self.leader: Identity | None = None
        self.unwatch: Callable[[], None] | None = None
        self.stop: float | None = None  # the grace of a stop not yet handed over
        self.by_hand: StopByHand | None = None


class InitiatorLink:
    """One initiator's connection. The server calls `received` per message, `lost` at its end."""

    def __init__(
        self,
        executor: LocalExecutor,
        hello: Message,
        send: Callable[[Message], None],
        close: Callable[[], None],
    ) -> None:
        self.executor, self.send, self.close = executor, send, close
        self.pid = int(hello.get("pid", 0))
        # One that comes back with an attempt belongs to an earlier runtime: it ends with its job.
        self.attempt: str | None = hello.get("attempt")
        self.veteran = self.attempt is not None

    def received(self, message: Message) -> None:
        """One decoded line from the initiator."""
        self.executor.heard(self, message)

    def lost(self) -> None:
        """The connection ended, for whatever reason."""
        self.executor.hung_up(self)


class LocalExecutor:
    """The executor of this machine: at most `slots` initiators, kept from job to job."""

    def __init__(self, state_dir: Path, slots: int) -> None:
        self.files = AttemptFiles(state_dir)
        self.slots = slots
        self.troubles: dict[str, str] = {}
        """What keeps attempts from starting or ending just now, for people."""
        self._home = str(state_dir.parent)
        self._report: Callable[[Report], None] = _nobody
        self._template = Template(state_dir, self._forked, self._template_died)
        self._tracks: dict[str, Track] = {}
        self._queue: deque[Track] = deque()
        self._links: set[InitiatorLink] = set()
        self._idle: list[InitiatorLink] = []
        self._veterans: dict[str, InitiatorLink] = {}
        self._asked = 0  # forks asked for and not yet answered
        self._expected: dict[int, asyncio.TimerHandle] = {}  # forked, not yet heard of
        self._pause: asyncio.TimerHandle | None = None
        self._backoff = RETRY_FIRST
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    async def start(self, report: Callable[[Report], None]) -> None:
        """See the contract. Sweeps claims that were never put in place."""
        self._report = report
        disk.private_folder(self.files.state)
        for room in ("log", "attempts"):
            disk.private_folder(self.files.state / room)
        disk.sweep(self.files.root)

    def prepare(self, initiators: int = 1) -> None:
        """Have that many initiators ready before the first attempt needs one."""
        missing = min(initiators, self.slots) - self._coming() - len(self._links)
        for _ in range(missing):
            self._fork()

    # -- the contract ---------------------------------------------------------------------------

    def submit(self, spec: AttemptSpec) -> None:
        """See the contract. Waits its turn when every initiator is busy."""
        if spec.attempt in self._tracks:
            return
        self._check(spec)
        track = Track(spec.attempt, spec)
        self._tracks[spec.attempt] = track
        self._queue.append(track)
        self._dispatch()

    def _check(self, spec: AttemptSpec) -> None:
        what = f"starting attempt {spec.attempt}"
        if self._closed:
            raise Rejected(what, "the runtime is stopping")
        try:
            self.files.relative(spec.attempt)
            for text in (*spec.argv, *spec.env, *spec.env.values(), spec.cwd):
                text.encode()
        except UnicodeEncodeError as error:
            hint = "Give file names that are not UTF-8 through a file, not a parameter."
            raise Rejected(what, f"{error.object!r} is not valid UTF-8", hint) from None
        except ValueError as error:
            raise Rejected(what, str(error)) from None
        if not spec.argv:
            raise Rejected(what, "its command is empty", "Give the job a command.")

    def probe(self, attempts: Sequence[str]) -> dict[str, Evidence]:
        """See the contract."""
        return {attempt: self.files.evidence(attempt) for attempt in attempts}

    def void(self, attempt: str) -> bool:
        """See the contract."""
        track = self._tracks.get(attempt)
        if track in self._queue:
            self._queue.remove(track)
            del self._tracks[attempt]
        return self.files.void(attempt)

    def adopt(self, attempt: str, evidence: Evidence) -> None:
        """See the contract."""
        if attempt in self._tracks:
            return
        track = Track(attempt)
        track.leader = evidence.leader
        self._tracks[attempt] = track
        link = self._veterans.get(attempt)
        if link is not None:
            track.link = link
        elif evidence.initiator is not None and evidence.initiator_alive:
            self._watch(track, evidence.initiator)
        elif evidence.leader is not None and evidence.leader_alive:
            self._watch(track, evidence.leader)
        else:
            asyncio.get_running_loop().call_soon(self._gone, track)

    def _watch(self, track: Track, who: Identity) -> None:
        track.unwatch = procs.watch_exit(who, lambda: self._watched_ended(track))

    def _watched_ended(self, track: Track) -> None:
        track.unwatch = None
        if track.by_hand is None:  # a stop by hand reports once all of the attempt is dead
            self._gone(track)

    def cancel(self, attempt: str, grace: float) -> None:
        """See the contract. Idempotent; a later call may only shorten the grace."""
        track = self._tracks.get(attempt)
        if track is None:
            track = Track(attempt)
            self._tracks[attempt] = track
        if track in self._queue:
            self._cancel_queued(track)
        elif track.link is not None:
            track.link.send({"op": "stop", "attempt": attempt, "grace": grace})
        elif track.by_hand is not None:
            track.by_hand.hurry(grace)
        else:
            self._stop_unlinked(track, grace)

    def _cancel_queued(self, track: Track) -> None:
        self._queue.remove(track)
        try:
            self.files.void(track.attempt)
        except OSError as error:
            self.troubles["claim"] = f"cannot void attempt {track.attempt}: {error}"
        asyncio.get_running_loop().call_soon(self._gone, track)

    def _stop_unlinked(self, track: Track, grace: float) -> None:
        """Nobody is connected: wait for the initiator's return if it lives, else stop by hand."""
        evidence = self.files.evidence(track.attempt)
        track.leader = track.leader or evidence.leader
        waiting = track.stop is not None
        track.stop = grace if track.stop is None else min(grace, track.stop)
        if not evidence.locked:
            self._begin_by_hand(track)
        elif not waiting:
            loop = asyncio.get_running_loop()
            loop.call_later(RECONNECT_PATIENCE, self._patience_over, track)

    def _patience_over(self, track: Track) -> None:
        if (
            self._tracks.get(track.attempt) is track
            and track.link is None
            and track.stop is not None
        ):
            self._begin_by_hand(track)

    def _begin_by_hand(self, track: Track) -> None:
        if track.by_hand is None:
            grace, track.stop = track.stop or 0.0, None
            track.by_hand = StopByHand(track.attempt, self._home, track.leader)
            self._task(self._stop_by_hand(track, track.by_hand, grace))

    async def _stop_by_hand(self, track: Track, stop: StopByHand, grace: float) -> None:
        await stop.run(grace)
        track.by_hand = None
        # A living initiator now sees its job end, writes the record and is heard or watched.
        if not disk.locked(self.files.path(track.attempt)):
            self._gone(track)

    def read_log(self, attempt: str, offset: int, limit: int) -> tuple[bytes, int, bool]:
        """See the contract."""
        return self.files.read(attempt, offset, limit)

    def gc(self, attempt: str) -> None:
        """See the contract."""
        self.files.remove(attempt)

    async def close(self) -> None:
        """See the contract. Idle initiators end; busy ones finish their job first."""
        self._closed = True
        for track in self._tracks.values():
            if track.unwatch:
                track.unwatch()
        for timer in (*self._expected.values(), self._pause):
            if timer:
                timer.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for link in (*self._links, *self._veterans.values()):
            link.close()
        self._tracks.clear()
        self._template.close()

    # -- initiators -----------------------------------------------------------------------------

    def attach(
        self, hello: Message, send: Callable[[Message], None], close: Callable[[], None]
    ) -> InitiatorLink:
        """Take over the connection of an initiator that said `hello`."""
        link = InitiatorLink(self, hello, send, close)
        timer = self._expected.pop(link.pid, None)
        if timer:
            timer.cancel()
        if self._closed:
            close()
        elif link.attempt is None:
            self._links.add(link)
            self._idle.append(link)
            self._dispatch()
        else:
            self._came_back(link, link.attempt)
        return link

    def _came_back(self, link: InitiatorLink, attempt: str) -> None:
        self._veterans[attempt] = link
        track = self._tracks.get(attempt)
        if track is None:
            return  # adopt() will find it
        track.link = link
        if track.stop is not None:
            link.send({"op": "stop", "attempt": attempt, "grace": track.stop})
            track.stop = None

    def heard(self, link: InitiatorLink, message: Message) -> None:
        """One message of an initiator."""
        for kind, handle in _HANDLERS.items():
            if kind in message:
                handle(self, link, message[kind])
                return

    def _on_started(self, link: InitiatorLink, body: Message) -> None:
        track = self._tracks.get(body["attempt"])
        if track is None:
            return
        track.spec = None
        track.leader = msgspec.convert(body["leader"], Identity)
        initiator = msgspec.convert(body["initiator"], Identity)
        self._well("launch")
        self._report(Started(body["attempt"], body["at"], initiator, track.leader))

    def _on_stopping(self, link: InitiatorLink, body: Message) -> None:
        self._report(Stopping(body["attempt"], body["at"], body["reason"]))

    def _on_ended(self, link: InitiatorLink, body: Message) -> None:
        attempt = body["attempt"]
        self._forget(attempt)
        self.troubles.pop(attempt, None)
        record = msgspec.convert(body["exit"], ExitRecord)
        self._free(link)
        self._report(Ended(attempt, record))

    def _on_refused(self, link: InitiatorLink, attempt: str) -> None:
        track = self._tracks.get(attempt)
        self._free(link)
        if track is not None:
            self._gone(track)

    def _on_unclaimed(self, link: InitiatorLink, body: Message) -> None:
        """Surely not started: the claim could not be written. It waits and is tried again."""
        track = self._tracks.get(body["attempt"])
        self.troubles["launch"] = f"cannot start attempt {body['attempt']}: {body['error']}"
        if track is not None:
            track.link = None
            self._queue.appendleft(track)
            self._wait()
        self._free(link)

    def _on_trouble(self, link: InitiatorLink, body: Message) -> None:
        self.troubles[body["attempt"]] = f"attempt {body['attempt']}: {body['error']}"

    def hung_up(self, link: InitiatorLink) -> None:
        """The initiator died, or its connection did."""
        self._links.discard(link)
        if link in self._idle:
            self._idle.remove(link)
        attempt, link.attempt = link.attempt, None
        if attempt is not None:
            if self._veterans.get(attempt) is link:
                del self._veterans[attempt]
            track = self._tracks.get(attempt)
            if track is not None and track.link is link:
                track.link = None
                self._gone(track)
        if not self._closed:
            self._dispatch()

    def _free(self, link: InitiatorLink) -> None:
        attempt, link.attempt = link.attempt, None
        if link.veteran:
            self._veterans.pop(attempt or "", None)
        elif link in self._links:
            self._idle.append(link)
            self._dispatch()

    def _dispatch(self) -> None:
        if self._pause is not None or self._closed:
            return
        while self._queue and self._idle:
            self._hand_over(self._queue.popleft(), self._idle.pop())
        wanted = min(len(self._queue), self.slots - len(self._links))
        for _ in range(wanted - self._coming()):
            self._fork()

    def _hand_over(self, track: Track, link: InitiatorLink) -> None:
        assert track.spec is not None
        track.link, link.attempt = link, track.attempt
        folder, name = self.files.relative(track.attempt)
        link.send({"op": "run", "folder": folder, "name": name, **self._order(track.spec)})

    def _order(self, spec: AttemptSpec) -> Message:
        order = msgspec.structs.asdict(spec)
        own = {
            "JOBMON_ATTEMPT_ID": spec.attempt,
            "JOBMON_HOME": self._home,
            "JOBMON_OUTPUT": os.path.abspath(self.files.output(spec.attempt)),
        }
        order["env"] = own | spec.env
        return order

    # -- the template ---------------------------------------------------------------------------

    def _coming(self) -> int:
        return self._asked + len(self._expected)

    def _fork(self) -> None:
        try:
            self._template.fork()
        except OSError as error:
            self._cannot_fork(error.strerror or str(error))
        else:
            self._asked += 1

    def _forked(self, reply: Message) -> None:
        self._asked -= 1
        pid = reply.get("forked")
        if pid is None:
            self._cannot_fork(str(reply.get("failed")))
        elif all(link.pid != pid for link in self._links):
            loop = asyncio.get_running_loop()
            self._expected[pid] = loop.call_later(FORK_PATIENCE, self._never_came, pid)

    def _never_came(self, pid: int) -> None:
        del self._expected[pid]
        self._dispatch()

    def _template_died(self) -> None:
        self._asked = 0
        if not self._closed:
            self._dispatch()

    def _cannot_fork(self, why: str) -> None:
        self.troubles["launch"] = f"cannot start another process for jobs: {why}"
        self._wait()

    def _wait(self) -> None:
        """Try again later, each time a little later."""
        if self._pause is None:
            self._pause = asyncio.get_running_loop().call_later(self._backoff, self._resume)
            self._backoff = min(self._backoff * 2, RETRY_MOST)

    def _resume(self) -> None:
        self._pause = None
        self._dispatch()

    def _well(self, trouble: str) -> None:
        self.troubles.pop(trouble, None)
        self._backoff = RETRY_FIRST

    # -- bookkeeping ----------------------------------------------------------------------------

    def _gone(self, track: Track) -> None:
        if self._tracks.get(track.attempt) is track:
            self._forget(track.attempt)
            self._report(Gone(track.attempt))

    def _forget(self, attempt: str) -> None:
        track = self._tracks.pop(attempt, None)
        if track is not None and track.unwatch is not None:
            track.unwatch()

    def _task(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


_HANDLERS: dict[str, Callable[[LocalExecutor, InitiatorLink, Any], None]] = {
    "started": LocalExecutor._on_started,
    "stopping": LocalExecutor._on_stopping,
    "ended": LocalExecutor._on_ended,
    "refused": LocalExecutor._on_refused,
    "unclaimed": LocalExecutor._on_unclaimed,
    "trouble": LocalExecutor._on_trouble,
}


def _nobody(_report: Report) -> None:
    """Stands in until `start`."""
