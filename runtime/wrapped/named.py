"""Files that a command line names, and when they last changed. Standard library alone.

It is a cheap look, no trace: what a command reads or writes without naming it stays unseen.
"""

from __future__ import annotations

import os
import re
import shlex
import stat
from collections.abc import Sequence

MOST = 40
_NOT_IN_NAMES = re.compile(r"[;&|<>()`\n]+|\$\(|[0-9]*>>?&?[0-9]*")
_FILE_LIKE = re.compile(r"[^\n*?\[\]{}$=]*[./][^\n*?\[\]{}$]*")
_CODE = re.compile(r"-[a-z]*c")


def files(argv: Sequence[str], cwd: str) -> dict[str, int | None]:
    """{path: nanoseconds of its last change; None: not there (yet)} of what looks like a file."""
    found: dict[str, int | None] = {}
    for word in words(argv):
        path = os.path.normpath(os.path.join(cwd, os.path.expanduser(word)))
        if path not in found and len(found) < MOST and not path.startswith(("/dev/", "/proc/")):
            changed = _changed(path)
            if changed is not False:
                found[path] = changed or None
    return found


def _changed(path: str) -> int | bool:
    """When a file changed; 0: there is none; False: it is something else."""
    try:
        about = os.stat(path)
    except (OSError, ValueError):
        return 0
    return about.st_mtime_ns if stat.S_ISREG(about.st_mode) else False


def words(argv: Sequence[str]) -> list[str]:
    """The words of a command that look like files, those of `sh -c '...'` too."""
    pairs = zip(("", *argv), argv, strict=False)
    given = [
        word for last, item in pairs for word in (_split(item) if _CODE.fullmatch(last) else [item])
    ]
    given += [word.partition("=")[2] for word in given if "=" in word]
    return [word for word in given if _FILE_LIKE.fullmatch(word) and not word.startswith("-")]


def _split(text: str) -> list[str]:
    plain = _NOT_IN_NAMES.sub(" ", text)
    try:
        return shlex.split(plain)
    except ValueError:
        return plain.split()
