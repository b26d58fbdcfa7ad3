"""Getting the outbox sent: who is due, in parcels of one address each, and what became of them."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from jobmon.runtime import failpoint
from jobmon.runtime.configuration import Configuration
from jobmon.runtime.given import UnfitError
from jobmon.runtime.model import Event
from jobmon.runtime.notify import outbox, sending, targets, wording
from jobmon.runtime.notify.inert import bounded
from jobmon.runtime.notify.outbox import Message, Outbox
from jobmon.runtime.notify.sending import Parcel, Result
from jobmon.runtime.notify.targets import Target
from jobmon.runtime.notify.wording import Place
from jobmon.runtime.store import Batch

SENDERS = 3
"""Addresses that are sent to at the same time."""
TROUBLED = 3
"""Tries that failed after which people at the screen are told."""
RECENT = 24 * 3600.0
NO_ADDRESS = "no rule names this address any more"
FOLDER = "notify"
"""Where receipts lie, in the state folder."""


class Post:
    """Sends beside the loop. `wake` is called when there are answers to take in."""

    def __init__(
        self,
        configuration: Configuration,
        box: Outbox,
        environ: Mapping[str, str],
        wake: Callable[[], None],
    ) -> None:
        self._configuration, self._box = configuration, box
        self._environ, self._wake = environ, wake
        self._under_way: dict[str, list[str]] = {}  # by address: the messages
        self._answers: deque[tuple[str, list[Result]]] = deque()
        self._recorded: list[str] = []  # their receipts go once that is committed
        self._working: set[str] = set()

    def sweep(self) -> None:
        """Remove receipts of messages that are no longer waited for, left by an earlier runtime."""
        waited_for = {message.id for message in self._box}
        for path in self._folder.glob("*.sent"):
            if path.stem not in waited_for:
                sending.forget(self._folder, path.stem)

    # What is due

    def send(self, now: float, batch: Batch, fresh: Collection[str]) -> list[Event]:
        """Start what is due and committed, not `fresh`. Events of what has no address any more."""
        events: list[Event] = []
        due = {m.target for m in self._box.pending() if m.due <= now and m.id not in fresh}
        for target in due - self._under_way.keys():
            if len(self._under_way) < SENDERS:
                events += self._start(target, now, batch, fresh)
        return events

    def next_time(self) -> float | None:
        """When something is due next; an answer comes by itself."""
        if self._recorded:
            return 0.0
        if len(self._under_way) >= SENDERS:
            return None
        times = (m.due for m in self._box.pending() if m.target not in self._under_way)
        return min(times, default=None)

    def _start(self, target: str, now: float, batch: Batch, fresh: Collection[str]) -> list[Event]:
        """Send all that waits for an address, also what would be due later."""
        mine = [m for m in self._box.pending() if m.target == target and m.id not in fresh]
        known = targets.targets(self._configuration.now).get(target)
        if known is None:
            lost = [replace(m, error=NO_ADDRESS, given_up=now) for m in mine]
            for message in lost:
                self._box.change(message, batch)
            return [_event("notify.given_up", message, now) for message in lost]
        try:
            parcel = self._parcel(known, mine)
        except UnfitError as error:
            why = f"{error.what}: {error.why}"
            return [e for m in mine for e in self._settle(m, why, now, batch)]
        failpoint.reached("posting")
        self._under_way[target] = [message.id for message in mine]
        self._send(parcel, lambda results: self._on_answers(target, results))
        return []

    def _parcel(self, target: Target, mine: Sequence[Message]) -> Parcel:
        url = targets.url(target, self._configuration.now, self._environ)
        return Parcel(target.id, url, self.place, [(m.id, m.subject, m.body) for m in mine])

    @property
    def place(self) -> Place:
        """Who speaks."""
        return wording.place(self._configuration.now)

    @property
    def _folder(self) -> Path:
        return self._configuration.now.state_dir / FOLDER

    def _send(self, parcel: Parcel, then: Callable[[list[Result]], None]) -> None:
        loop = asyncio.get_running_loop()

        def answered(results: list[Result]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is over: the receipts tell
                loop.call_soon_threadsafe(then, results)

        sending.in_background(parcel, self._folder, answered)

    def _on_answers(self, target: str, results: list[Result]) -> None:
        self._answers.append((target, results))
        self._wake()

    async def try_all(self) -> list[dict[str, str]]:
        """Send a test to every address; per address `to`, and `error`, "" when it was taken."""
        every = targets.targets(self._configuration.now).values()
        return list(await asyncio.gather(*map(self._try, every)))

    async def _try(self, target: Target) -> dict[str, str]:
        future: asyncio.Future[list[Result]] = asyncio.get_running_loop().create_future()
        try:
            url = targets.url(target, self._configuration.now, self._environ)
        except UnfitError as error:
            return {"to": target.label, "error": f"{error.what}: {error.why}"}
        number = f"test.{uuid.uuid4().hex[:12]}"
        text = wording.of_test(self.place)
        parcel = Parcel(target.id, url, self.place, [(number, text.subject, text.body)])
        self._send(parcel, future.set_result)
        ((_, error),) = await future
        sending.forget(self._folder, number)
        if not error:
            self._working.add(target.id)
        return {"to": target.label, "error": error}

    # What became of it

    def answered(self, now: float, batch: Batch) -> list[Event]:
        """Record what the senders said; the events that tell of it."""
        for number in self._recorded:
            sending.forget(self._folder, number)
        self._recorded = []
        events: list[Event] = []
        while self._answers:
            failpoint.reached("answered")
            target, results = self._answers.popleft()
            sent = set(self._under_way.pop(target))
            mine = {message.id: message for message in self._box if message.id in sent}
            self._recorded += [number for number, error in results if not error]
            for number, error in results:
                if number in mine:
                    events += self._settle(mine[number], error, now, batch)
        return events

    def _settle(self, message: Message, error: str, now: float, batch: Batch) -> list[Event]:
        if not error:
            self._working.add(message.target)
            self._box.drop(message, batch)
            return [_event("notify.sent", message, now)]
        self._working.discard(message.target)
        later = outbox.failed(message, error, now)
        self._box.change(later, batch)
        return [] if later.given_up is None else [_event("notify.given_up", later, now)]

    def troubles(self, now: float) -> list[str]:
        """What people at the screen should know: who cannot be told."""
        found: dict[str, list[Message]] = {}
        for message in self._box:
            given_up = message.given_up is not None and now - message.given_up < RECENT
            bad = given_up or (message.given_up is None and message.tries >= TROUBLED)
            if bad and message.target not in self._working:
                found.setdefault(message.to, []).append(message)
        return [_trouble(to, messages) for to, messages in found.items()]


def _trouble(to: str, messages: Sequence[Message]) -> str:
    lost = sum(message.given_up is not None for message in messages)
    what = f"{lost} given up" if lost else f"{len(messages)} waiting"
    return f"{to} takes no messages, {what}: {bounded(messages[-1].error, 120)}; see jobmon notify"


def _event(kind: str, message: Message, now: float) -> Event:
    data = {"id": message.id, "kind": message.kind, "to": message.to, "tries": message.tries + 1}
    why = f"{message.kind} to {message.to}"
    if message.error and message.given_up is not None:
        data |= {"error": message.error, "tries": message.tries}
        why += f": {message.error}"
    return Event(kind=kind, at=now, run=message.number, who="runtime", why=why, data=data)
