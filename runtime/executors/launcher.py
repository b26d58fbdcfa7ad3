"""The way from `submit` to an initiator: attempts wait here for one that is free."""

from __future__ import annotations

import os
from collections import deque
from pathlib import Path

import msgspec

from jobmon.jobs.kit.places import digest
from jobmon.runtime.executors.attempts import AttemptFiles
from jobmon.runtime.executors.contract import AttemptSpec, Rejected
from jobmon.runtime.executors.pool import Backoff, InitiatorLink, Message, Pool
from jobmon.runtime.executors.track import Track


class Launcher:
    """Hands attempts to initiators in the order they came, one at a time each."""

    def __init__(self, state: Path, slots: int, files: AttemptFiles) -> None:
        self.pool = Pool(state, slots, self.dispatch)
        self.claiming = Backoff(self.dispatch)
        self._files = files
        self._home = os.path.abspath(state.parent)
        self._queue: deque[Track] = deque()

    def add(self, track: Track) -> None:
        """Queue an attempt that was checked."""
        self._queue.append(track)
        self.dispatch()

    def remove(self, track: Track) -> bool:
        """Take it out again. False: it was handed over, or never came here."""
        if track not in self._queue:
            return False
        self._queue.remove(track)
        return True

    def again(self, track: Track, why: str) -> None:
        """It was handed over, but its claim could not be written: it goes first, a little later."""
        track.link = None
        self._queue.appendleft(track)
        self.claiming.begin(f"cannot start attempt {track.attempt}: {why}")

    def dispatch(self) -> None:
        """Bring attempts and initiators together; have more initiators made if need be."""
        while self._queue and not self.claiming.waiting:
            link = self.pool.take()
            if link is None:
                self.pool.want(len(self._queue))
                return
            self._hand_over(self._queue.popleft(), link)

    def _hand_over(self, track: Track, link: InitiatorLink) -> None:
        assert track.spec is not None
        track.link, link.attempt = link, track.attempt
        folder, name = self._files.relative(track.attempt)
        link.send({"op": "run", "folder": folder, "name": name, **self._order(track.spec)})

    def _order(self, spec: AttemptSpec) -> Message:
        order = msgspec.structs.asdict(spec)
        del order["slotless"]  # nothing to the initiator
        own = {
            "JOBMON_ATTEMPT_ID": spec.attempt,
            "JOBMON_HOME": self._home,
            "JOBMON_OUTPUT": self._files.output(spec.attempt),
        }
        order["env"] = own | spec.env
        if spec.lock:
            who = "{run}/{job}".format_map({"run": "", "job": spec.attempt} | spec.first)
            order["lock"] = {"file": digest(spec.lock), "name": spec.lock, "who": who}
        return order

    def close(self) -> None:
        """Hand over nothing more, let every initiator go."""
        self._queue.clear()
        self.claiming.cancel()
        self.pool.close()


def check(spec: AttemptSpec, files: AttemptFiles) -> None:
    """Rejected if no initiator could make sense of it."""
    what = f"starting attempt {spec.attempt}"
    if not spec.argv:
        raise Rejected(what, "its command is empty", "Give the job a command.")
    try:
        files.relative(spec.attempt)
        for text in (*spec.argv, *spec.env, *spec.env.values(), *spec.secrets, spec.cwd, spec.lock):
            text.encode()
    except UnicodeEncodeError as error:
        hint = "Give what is not UTF-8 in a file, not in a parameter or variable."
        raise Rejected(what, f"{error.object!r} is not valid UTF-8", hint) from None
    except ValueError as error:
        raise Rejected(what, str(error)) from None
