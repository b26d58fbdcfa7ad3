"""The flows of the batch folder as they are now: loaded once, and again when a file changed."""

from __future__ import annotations

import asyncio
import contextlib
import difflib
from collections.abc import Mapping
from pathlib import Path

from jobmon.jobs import loader
from jobmon.jobs.definition import FlowDef
from jobmon.runtime.errors import NotFoundError, StateError, UsageError


class Library:
    """Flows by name. Loading happens in a child process, awaited in a thread."""

    def __init__(self, home: Path, timeout: float) -> None:
        self._home, self._timeout = home, timeout
        self._loaded: loader.Loaded | None = None
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[loader.Loaded] | None = None

    def preset(self, loaded: loader.Loaded) -> None:
        """Take these flows for what the files say, until one of their files changes."""
        self._loaded = loaded

    async def current(self) -> loader.Loaded:
        """What the files say now. Costs a few stat calls while nothing changed.

        Raises StateError when this machine lets no process be started to load them.
        """
        async with self._lock:
            if self._loaded is None or not loader.fresh(self._loaded.files):
                self._loaded = await self._load()
            return self._loaded

    async def _load(self) -> loader.Loaded:
        try:
            return await asyncio.to_thread(loader.load_folder, self._home, self._timeout)
        except (OSError, RuntimeError) as error:
            hint = "raise its limits or end other processes, then try again: jobmon doctor"
            raise StateError(f"load the flows of {self._home}", str(error), hint) from error

    async def soon(self, patience: float) -> loader.Loaded:
        """What the files say, or what they said before when loading takes longer than that.

        A flow file that hangs must not keep anybody from asking how the runtime is.
        """
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self.current())
        with contextlib.suppress(StateError):
            await asyncio.wait({self._task}, timeout=patience)
            if self._task.done():
                return self._task.result()
        return self._loaded or loader.Loaded()

    async def flow(self, name: str) -> FlowDef:
        """The flow of that name. Raises NotFoundError or, when a file is broken, UsageError."""
        loaded = await self.current()
        return pick(loaded, name)

    @property
    def good(self) -> Mapping[str, FlowDef]:
        """The last good version of each flow, without looking again: what starts by itself."""
        return self._loaded.flows if self._loaded else {}

    @property
    def known(self) -> loader.Loaded | None:
        """What was loaded last, without looking again."""
        return self._loaded


def pick(loaded: loader.Loaded, name: str) -> FlowDef:
    """The flow of that name among those loaded, or an error that says what to do."""
    if name in loaded.flows:
        return loaded.flows[name]
    if loaded.mistakes:
        first = str(loaded.mistakes[0])
        why = f"it is not among the flows that load; first mistake: {first}"
        raise UsageError(f"find the flow {name}", why, "see them all: jobmon check")
    near = difflib.get_close_matches(name, loaded.flows, n=1)
    known = ", ".join(sorted(loaded.flows)) or "none yet"
    hint = f"did you mean {near[0]}?" if near else f"the flows here: {known}"
    raise NotFoundError(f"find the flow {name}", "no file in flows/ defines it", hint)
