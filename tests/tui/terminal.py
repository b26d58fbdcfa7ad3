"""A real terminal for tests: a command on a pty of its own, what it sends, shows and costs.

with Terminal([JOBMON, "--home", str(home)]) as terminal:
    terminal.wait("COMMAND ===>")
    terminal.press("down", "enter")
    assert hostile_free(terminal.raw)
"""

from __future__ import annotations

import codecs
import contextlib
import fcntl
import os
import re
import select
import signal
import struct
import termios
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Self, TypeVar

import psutil
from pyte.screens import Char

from tests.tui.emulator import CONTROL, KITTY, Emulator, split
from tests.tui.keys import code

__all__ = ["KITTY", "Terminal", "hostile", "hostile_free"]
LIMIT = 10.0
ESCAPE = 0.15
"""Seconds after which an ESC is a key of its own and not the begin of a sequence."""
LEFT_OUT = {
    "COLORTERM", "COLUMNS", "FORCE_COLOR", "LC_ALL", "LC_CTYPE", "LINES", "NO_COLOR",
    "SSH_CONNECTION", "STY", "TERM_PROGRAM", "TMUX",
}  # fmt: skip
"""Of the caller's environment: what would make the picture another one elsewhere."""
_Found = TypeVar("_Found")


class Terminal:
    """`argv` started as the leader of a session whose terminal this is.

    `env` is added to the environment; `ambiguous` 2 draws ambiguous signs wide, as fonts for
    Japanese may do. A thread reads all the time, so the program never waits for us; `frozen` is
    for tests in which it has to.
    """

    def __init__(
        self,
        argv: Sequence[str],
        env: Mapping[str, str] | None = None,
        columns: int = 80,
        rows: int = 24,
        ambiguous: int = 1,
    ) -> None:
        self.columns, self.rows = columns, rows
        self.chunks: list[tuple[float, bytes]] = []
        """What came, and when by the monotonic clock."""
        self.received = 0
        """Bytes that came."""
        self._emulator = Emulator(columns, rows, ambiguous)
        self._lock = threading.Lock()
        self._frozen = self._over = False
        self._master, slave = os.openpty()
        self._woken, self._wake = os.pipe()
        self._size()
        self.begun = time.monotonic()
        self.pid = _spawn(argv, _environment(env or {}), os.ttyname(slave))
        self.process = psutil.Process(self.pid)
        os.close(slave)
        self._reader = threading.Thread(target=self._read, daemon=True, name="terminal")
        self._reader.start()

    # What is seen

    def screen(self) -> list[str]:
        """The rows as text, in full width: a wide sign is one sign, and takes two cells."""
        with self._lock:
            screen = self._emulator.screen
            rows = [screen.cells(y) for y in range(screen.lines)]
        return ["".join(cell.data for cell in row) for row in rows]

    def text(self) -> str:
        """The rows without the blanks at their ends."""
        return "\n".join(row.rstrip() for row in self.screen())

    def cell(self, x: int, y: int) -> Char:
        """One cell: data (empty right of a wide sign), fg, bg, bold, reverse and so on."""
        with self._lock:
            return self._emulator.screen.cells(y)[x]

    def find(self, text: str) -> tuple[int, int]:
        """The cell (x, y) at which a text first stands. Raises AssertionError when it does not."""
        for y, row in enumerate(self.screen()):
            before, found, _ = row.partition(text)
            if found:
                with self._lock:
                    return sum(map(self._emulator.screen.width, before)), y
        raise AssertionError(f"{text!r} is not on the screen{self._picture()}")

    @property
    def cursor(self) -> tuple[int, int]:
        """The cell (x, y) of the cursor."""
        with self._lock:
            cursor = self._emulator.screen.cursor
            return cursor.x, cursor.y

    def wait(
        self, wanted: str | Callable[[Terminal], _Found], limit: float = LIMIT
    ) -> _Found | bool:
        """Until a text stands on the screen, or `wanted` says something true; what it said.

        Raises AssertionError with the picture.
        """
        end = time.monotonic() + limit
        while True:
            over = time.monotonic() > end or not self._reader.is_alive()
            found = wanted in self.text() if isinstance(wanted, str) else wanted(self)
            if found:
                return found
            if over:
                raise AssertionError(f"not within {limit:g} s: {wanted!r}{self._picture()}")
            time.sleep(0.01)

    def settle(self, quiet: float = 0.3, limit: float = LIMIT) -> None:
        """Until nothing came for `quiet` seconds from now on."""
        now = time.monotonic()
        self.wait(
            lambda t: time.monotonic() - max(now, t.chunks[-1][0] if t.chunks else 0) > quiet, limit
        )

    def _picture(self) -> str:
        rule = "-" * self.columns
        ended = "" if self.alive else "; the program has ended"
        return f"{ended}\n{rule}\n{self.text()}\n{rule}"

    # What is sent

    @property
    def raw(self) -> bytes:
        """All that came."""
        return b"".join(data for _, data in self.chunks)

    def modes(self) -> set[int | str]:
        """Private modes that were switched and not switched back.

        1049 alternate screen, 1000, 1002, 1003, 1006 mouse, 2004 paste, 1004 focus, 25 the cursor
        is hidden, 7 no line wrap, KITTY another keyboard.
        """
        with self._lock:
            return self._emulator.modes

    def sane(self) -> bool:
        """Whether a shell could go on here: no mode left, and the line is echoed and edited."""
        flags = termios.tcgetattr(self._master)[3]
        return not self.modes() and bool(flags & termios.ECHO and flags & termios.ICANON)

    # What is done

    def press(self, *keys: str) -> None:
        """Keys by name: enter, esc, tab, f3, up, pagedown, ctrl+p, shift+tab, alt+x, j, 在."""
        for key in keys:
            self.write(code(key))
            if key in ("esc", "escape"):
                time.sleep(ESCAPE)

    def type(self, text: str) -> None:
        """Type a text."""
        self.write(text)

    def paste(self, text: str) -> None:
        """Paste a text, marked as such where the program asked for that."""
        self.write(f"\x1b[200~{text}\x1b[201~" if 2004 in self.modes() else text)

    def click(self, x: int, y: int, button: int = 0) -> None:
        """Press and let go a mouse button over a cell. Button 64 is the wheel up, 65 down."""
        place = f"\x1b[<{button};{x + 1};{y + 1}"
        self.write(f"{place}M" if button >= 64 else f"{place}M{place}m")

    def write(self, text: str) -> None:
        """Send as if it had been typed."""
        self.write_bytes(text.encode())

    def write_bytes(self, data: bytes) -> None:
        """The same of what may be no text."""
        os.write(self._master, data)

    def resize(self, columns: int, rows: int) -> None:
        """Another size of the window."""
        self.columns, self.rows = columns, rows
        with self._lock:
            self._emulator.resize(columns, rows)
        self._size()

    def _size(self) -> None:
        size = struct.pack("HHHH", self.rows, self.columns, 0, 0)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, size)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Read nothing meanwhile: a terminal whose line is dead, or on hold."""
        self._turn(frozen=True)
        yield
        self._turn(frozen=False)

    def _turn(self, *, frozen: bool) -> None:
        self._frozen = frozen
        os.write(self._wake, b"!")

    # What it is and costs

    @property
    def alive(self) -> bool:
        """Whether the program still runs."""
        return self.process.is_running() and self.process.status() != psutil.STATUS_ZOMBIE

    def cpu(self) -> float:
        """Seconds of CPU that the program and its living children used."""
        used = 0.0
        for process in [self.process, *self.process.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                used += times.user + times.system
        return used

    def memory(self) -> float:
        """Resident MB of the program."""
        return self.process.memory_info().rss / 1e6

    def signal(self, number: int) -> None:
        """Send the program a signal."""
        os.kill(self.pid, number)

    def end(self, limit: float = LIMIT) -> int:
        """Wait until the program has ended; its exit code, negative for a signal."""
        ended = self.process.wait(limit)
        self._reader.join(limit)
        assert ended is not None
        return ended

    def hang_up(self) -> None:
        """Close the terminal, as a window that is closed or a lost connection does."""
        if self._over:
            return
        self._over = True
        os.write(self._wake, b"!")
        self._reader.join()
        for descriptor in (self._master, self._woken, self._wake):
            os.close(descriptor)

    def close(self) -> None:
        """Hang up, and end what does not end by that."""
        self.hang_up()
        with contextlib.suppress(psutil.TimeoutExpired):
            self.process.wait(3)
            return
        os.killpg(self.pid, signal.SIGKILL)
        self.process.wait(LIMIT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def _read(self) -> None:
        while not self._over:
            watched = [self._woken] if self._frozen else [self._woken, self._master]
            ready, _, _ = select.select(watched, [], [])
            if self._woken in ready:
                os.read(self._woken, 64)
            elif not self._take():
                return

    def _take(self) -> bool:
        """One piece of what the program sends; whether it may send more."""
        try:
            data = os.read(self._master, 65536)
        except OSError:  # EIO: nobody holds the other side any more
            return False
        with self._lock:
            self.chunks.append((time.monotonic(), data))
            self.received += len(data)
            answer = self._emulator.feed(data)
        with contextlib.suppress(OSError):
            os.write(self._master, answer)
        return bool(data)


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in LEFT_OUT}
    return kept | {"TERM": "xterm-256color", "LANG": "C.UTF-8"} | dict(more)


def _spawn(argv: Sequence[str], env: Mapping[str, str], tty: str) -> int:
    """Its pid. The leader of a new session gets the first terminal it opens as its own."""
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, tty, os.O_RDWR, 0),
        (os.POSIX_SPAWN_DUP2, 0, 1),
        (os.POSIX_SPAWN_DUP2, 0, 2),
    ]
    return os.posix_spawnp(argv[0], list(argv), dict(env), file_actions=actions, setsid=True)


_SENT = re.compile(
    r"\x1b(?:"
    r"\[[\d;]*[ABCDGHJKPXdmr]"  # cursor, erasing, colours, margins
    r"|\[\?(?:7|12|25|47|100[02346]|1015|1016|104[79]|2004|2026|2048)[hl]"  # modes
    r"|\[(?:\?\d+\$p|[56]n|>?0?c|>[01]?q|\?u)"  # questions
    r"|\[[<>=]\d*u|\[\d* q"  # keyboard, cursor shape
    r"|\]22;[a-z-]*\x07"  # shape of the mouse pointer
    r"|[78])"
)
"""What a well-behaved application sends; titles, clipboard, links and strings are not among it."""
_ACTIVE = re.compile(
    "[\x00-\x07\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
    "\ufeff\udc80-\udcff]"
)
"""Controls, bidi signs, and bytes that are no UTF-8."""


def hostile(raw: bytes) -> list[str]:
    """What of a stream an application must not let through: sequences, controls, bidi signs."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    found: list[str] = []
    for token in split(decoder.decode(raw)):
        if token[0] != "\x1b":
            found += _ACTIVE.findall(token)
        elif not _SENT.fullmatch(token):
            found.append(token if CONTROL.fullmatch(token) else token[:20])
    return found


def hostile_free(raw: bytes) -> bool:
    """True, or an AssertionError that names what is not allowed through."""
    found = sorted(set(hostile(raw)))
    assert not found, f"sent to the terminal raw: {', '.join(map(ascii, found[:10]))}"
    return True
