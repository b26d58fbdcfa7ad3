"""Programs beside the monitor, editor and pager, and how much memory it uses itself."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from types import FrameType

PLUS = frozenset(
    {"vi", "vim", "nvim", "nano", "emacs", "emacsclient", "ne", "joe", "micro", "mg"}
    | {"sensible-editor"}
)
"""Editors that take `+LINE FILE`."""
GOTO = frozenset({"code", "codium", "subl", "zed", "hx", "helix"})
"""Editors that take `FILE:LINE`."""


def editor(path: str, line: int, environ: Mapping[str, str] = os.environ) -> list[str]:
    """The command that opens the user's editor at a line."""
    words = shlex.split(environ.get("VISUAL") or environ.get("EDITOR") or "") or [_some_editor()]
    name = os.path.basename(words[0])
    if name in GOTO:
        wait = ["--goto", "--wait"] if name in {"code", "codium"} else []
        return [*words, *wait, f"{path}:{line}"]
    return [*words, f"+{line}", path] if name in PLUS else [*words, path]


def _some_editor() -> str:
    return next((name for name in ("sensible-editor", "nano", "vi") if shutil.which(name)), "vi")


def pager(path: str, environ: Mapping[str, str] = os.environ) -> list[str]:
    """The command that opens the user's pager."""
    return [*(shlex.split(environ.get("PAGER") or "") or ["less"]), path]


class Outside:
    """A program that has the terminal in our place. `end` is for another thread."""

    def __init__(self) -> None:
        self._program: subprocess.Popen[bytes] | None = None

    def run(self, command: Sequence[str]) -> int:
        """Run it until it ends; its exit code. Raises OSError."""
        # What is typed there to interrupt it is not meant for us.
        before = {number: signal.signal(number, _pass_over) for number in _TYPED}
        try:
            with subprocess.Popen(command) as self._program:
                return self._program.wait()
        finally:
            self._program = None
            for number, handler in before.items():
                signal.signal(number, handler)

    def end(self) -> None:
        """Ask it to end: an editor keeps what was written in it."""
        program = self._program
        if program is not None:
            program.terminate()


_TYPED = (signal.SIGINT, signal.SIGQUIT)


def _pass_over(_number: int, _frame: FrameType | None) -> None:
    """A handler, as what is ignored would be ignored by the program too."""


def under_shell() -> bool:
    """Whether a shell waits behind us, that could call back who stops."""
    parent = os.getppid()
    try:
        return os.getsid(parent) == os.getsid(0) and os.getpgid(parent) != os.getpgrp()
    except OSError:  # of another user, or gone
        return False


def memory() -> int:
    """Bytes of memory in use; 0 where that cannot be told."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0
