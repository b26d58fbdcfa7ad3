"""Files that people save while the runtime serves: settings and flows are taken as they are then.

What is broken stays as it was when it was good, and is told. What was found is recorded.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from jobmon.jobs import loader
from jobmon.jobs.definition import FlowDef
from jobmon.runtime import disk
from jobmon.runtime.configuration import Configuration
from jobmon.runtime.errors import StateError
from jobmon.runtime.library import Library, Version
from jobmon.runtime.model import Event
from jobmon.runtime.store import Batch, Store

log = logging.getLogger("jobmon")

ROOM = "flow"
"""The room of notes that keeps the last good version of each flow that starts by itself."""
MOST_STATS = 100
"""Files of flows looked at in one look; of more, each has its turn. A new file shows at once."""
SETTLES = 0.2
"""Seconds given to whoever is saving a file: between the old and the new one there may be none."""
RESTS = 20
"""As many times as the flows took to load, they are left alone then."""
LONGEST_REST = 60.0
MOST_TOLD = 20


class Lookout:
    """See `Duty`. The daemon calls `look` every few seconds.

    `changed` is told when other settings hold, `nudge` that there is something to record.
    """

    def __init__(
        self,
        configuration: Configuration,
        library: Library,
        store: Store,
        changed: Callable[[], None],
        nudge: Callable[[], None],
    ) -> None:
        self.due: float | None = None
        self._configuration, self._library = configuration, library
        self._changed, self._nudge = changed, nudge
        self._kept = configuration.now.state_dir / "flows"
        self._found: list[tuple[str, dict[str, Any]]] = []
        self._told: loader.Loaded | None = None
        self._good: Mapping[str, FlowDef] = {}
        self._turn, self._rest = 0, 0.0
        kept = {n: msgspec.convert(b, Version) for n, b in store.notes(ROOM).items()}
        self._noted = {name: version.flow.hash for name, version in kept.items()}
        library.remember(kept)

    async def look(self) -> None:
        """Take what was saved since the last look."""
        if self._configuration.changed():
            await asyncio.sleep(SETTLES)
        if changed := self._configuration.look():
            self._settings()
        if self._stale() and time.monotonic() >= self._rest:
            await asyncio.sleep(SETTLES if self._told else 0)
            await self._load()
        known = self._library.known
        if known is not None and known is not self._told:
            self._flows(known)
            changed = True
        if changed:
            self.due = 0.0
            self._nudge()

    def kept(self, flow: str) -> str:
        """A copy of the file of a flow as it was when it could be loaded.

        "" when it can be loaded now, or when there is no room for the copy.
        """
        version = self._library.behind.get(flow)
        if version is None or not version.text:
            return ""
        text = version.text.encode()
        path = self._kept / f"{hashlib.sha256(text).hexdigest()[:20]}.py"
        try:
            if not path.exists():
                disk.atomic_write(path, text)
        except OSError as error:
            log.error("cannot keep a copy of the flow %s as it was: %s", flow, error)
            return ""
        return str(path)

    def attend(self, now: float, batch: Batch) -> Sequence[Event]:
        """Record what was found."""
        self.due = None
        found, self._found = self._found, []
        self._note(batch)
        return [Event(kind=k, at=now, who="runtime", data=data) for k, data in found]

    def heard(self, events: Sequence[Event]) -> None:
        """Nothing that happens changes a file."""

    def _tell(self, kind: str, reason: str, **data: Any) -> None:
        self._found.append((kind, {"reason": reason, **data}))

    def _settings(self) -> None:
        if mistake := self._configuration.mistake:
            log.error("the settings of before stay: %s", mistake)
            self._tell("runtime.mistake", mistake, settings=True)
            return
        self._changed()
        self._tell("runtime.reloaded", "the settings hold that were saved", settings=True)

    def _stale(self) -> bool:
        """Whether a file of flows changed; of many, a part is looked at, and the folder."""
        known = self._library.known
        if known is None:
            return True
        files = known.files
        turn, self._turn = self._turn, (self._turn + MOST_STATS) % (len(files) or 1)
        part = itertools.islice(itertools.cycle(files.items()), turn, turn + MOST_STATS)
        folder = itertools.islice(files.items(), 1)  # it comes first
        return not loader.fresh(dict(itertools.chain(folder, part)))

    async def _load(self) -> None:
        begun = time.monotonic()
        try:
            await self._library.current()
        except StateError as error:
            log.error("%s", error)
        took = time.monotonic() - begun
        self._rest = begun + took + min(RESTS * took, LONGEST_REST)

    def _flows(self, known: loader.Loaded) -> None:
        """Tell how the flows differ from what was told before; at first only what is broken."""
        first, before = self._told is None, self._told or loader.Loaded()
        good = self._library.good
        mistakes = [str(m) for m in known.mistakes if not m.warning][:MOST_TOLD]
        mended = known.ok and not before.ok
        if mistakes and known.mistakes != before.mistakes:
            self._tell("runtime.mistake", " ".join(mistakes[0].split()), mistakes=mistakes)
        changes = {word: names for word, names in _changes(self._good, good) if names}
        if not first and (changes or mended):
            said = [f"{word} {', '.join(names)}" for word, names in changes.items()]
            self._tell("runtime.reloaded", f"flows: {'; '.join(said) or 'as before'}", **changes)
        self._told, self._good = known, good

    def _note(self, batch: Batch) -> None:
        """What starts by itself is kept for a runtime that finds its file broken."""
        if self._told is None:
            return
        named = {row.flow for row in self._configuration.now.deployments.values()}
        wanted = {
            name: version
            for name, version in self._library.versions.items()
            if version.flow.schedule or version.flow.triggers or name in named
        }
        for name in self._noted.keys() - wanted.keys():
            batch.notes[ROOM, name] = None
        for name, version in wanted.items():
            if self._noted.get(name) != version.flow.hash:
                batch.notes[ROOM, name] = msgspec.to_builtins(version)
        self._noted = {name: version.flow.hash for name, version in wanted.items()}


def _changes(
    before: Mapping[str, FlowDef], after: Mapping[str, FlowDef]
) -> Iterator[tuple[str, list[str]]]:
    """(word, names of flows): what was added, removed, changed."""
    yield "added", sorted(after.keys() - before.keys())[:MOST_TOLD]
    yield "removed", sorted(before.keys() - after.keys())[:MOST_TOLD]
    both = before.keys() & after.keys()
    yield "changed", sorted(n for n in both if before[n].hash != after[n].hash)[:MOST_TOLD]
