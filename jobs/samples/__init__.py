"""The folders that are laid: by `jobmon demo` a small shop at work, by `jobmon init` one's own."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.resources.abc import Traversable

__all__ = ["begin", "lay"]


def begin(folder: Path) -> list[Path]:
    """Lay a batch folder to begin with, made when absent; returns the files written.

    Raises FileExistsError, before anything is written, when one of the files is there.
    """
    wanted = dict(_below(files(__name__) / "starter"))
    there = [name for name in wanted if os.path.lexists(folder / name)]
    if there:
        raise FileExistsError(f"{folder} has {', '.join(there)} already")
    before = os.umask(0o022)  # flow files that others can change would not be run
    try:
        return [folder / name for name, text in wanted.items() if _write(folder / name, text)]
    finally:
        os.umask(before)


def lay(folder: Path, broken: bool = False, lively: bool = False) -> list[Path]:
    """Copy the sample into `folder`, made when absent, and return the files written.

    With `broken`, the page of one shop is laid as the shop changed it overnight: the step that
    reads it fails until a line of `scripts/collect.py` is edited. With `lively` there are more
    flows, and one that keeps starting them. A file that is already there with any of our own texts
    is ours to replace. Raises FileExistsError, before anything is written, when a file is there
    that someone else wrote or changed.
    """
    wanted = _texts("folder", *["lively"] * lively, *["broken"] * broken)
    ours = [_texts(part) for part in ("folder", "lively", "broken")]
    foreign = [n for n in wanted if _foreign(folder / n, [t[n] for t in ours if n in t])]
    if foreign:
        raise FileExistsError(f"{folder} holds files changed by hand: {', '.join(foreign)}")
    return [folder / name for name, text in wanted.items() if _write(folder / name, text)]


def _texts(*parts: str) -> dict[str, bytes]:
    """The files of these parts by name; a later part goes before an earlier one."""
    here = files(__name__)
    texts = {"flows/morning.py": (here / "morning.py").read_bytes()}
    for part in parts:
        texts |= dict(_below(here / part))
    return texts


def _below(folder: Traversable, under: str = "") -> Iterator[tuple[str, bytes]]:
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.is_file():
            yield under + entry.name, entry.read_bytes()
        elif entry.name != "__pycache__":
            yield from _below(entry, f"{under}{entry.name}/")


def _foreign(path: Path, ours: Sequence[bytes]) -> bool:
    return path.exists() and (not path.is_file() or path.read_bytes() not in ours)


def _write(path: Path, text: bytes) -> bool:
    if path.exists() and path.read_bytes() == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text)
    return True
