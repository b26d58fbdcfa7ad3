"""Asking the outside world how a lost attempt ended: the probe a job declares as `verify=`.

The probe is a command of the job's author that only looks: exit code 0 says the work is done, 1
that it is not, anything else that it cannot tell. It may be run again after a restart.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Awaitable, Callable
from typing import Any

from jobmon.jobs.definition import JobDef
from jobmon.runtime import settle
from jobmon.runtime.board import Board
from jobmon.runtime.errors import JobmonError, StateError
from jobmon.runtime.journal import job_event
from jobmon.runtime.model import Event, JobKey, JobRun
from jobmon.runtime.states import State
from jobmon.runtime.store import Batch

log = logging.getLogger("jobmon")

LIMIT = 60.0
"""Seconds a probe may take; after that it cannot tell."""
AGAIN = 1.0
"""Seconds before an answer that could not be recorded is recorded again."""
MARKS = ("JOBMON_ATTEMPT_ID", "JOBMON_OUTPUT")
Plan = Callable[[float, Batch], tuple[list[Event], dict[str, Any]]]


class Verifier:
    """Runs probes beside the loop and orders what they found."""

    def __init__(
        self,
        order: Callable[[Plan], Awaitable[dict[str, Any]]],
        board: Board,
        environment: Callable[[JobKey], dict[str, str]],
    ) -> None:
        self._order, self._board, self._environment = order, board, environment
        self._tasks: dict[JobKey, asyncio.Task[None]] = {}

    def resume(self) -> None:
        """Ask again for every lost job whose probe has not answered."""
        for key, job_run in self._board.jobs.items():
            if job_run.probing:
                self.ask(key)

    def ask(self, key: JobKey) -> None:
        """Start the probe of one lost job, unless it is being asked."""
        if key not in self._tasks:
            task = asyncio.get_running_loop().create_task(self._ask(key))
            self._tasks[key] = task
            task.add_done_callback(lambda _: self._tasks.pop(key, None))

    async def close(self) -> None:
        """Give up what is under way."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask(self, key: JobKey) -> None:
        job, attempt = self._board.jobdef(key), self._board.jobs[key].attempt
        try:
            code = await _probe(job, self._environment(key))
        except (OSError, JobmonError) as error:
            log.warning("cannot ask how attempt %s of %s ended: %s", attempt, job.name, error)
            code = None
        while True:
            try:
                await self._order(lambda now, _batch: (self._found(key, attempt, code, now), {}))
            except StateError:  # the disk takes nothing just now
                await asyncio.sleep(AGAIN)
            else:
                return

    def _found(self, key: JobKey, attempt: int, code: int | None, now: float) -> list[Event]:
        job_run = self._board.jobs.get(key)
        if job_run is None or job_run.state != State.LOST or job_run.attempt != attempt:
            return []  # a person was faster
        if code in (0, 1):
            return [_told(job_run, code == 0, now)]
        cancelled = bool(self._board.runs[key[0]].cancel)
        unsure = job_event("job.unverified", job_run, now, {"reason": "its probe cannot tell"})
        step = settle.after_lost(self._board.jobdef(key), job_run, now, cancelled=cancelled)
        return [unsure, step] if isinstance(step, Event) else [unsure]


def _told(job_run: JobRun, done: bool, now: float) -> Event:
    kind = "job.mark_success" if done else "job.reset"
    reason = f"its probe says: {'done' if done else 'not done'}"
    return job_event(kind, job_run, now, {"reason": reason})


async def _probe(job: JobDef, env: dict[str, str]) -> int | None:
    command = ("/bin/sh", "-c", job.verify) if isinstance(job.verify, str) else job.verify
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=os.path.join(env["JOBMON_HOME"], job.cwd),
        # Without the attempt's own marks: what ends an attempt must not end its probe.
        env={name: text for name, text in env.items() if name not in MARKS},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    return await _bounded(process)


async def _bounded(process: asyncio.subprocess.Process) -> int | None:
    try:
        return await asyncio.wait_for(process.wait(), LIMIT)
    except TimeoutError:
        return None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
