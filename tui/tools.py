"""The terminal and the programs beside it: editor, pager, hang-ups, how much memory is in use."""

from __future__ import annotations

import os
import select
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence

PLUS = frozenset({"vi", "vim", "nvim", "nano", "emacs", "emacsclient", "ne", "joe", "micro", "mg"})
"""Editors that take `+LINE FILE`."""
GOTO = frozenset({"code", "codium", "subl", "zed", "hx", "helix"})
"""Editors that take `FILE:LINE`."""
END_PATIENCE = 3.0
"""Seconds the app may take to leave a terminal that is gone."""


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


def run(command: Sequence[str]) -> str:
    """Run a program on this terminal until it ends; what kept it from running, or ""."""
    try:
        subprocess.run(command, check=False)
    except OSError as error:
        return f"{command[0]}: {error.strerror or error}; set $EDITOR or $PAGER to one that is here"
    return ""


def when_hung_up(then: Callable[[], None]) -> None:
    """Have `then` called once the terminal is gone; a process that stays is ended soon.

    A terminal that is not ours to control sends no SIGHUP: then nothing else would tell.
    """
    if not hasattr(select, "poll"):
        return
    look = select.poll()
    look.register(sys.__stdin__.fileno() if sys.__stdin__ else 0, 0)

    def wait() -> None:
        look.poll()
        end_soon(1)
        then()

    threading.Thread(target=wait, daemon=True, name="hang-up").start()


def end_soon(code: int) -> None:
    """End the process in END_PATIENCE seconds if it has not ended by itself until then."""
    timer = threading.Timer(END_PATIENCE, os._exit, (code,))
    timer.daemon = True
    timer.start()


def memory() -> int:
    """Bytes of memory in use; 0 where that cannot be told."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0
