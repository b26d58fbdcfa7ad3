"""Files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from typing import IO, Any, Literal, overload

Path = str | os.PathLike[str]
_MODES = ("w", "wt", "wb")


@overload
def atomic_write(
    path: Path, mode: Literal["w", "wt"] = "w", *, encoding: str = ..., newline: str | None = ...
) -> contextlib.AbstractContextManager[IO[str]]: ...
@overload
def atomic_write(
    path: Path, mode: Literal["wb"]
) -> contextlib.AbstractContextManager[IO[bytes]]: ...
@contextlib.contextmanager
def atomic_write(
    path: Path, mode: str = "w", *, encoding: str = "utf-8", newline: str | None = None
) -> Iterator[IO[Any]]:
    """`with atomic_write("prices.csv") as file:` readers see the old file until the block is over.

    At its end the new one is synced to the disk and takes the old one's place, with its mode and,
    if that is allowed, its owner; a link stays a link. When the block fails nothing has changed.
    `mode` is "w" or "wb". `kill -9` may leave a hidden `.*.partial` in the folder, never a part of
    the file. Raises OSError as writing does, ValueError for another mode.
    """
    if mode not in _MODES:
        raise ValueError(f"atomic_write writes a whole file: mode {mode!r} is none of w, wb")
    final = os.path.realpath(path)
    partial = os.path.join(os.path.dirname(final), f".{os.urandom(8).hex()}.partial")
    text = {} if mode == "wb" else {"encoding": encoding, "newline": newline}
    try:
        with open(partial, mode, opener=_fresh, **text) as file:
            yield file
        _dress(partial, final)
        sync(partial)
        os.replace(partial, final)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(partial)
        raise
    sync(os.path.dirname(final))


def _fresh(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_EXCL | os.O_NOFOLLOW, 0o666)


def _dress(partial: str, final: str) -> None:
    """Give the new file the mode and the owner of the one that it replaces."""
    try:
        old = os.stat(final)
    except FileNotFoundError:
        return
    with contextlib.suppress(OSError):
        os.chown(partial, old.st_uid, old.st_gid)
    os.chmod(partial, stat.S_IMODE(old.st_mode))


def sync(path: Path) -> None:
    """Have a file, or the names in a folder, reach the disk."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
