"""Flow versions as files, `.jobmon/flows/<hash>.json`: a lost database is made anew with them."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable
from pathlib import Path

import msgspec

from jobmon.jobs.definition import FlowDef
from jobmon.runtime import disk
from jobmon.runtime.errors import StateError

FOLDER = "flows"


def hashes(state_dir: Path) -> list[str]:
    """The versions that have a file."""
    return [path.stem for path in (state_dir / FOLDER).glob("*.json") if path.stem[0] != "."]


class Versions:
    """The files of one state folder. A version is written once and never changed."""

    def __init__(self, state_dir: Path) -> None:
        self._folder = state_dir / FOLDER
        self._kept: set[str] = set()

    def keep(self, definitions: Iterable[FlowDef]) -> None:
        """Have each on disk, durably. OSError when it cannot be written."""
        for definition in definitions:
            digest = definition.hash
            if digest not in self._kept:
                if not self._lies_there(digest):
                    disk.atomic_write(self._path(digest), msgspec.json.encode(definition))
                self._kept.add(digest)

    def drop(self, digests: Iterable[str]) -> None:
        """Remove the files of versions that nothing uses any more."""
        for digest in digests:
            self._kept.discard(digest)
            with contextlib.suppress(OSError):
                self._path(digest).unlink()

    def load(self, digest: str) -> FlowDef:
        """The version of that hash. Raises StateError when its file is missing or damaged."""
        path = self._path(digest)
        try:
            body = path.read_bytes()
            found = msgspec.json.decode(body, type=FlowDef)
        except (OSError, msgspec.DecodeError) as error:
            hint = "put the file back from a backup, then try again"
            raise StateError(f"read the flow version {path}", str(error), hint) from error
        if digest not in (found.hash, _hashed_before(body)):
            hint = "put the file back from a backup, then try again"
            raise StateError(f"read the flow version {path}", "it is another version", hint)
        return found.known_as(digest)

    def _lies_there(self, digest: str) -> bool:
        try:
            self.load(digest)
        except StateError:
            return False
        return True

    def _path(self, digest: str) -> Path:
        return self._folder / f"{digest}.json"


def _hashed_before(body: bytes) -> str:
    """The hash an earlier jobmon gave what it wrote: of every field, also of those not given."""
    said = msgspec.json.decode(body)
    digest = hashlib.sha256(msgspec.json.encode(said | {"file": "", "imports": [], "jobs": []}))
    for job in said["jobs"]:
        digest.update(msgspec.json.encode(job | {"line": 0}))
    return digest.hexdigest()[:20]
