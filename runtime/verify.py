"""Asking the outside world how a lost attempt ended: the probe a job declares as `verify=`.

The probe is a command of the job's author that only looks: exit code 0 says the work is done, 1
that it is not, anything else that it cannot tell. It may be run again after a restart.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from jobmon.jobs.definition import JobDef
from jobmon.jobs.params import as_text
from jobmon.runtime import settle
from jobmon.runtime.board import Board
from jobmon.runtime.config import Settings
from jobmon.runtime.journal import job_event
from jobmon.runtime.model import Event, JobKey, JobRun, Run
from jobmon.runtime.states import State
from jobmon.runtime.store import Batch

log = logging.getLogger("jobmon")

LIMIT = 60.0
"""Seconds a probe may take; after that it cannot tell."""
Plan = Callable[[float, Batch], tuple[list[Event], dict[str, Any]]]


class Verifier:
    """Runs probes beside the loop and orders what they found."""

    def __init__(
        self,
        order: Callable[[Plan], Awaitable[dict[str, Any]]],
        board: Board,
        settings: Settings,
        environ: Mapping[str, str],
    ) -> None:
        self._order, self._board = order, board
        self._settings, self._environ = settings, environ
        self._tasks: set[asyncio.Task[None]] = set()

    def resume(self) -> None:
        """Ask again for every lost job whose probe has not answered."""
        for key, job_run in self._board.jobs.items():
            if job_run.probing:
                self.ask(key)

    def ask(self, key: JobKey) -> None:
        """Start the probe of one lost job."""
        task = asyncio.get_running_loop().create_task(self._ask(key))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Give up what is under way."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _ask(self, key: JobKey) -> None:
        run, job = self._board.runs[key[0]], self._board.jobdef(key)
        code = await _probe(job, run, self._settings, self._environ)
        await self._order(lambda now, _batch: (self._found(key, code, now), {}))

    def _found(self, key: JobKey, code: int | None, now: float) -> list[Event]:
        job_run = self._board.jobs.get(key)
        if job_run is None or job_run.state != State.LOST:
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


async def _probe(
    job: JobDef, run: Run, settings: Settings, environ: Mapping[str, str]
) -> int | None:
    command = ("/bin/sh", "-c", job.verify) if isinstance(job.verify, str) else job.verify
    env = {**environ, **settings.env, **{k: as_text(v) for k, v in run.params.items()}}
    env |= {"JOBMON_RUN": run.key, "JOBMON_JOB": job.name, "JOBMON_TIME": run.time}
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=settings.home / job.cwd,
            env=env,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        log.warning("verify of %s in %s: %s", job.name, run.key, error)
        return None
    return await _bounded(process)


async def _bounded(process: asyncio.subprocess.Process) -> int | None:
    try:
        return await asyncio.wait_for(process.wait(), LIMIT)
    except TimeoutError:
        return None
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
