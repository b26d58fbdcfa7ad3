"""What the process that imports flow files tells the loader: one JSON line each."""

from __future__ import annotations

import msgspec

from jobmon.jobs.definition import FlowDef
from jobmon.jobs.mistakes import Mistake


class Begun(msgspec.Struct, frozen=True, tag="begun"):
    """The import of this file starts now."""

    file: str


class Found(msgspec.Struct, frozen=True, tag="found"):
    """A flow without mistakes, and the line that declares it."""

    flow: FlowDef
    line: int


class Wrong(msgspec.Struct, frozen=True, tag="wrong"):
    """A mistake; its file is an absolute path."""

    mistake: Mistake


class Imported(msgspec.Struct, frozen=True, tag="imported"):
    """The files of the batch folder that were imported by the flow files, all together."""

    files: tuple[str, ...]


class Over(msgspec.Struct, frozen=True, tag="over"):
    """Every file was tried."""


Answer = Begun | Found | Wrong | Imported | Over
