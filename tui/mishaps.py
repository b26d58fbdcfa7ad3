"""Defects of the monitor itself: written down whole, told in a line, and survived.

A monitor may be open for weeks on a wall: what goes wrong on one screen ends neither it nor the
others.
"""

from __future__ import annotations

import contextlib
import traceback
from pathlib import Path

from jobmon.tui.picture import Line, Size, fill
from jobmon.tui.text import wrap

MOST = 100
"""Different ones that are written down in one session."""
LARGEST = 1 << 20
"""Bytes of the file at which it is begun anew."""


class Mishaps:
    """`path` is the file they go to, each of them once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: set[str] = set()

    def note(self, error: Exception) -> str:
        """Write it down; what to tell of it."""
        text = "".join(traceback.format_exception(error))
        if text not in self._known and len(self._known) < MOST:
            self._known.add(text)
            with contextlib.suppress(OSError):
                self._write(text)
        return f"{type(error).__name__}: {error} - a defect of the monitor, see {self._path}"

    def _write(self, text: str) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        grown = self._path.exists() and self._path.stat().st_size > LARGEST
        with self._path.open("w" if grown else "a", encoding="utf-8") as file:
            file.write(f"{text}\n")


def page(screen: str, told: str, size: Size) -> list[Line]:
    """What is shown in place of a screen that cannot be drawn. Nothing of it can fail again."""
    room = max(1, size.width - 4)
    lines: list[Line] = [
        ((" JOBMON ", "title"),),
        (),
        ((f"  the screen {screen} cannot be drawn", "fail"),),
        *(((f"  {line}", ""),) for line in wrap(told, room)),
        (),
        *(((f"  {line}", "dim"),) for line in wrap(_ELSEWHERE, room)),
    ]
    return fill(lines, size.height)


_ELSEWHERE = "Everything else goes on: 1 to 8 show other screens, esc closes, q leaves the monitor."
