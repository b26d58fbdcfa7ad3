"""The process of a subflow job: `python -m jobmon.runtime.fanout.subflow STATE FLOW`.

It asks the runtime for the run, waits for its end, and ends as it does. It holds nothing: when it
is killed, or the runtime is, the next one finds the run that is there.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jobmon.jobs.kit.progress import progress
from jobmon.jobs.kit.result import write
from jobmon.runtime.client import Client, connect
from jobmon.runtime.errors import JobmonError, NoRuntimeError

PAUSE = 0.2
"""Seconds between two looks at what goes on quickly."""
AWAY = 1.0
"""Seconds until a runtime that is not there is looked for again."""


class _StoppedError(BaseException):
    """SIGTERM: the job is cancelled, or its time is over."""


def main(argv: list[str]) -> int:
    """0 when the run succeeded, 1 when it did not or could not be started, 143 when stopped."""
    state, flow = Path(argv[0]), argv[1]
    signal.signal(signal.SIGTERM, _stop)
    job = _Subflow(state, flow)
    try:
        return job.run()
    except _StoppedError:
        return job.stop()
    except JobmonError as error:
        _say(str(error), sys.stderr)
        return error.exit_code


def _stop(*_: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise _StoppedError


class _Subflow:
    """One attempt's waiting for its run."""

    def __init__(self, state: Path, flow: str) -> None:
        self._state, self._flow = state, flow
        self._key, self._id = "", 0

    def run(self) -> int:
        found = self._patiently(self._join)
        self._key, self._id = found["run"], found["id"]
        _say(f"{self._key} {found['how']}: jobmon show {self._key}")
        end = self._follow()
        _say(f"{self._key} {end['state']}")
        self._leave(end)
        return 0 if end["state"] == "succeeded" else 1

    def stop(self) -> int:
        """The run ends with its job."""
        if self._key:
            with contextlib.suppress(JobmonError):  # it is being cancelled already, or is over
                self._asked("verb", verb="cancel", run=self._key, why="its subflow job was stopped")
            with contextlib.suppress(JobmonError):
                self._follow()
        return 128 + signal.SIGTERM

    def _join(self, client: Client) -> dict[str, Any]:
        attempt = os.environ["JOBMON_ATTEMPT_ID"]
        params = json.loads(os.environ.get("JOBMON_ARGS") or "{}")
        return client.call(
            "subflow", attempt=attempt, flow=self._flow, params=params, idem=f"subflow {attempt}"
        )

    def _follow(self) -> dict[str, Any]:
        """Say how far the run is whenever that changes; how it ended."""
        seen, state = -1, "running"
        while True:
            now = self._patiently(self._asking_beyond(seen))
            if now["done"] != seen:
                progress(now["done"], now["total"])
            if now["state"] not in (state, "queued") and not now["over"]:
                _say(f"{self._key} is {now['state']}: jobmon explain {self._key}")
            state = now["state"]
            if now["over"]:
                return now
            seen = now["done"]
            time.sleep(PAUSE)

    def _asking_beyond(self, seen: int) -> Callable[[Client], dict[str, Any]]:
        return lambda client: client.call("follow", run=self._id, seen=seen)

    def _patiently(self, ask: Callable[[Client], dict[str, Any]]) -> dict[str, Any]:
        """Ask, as long as it takes until a runtime is there to answer."""
        while True:
            try:
                with connect(self._state) as client:
                    return ask(client)
            except NoRuntimeError:
                time.sleep(AWAY)

    def _asked(self, op: str, **args: Any) -> dict[str, Any]:
        with connect(self._state) as client:
            return client.call(op, **args)

    def _leave(self, end: dict[str, Any]) -> None:
        path = os.environ.get("JOBMON_OUTPUT")
        if path:
            left = {"run": self._key, "state": end["state"], "outputs": end["outputs"]}
            write(path, json.dumps(left, ensure_ascii=False).encode())


def _say(text: str, stream: Any = None) -> None:
    print(text, file=stream or sys.stdout, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
