"""`run --follow`: a run to its end, as a live view on a terminal, else line by line.

Following is looking on: interrupting it, or losing the runtime, leaves the run as it is.
"""

from __future__ import annotations

import contextlib
import queue
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from jobmon.runtime.errors import JobmonError, NoRuntimeError, RefusedError
from jobmon.runtime.words import command
from jobmon.tui.desk import Desk
from jobmon.tui.live import Screen
from jobmon.tui.mirror import RUN_ENDS, Mirror, OutOfStepError
from jobmon.tui.tellers import Json, Plain, Teller

Document = dict[str, Any]
TICK = 0.25
PATIENCE = 30.0
"""Seconds a follower without a terminal waits for a runtime that went away."""
EXIT_DETACHED = 130


class News(NamedTuple):
    """What the feed hands over: an event, or that the runtime went away or came back."""

    kind: str  # event | resync | gone | back | lost
    event: Mapping[str, Any] = {}


class Feed(threading.Thread):
    """Reads the event stream from number `since` on, and again after the runtime was away."""

    def __init__(self, desk: Desk, since: int, patience: float | None) -> None:
        super().__init__(daemon=True, name="feed")
        self.news: queue.SimpleQueue[News] = queue.SimpleQueue()
        self._desk, self._seq, self._patience = desk, since, patience

    def run(self) -> None:
        """Until nobody answers within the patience."""
        while True:
            self._read()
            self.news.put(News("gone"))
            if not self._await():
                self.news.put(News("lost"))
                return
            self.news.put(News("back"))

    def _read(self) -> None:
        try:
            with contextlib.closing(self._desk.connect()) as client:
                for event in client.subscribe(from_seq=self._seq):
                    self._hand_over(event)
        except JobmonError:
            return

    def _hand_over(self, event: Mapping[str, Any]) -> None:
        """Each event once, also where the past and the live stream overlap."""
        number = event.get("seq") or event.get("resync") or 0
        if number > self._seq or "resync" in event:
            self._seq = number
            self.news.put(News("resync" if "resync" in event else "event", event))

    def _await(self) -> bool:
        limit = None if self._patience is None else time.monotonic() + self._patience
        while limit is None or time.monotonic() < limit:
            time.sleep(TICK)
            with contextlib.suppress(JobmonError):
                self._desk.connect().close()
                return True
        return False


def follow(
    desk: Desk, run: str, since: int | None = None, *, yes: bool = False, as_json: bool = False
) -> int:
    """Follow a run to its end; the exit code of its outcome (0 succeeded, 1 not, 130 detached).

    `since` is an event number from before the run was made: then every change is told, else those
    from now on. `yes` answers its manual steps; `as_json` prints each event and at last the run as
    documents. Raises NoRuntimeError when the runtime stays away.
    """
    follower = Follower(desk, run, since, yes=yes, as_json=as_json)
    try:
        return follower.to_end()
    except KeyboardInterrupt:
        follower.detach()
        return EXIT_DETACHED


class Follower:
    """One run being followed: its mirror, the feed, and where it is shown."""

    def __init__(
        self, desk: Desk, run: str, since: int | None, *, yes: bool, as_json: bool = False
    ) -> None:
        self.desk, self.run, self.yes = desk, run, yes
        with contextlib.closing(desk.connect(start=True)) as client:
            now = client.hello["seq"]
        document = desk.view("show", run=run)
        self.mirror = Mirror(document, document["id"])
        if since is not None:
            self.mirror.blank()
        self.answered: set[tuple[int, int]] = set()
        live = desk.ink.terminal and not as_json
        self.feed = Feed(desk, now if since is None else since, None if live else PATIENCE)
        self.screen = Screen(desk.ink) if live else None
        self.teller: Teller = Json(desk.ink) if as_json else Plain(desk.ink, quiet=live)

    def to_end(self) -> int:
        """Show changes until the run ends."""
        self.feed.start()
        try:
            self._check()
            while self.mirror.document["state"] not in RUN_ENDS:
                self._turn()
        finally:
            if self.screen:
                self.screen.close()
        return self._ended()

    def _turn(self) -> None:
        """Take what came, then look whether it is over."""
        changed = False
        for news in self._pending():
            changed |= self._take(news)
        if changed:
            self._check()
        self._draw()

    def _pending(self) -> list[News]:
        try:
            news = [self.feed.news.get(timeout=TICK)]
        except queue.Empty:
            return []
        while not self.feed.news.empty():
            news.append(self.feed.news.get())
        return news

    def _take(self, news: News) -> bool:
        if news.kind == "event":
            return self._fold(news.event)
        if news.kind == "lost":
            why = f"it is away for {PATIENCE:.0f} s"
            back = command("show", self.run, "-f")
            hint = f"the run goes on when it is back: jobmon up && {back}"
            raise NoRuntimeError(f"follow {self.run}", why, hint)
        self._away(gone=news.kind == "gone")
        if news.kind == "resync":
            self._resync()
        return True

    def _fold(self, event: Mapping[str, Any]) -> bool:
        try:
            job = self.mirror.apply(event)
        except OutOfStepError:
            self._resync()
            return True
        mine = event.get("run") == self.mirror.number
        if mine:
            self.teller.news(self.mirror.document, job, event)
        return mine

    def _away(self, *, gone: bool) -> None:
        note = "the runtime is gone; its jobs go on, waiting for it to come back" if gone else ""
        if self.screen:
            self.screen.note = note
        elif note:
            print(note, file=sys.stderr, flush=True)  # noqa: T201

    def _resync(self) -> None:
        self.mirror.take(self.desk.view("show", run=self.run))

    def _check(self) -> None:
        """Answer manual steps if told so; ask for the outcome once no job is left to run."""
        if self.yes:
            self._answer()
        if self.mirror.settled:
            self._resync()

    def _answer(self) -> None:
        for job in self.mirror.document["jobs"]:
            key = (job["index"], job.get("attempt") or 0)
            if job["state"] == "waiting_human" and key not in self.answered:
                self.answered.add(key)
                self._done(job["job"])

    def _done(self, name: str) -> None:
        args = {"run": self.run, "jobs": [name], "why": "answered by --yes"}
        try:
            self.desk.call("verb", verb="done", options={}, **args)
        except RefusedError:  # somebody else was faster
            self._resync()

    def _draw(self) -> None:
        if self.screen:
            self.screen.show(self.mirror.document, self.desk.now())

    def _ended(self) -> int:
        document = self.mirror.document
        if self.screen:
            self.screen.last(document, self.desk.now())
        self.teller.ended(document, self.desk.now())
        return 0 if document["state"] == "succeeded" else 1

    def detach(self) -> None:
        """Say that the run goes on, and how to come back."""
        safe = self.desk.ink.safe
        lines = (
            f"\ndetached: {safe(self.run)} goes on without you.",
            f"  come back: {safe(command('show', self.run, '-f'))}",
            f"  stop it:   {safe(command('cancel', self.run))}",
        )
        print("\n".join(lines), file=sys.stderr, flush=True)  # noqa: T201
