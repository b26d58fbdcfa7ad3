"""The flows of the batch folder as they are now: loaded once, and again when a file changed."""

from __future__ import annotations

import asyncio
import contextlib
import difflib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from jobmon.jobs import loader
from jobmon.jobs.definition import FlowDef
from jobmon.runtime.errors import NotFoundError, StateError, UsageError
from jobmon.runtime.words import command

GONE = (0, 0, 0)
"""The stamp of a file that is not there."""


class Version(NamedTuple):
    """A flow that could be loaded, and when its file was saved so.

    `text` is what the file said, where functions of it are jobs.
    """

    flow: FlowDef
    saved: float
    text: str = ""


class Library:
    """Flows by name. Loading happens in a child process, awaited in a thread."""

    def __init__(self, home: Path, timeout: float) -> None:
        self.timeout = timeout
        self._home = home
        self._loaded: loader.Loaded | None = None
        self.versions: Mapping[str, Version] = {}
        """Every flow in its last good version."""
        self.behind: Mapping[str, Version] = {}
        """Those of them whose file is broken now."""
        self.good: Mapping[str, FlowDef] = {}
        """What starts by itself: as `versions`, but nothing before the files were looked at."""
        self.prepare: Callable[[Mapping[str, FlowDef]], None] = lambda _flows: None
        """Told of flows in the thread that loads them: what takes a while is done there."""
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[loader.Loaded] | None = None

    def remember(self, versions: Mapping[str, Version]) -> None:
        """What an earlier runtime could load: it counts for flows whose file is broken now."""
        self.versions = versions

    def preset(
        self, loaded: loader.Loaded, texts: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """Take these flows for what the files say, until one of their files changes.

        `texts` are the contents of files by the names that flows have for them.
        """
        self._loaded = loaded
        self.behind = {
            name: version
            for name, version in self.versions.items()
            if name not in loaded.flows and version.flow.file in loaded.broken
        }
        read = {
            name: Version(flow, self._saved(flow, loaded), texts.get(flow.file, ""))
            for name, flow in loaded.flows.items()
        }
        self.versions = {**self.behind, **read}
        self.good = {name: version.flow for name, version in self.versions.items()}

    def _saved(self, flow: FlowDef, loaded: loader.Loaded) -> float:
        return loaded.files.get(self._path(flow.file), GONE)[0] / 1e9

    def _path(self, file: str) -> str:
        return os.path.join(os.path.abspath(self._home), file)

    async def current(self) -> loader.Loaded:
        """What the files say now. Costs a few stat calls while nothing changed.

        Raises StateError when this machine lets no process be started to load them.
        """
        async with self._lock:
            if self._loaded is None or not loader.fresh(self._loaded.files):
                self.preset(*await self._load())
            assert self._loaded
            return self._loaded

    async def _load(self) -> tuple[loader.Loaded, Mapping[str, str]]:
        try:
            return await asyncio.to_thread(self._read)
        except (OSError, RuntimeError) as error:
            hint = "raise its limits or end other processes, then try again: jobmon doctor"
            raise StateError(f"load the flows of {self._home}", str(error), hint) from error

    def _read(self) -> tuple[loader.Loaded, Mapping[str, str]]:
        loaded = loader.load_folder(self._home, self.timeout)
        self.prepare(loaded.flows)
        flows = loaded.flows.values()
        files = {flow.file for flow in flows if any(job.kind == "python" for job in flow.jobs)}
        return loaded, {file: self._text(file, loaded) for file in files}

    def _text(self, file: str, loaded: loader.Loaded) -> str:
        """What the file said when it was loaded; "" when it was saved meanwhile."""
        path = self._path(file)
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return ""
        return text if loader.fresh({path: loaded.files.get(path, GONE)}) else ""

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

    async def flow(self, name: str, *, last_good: bool = False) -> FlowDef:
        """The flow of that name; with `last_good`, its last good version when its file is broken.

        Raises NotFoundError or, when a file is broken, UsageError.
        """
        loaded = await self.current()
        old = self.behind.get(name)
        if old is None:
            return pick(loaded, name)
        return old.flow if last_good else pick(loaded, name, old.flow.file)

    @property
    def known(self) -> loader.Loaded | None:
        """What was loaded last, without looking again."""
        return self._loaded


def pick(loaded: loader.Loaded, name: str, broken: str = "") -> FlowDef:
    """The flow of that name among those loaded, or an error that says what to do.

    `broken`: the file that had it, when there is a last good version of it.
    """
    if name in loaded.flows:
        return loaded.flows[name]
    if loaded.mistakes:
        of_it = [m for m in loaded.mistakes if m.file == broken] or loaded.mistakes
        why = f"it is not among the flows that load; first mistake: {of_it[0]}"
        again = f"start its last good version: {command('run', name, '--last-good')}"
        hint = "see them all: jobmon check"
        raise UsageError(f"find the flow {name}", why, f"{hint}; {again}" if broken else hint)
    near = difflib.get_close_matches(name, loaded.flows, n=1)
    known = ", ".join(sorted(loaded.flows)) or "none yet"
    hint = f"did you mean {near[0]}?" if near else f"the flows here: {known}"
    raise NotFoundError(f"find the flow {name}", "no file in flows/ defines it", hint)
