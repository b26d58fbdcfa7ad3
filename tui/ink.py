"""What the output can show: colour, Unicode signs, its width; and putting text on it safely.

Own code instead of rich.console because `status` and `ls` must answer within 60 ms.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import NamedTuple, TextIO

from jobmon.tui.look import ASCII_LINES, UNICODE_LINES, Lines, Look

_CODES = {
    "bold": "1",
    "dim": "2",
    "italic": "3",
    "underline": "4",
    "reverse": "7",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
}


class Ink(NamedTuple):
    """What one output can show. `width` is None where nothing may be cut: pipes and files."""

    colour: bool = False
    unicode: bool = True
    width: int | None = None
    terminal: bool = False
    encoding: str = "utf-8"

    def paint(self, text: str, style: str) -> str:
        """`text` in `style` ("bold blue"), or as it is where there is no colour."""
        if not (self.colour and style and text):
            return text
        codes = ";".join(_CODES[word] for word in style.split())
        return f"\x1b[{codes}m{text}\x1b[0m"

    def sign(self, look: Look) -> str:
        """The sign of a state in this output's glyph set."""
        return look.unicode if self.unicode else look.ascii

    @property
    def lines(self) -> Lines:
        """The tree and bar signs of this output's glyph set."""
        return UNICODE_LINES if self.unicode else ASCII_LINES

    def safe(self, text: object, *, tabs: bool = False) -> str:
        """Text of jobs, files or people made inert: one line, no escapes, only what can be shown.

        Measured and cut after this, so what the output cannot encode, and what terminals draw in
        different widths, is spelled out here already. `tabs` keeps tabs, for text that is neither
        measured nor cut.
        """
        line = str(text)
        if not line.isprintable():
            from jobmon.runtime.logs import sanitise

            line = sanitise(line if tabs else line.replace("\t", " "))
        if line.isascii():
            return line
        if self.encoding != "utf-8":
            return line.encode(self.encoding, "backslashreplace").decode(self.encoding)
        if self.width is None:
            return line
        from jobmon.tui.signs import undisputed

        return undisputed(line)


def measure(output: TextIO | None = None, environ: Mapping[str, str] = os.environ) -> Ink:
    """What `output` (standard output) can show, by the terminal and the environment.

    NO_COLOR turns colour off, FORCE_COLOR on; JOBMON_GLYPHS=ascii|unicode chooses the signs.
    """
    stream: TextIO = sys.stdout if output is None else output
    terminal = stream.isatty()
    plain = bool(environ.get("NO_COLOR")) or environ.get("TERM") == "dumb"
    colour = not plain and (terminal or bool(environ.get("FORCE_COLOR")))
    encoding = _encoding(stream)
    width = _width(stream, environ) if terminal else None
    return Ink(colour, _unicode(encoding, environ), width, terminal, encoding)


def _width(stream: TextIO, environ: Mapping[str, str]) -> int:
    """The terminal's width; $COLUMNS wins. (shutil could tell, and takes 4 ms to load.)"""
    wanted = environ.get("COLUMNS", "")
    if wanted.isdecimal() and int(wanted):
        return int(wanted)
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def _encoding(stream: TextIO) -> str:
    name = (getattr(stream, "encoding", None) or "ascii").lower().replace("_", "-")
    return "utf-8" if name in {"utf-8", "utf8"} else name


def _unicode(encoding: str, environ: Mapping[str, str]) -> bool:
    """Whether the signs beyond ASCII may be used.

    Python turns LANG=C into UTF-8 by setting LC_CTYPE=C.UTF-8 itself; whoever said C means it.
    Fonts of the Linux console lack most of them.
    """
    wanted = environ.get("JOBMON_GLYPHS", "")
    if wanted in {"ascii", "unicode"}:
        return wanted == "unicode" and encoding == "utf-8"
    locale = environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or ""
    if locale == "C.UTF-8" and not environ.get("LC_ALL"):
        locale = environ.get("LANG") or locale
    poor = locale in {"C", "POSIX"} or environ.get("TERM") == "linux"
    return encoding == "utf-8" and not poor


def tame(stream: TextIO) -> None:
    """Make `stream` spell out what it cannot encode instead of raising."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
