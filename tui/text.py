"""Plain text measured in terminal cells: cut, pad, tables, times, durations.

Never `len`, `ljust` or a format width: Japanese takes two cells a sign.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

from jobmon.tui.ink import Ink
from jobmon.tui.look import ASCII_LINES, FLAGS, JOB_LOOKS, RUN_LOOKS, UNICODE_LINES, Look

NARROW = set(
    [chr(code) for code in (*range(0x20, 0x7F), *range(0x2580, 0x2596))]  # ASCII, block elements
    + [look.unicode for table in (JOB_LOOKS, RUN_LOOKS, FLAGS) for look in table.values()]
    + [sign for lines in (UNICODE_LINES, ASCII_LINES) for sign in "".join(lines)]
)
"""Signs of one cell; to know that, nothing has to be loaded."""


def cells(text: str) -> int:
    """How many terminal cells `text` takes."""
    if NARROW.issuperset(text):
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _beginning(text: str, width: int) -> str:
    """Enough of a text to know how it looks in `width` cells: nobody measures a megabyte."""
    head = text[: 4 * max(0, width) + 16]
    return head if len(head) < len(text) and cells(head) > width else text


def cut(text: str, width: int, mark: str = "…") -> str:
    """`text` in at most `width` cells, ending in `mark` when something was cut off."""
    text = _beginning(text, width)
    if cells(text) <= width:
        return text
    if width <= 0:
        return ""
    room = width - len(mark)
    if text.isascii():
        return text[:room] + mark
    from rich.cells import set_cell_size

    return set_cell_size(text, room).rstrip() + mark


def pad(text: str, width: int, *, right: bool = False) -> str:
    """`text` filled with spaces to `width` cells, on the left when `right`."""
    fill = " " * max(0, width - cells(text))
    return fill + text if right else text + fill


def whole_percent(part: float) -> str:
    """0 to 1 in whole percents, never rounded up: nothing is done before it is."""
    return f"{int(part * 100 + 1e-9)}%"


def wrap(text: str, width: int, gap: str = " ") -> list[str]:
    """`text` in lines of at most `width` cells, broken at `gap` where there is any."""
    width, lines = max(1, width), list[str]()
    line, taken = "", 0
    for word in text.split(gap):
        wide = cells(word)
        if line and taken + cells(gap) + wide <= width:
            line, taken = f"{line}{gap}{word}", taken + cells(gap) + wide
            continue
        lines += [line] if line else []
        *full, line = _chunks(word, width)
        lines, taken = lines + full, cells(line)
    return [*lines, line]


def _chunks(word: str, width: int) -> list[str]:
    chunks: list[str] = []
    while cells(_beginning(word, width)) > width:
        head = cut(word, width, "") or word[0]  # a wide sign in a single cell is cut later
        chunks.append(head)
        word = word[len(head) :]
    return [*chunks, word]


Span = tuple[str, str]
"""A text that is already safe to show, and its style."""
Cell = tuple[Span, ...]
"""One field of a table."""


def cell(text: str, style: str = "") -> Cell:
    """A field of one style."""
    return ((text, style),)


def plain(field: Cell) -> str:
    """A field's text without its styles."""
    return "".join(text for text, _ in field)


def cut_cell(field: Cell, width: int, mark: str) -> Cell:
    """A field in at most `width` cells; the span that is cut ends in `mark`, later ones go."""
    if cells(_beginning(plain(field), width)) <= width:
        return field
    kept: list[Span] = []
    for text, style in field:
        room = width - sum(cells(t) for t, _ in kept)
        if cells(_beginning(text, room)) >= room:
            return (*kept, (cut(text + mark, room, mark), style))
        kept.append((text, style))
    return tuple(kept)


class Column(NamedTuple):
    """A column of a table.

    `keep` orders dropping: when there is no room the columns with the highest number go first; 0
    never goes. A `flexible` column is cut rather than dropped, to no less than `least` cells.
    """

    title: str
    keep: int = 0
    right: bool = False
    flexible: bool = False
    least: int = 8


GAP = 2


def table(ink: Ink, columns: Sequence[Column], rows: Sequence[Sequence[Cell | str]]) -> list[str]:
    """The lines of a table under its titles, cut to the output's width where it has one."""
    grid = [[cell(field) if isinstance(field, str) else field for field in row] for row in rows]
    wanted = _natural(columns, grid)
    shown, widths = _fit(columns, wanted, ink.width)
    heads = [cell(column.title, "dim") for column in columns]
    return [_line(ink, columns, row, shown, widths) for row in (heads, *grid)]


def _natural(columns: Sequence[Column], grid: Sequence[Sequence[Cell]]) -> list[int]:
    """The width every column would like; one whose fields are all empty wants none."""
    found = [max((cells(plain(row[i])) for row in grid), default=0) for i in range(len(columns))]
    return [max(w, cells(columns[i].title)) if w else 0 for i, w in enumerate(found)]


def _fit(
    columns: Sequence[Column], wanted: Sequence[int], room: int | None
) -> tuple[list[int], list[int]]:
    """Which columns are shown, and how wide each is."""
    shown = [i for i, width in enumerate(wanted) if width or not columns[i].keep]
    widths = list(wanted)
    while room is not None:
        over = sum(widths[i] for i in shown) + GAP * (len(shown) - 1) - room
        if over <= 0:
            break
        if not _squeeze(columns, widths, shown, over):
            victim = max(shown, key=lambda i: columns[i].keep)
            if columns[victim].keep == 0:
                break
            shown.remove(victim)
    return shown, widths


def _squeeze(columns: Sequence[Column], widths: list[int], shown: Sequence[int], over: int) -> bool:
    """Take `over` cells from flexible columns, the least important first; False when they cannot.

    What each can give is all above its `least`.
    """
    flexible = sorted((i for i in shown if columns[i].flexible), key=lambda i: -columns[i].keep)
    spare = {i: max(0, widths[i] - columns[i].least) for i in flexible}
    if sum(spare.values()) < over:
        return False
    for i in flexible:
        taken = min(over, spare[i])
        widths[i] -= taken
        over -= taken
    return True


def _line(
    ink: Ink,
    columns: Sequence[Column],
    row: Sequence[Cell],
    shown: Sequence[int],
    widths: Sequence[int],
) -> str:
    fields: list[str] = []
    for i in shown:
        field = cut_cell(row[i], widths[i], ink.lines.cut) if ink.width else row[i]
        fill = " " * (widths[i] - cells(plain(field)))
        painted = "".join(ink.paint(text, style) for text, style in field)
        fields.append(fill + painted if columns[i].right else painted + fill)
    return (" " * GAP).join(fields).rstrip()


def state_cell(ink: Ink, look: Look) -> Cell:
    """Sign and word of a state."""
    return cell(f"{ink.sign(look)} {look.word}", look.style)


def duration(seconds: float | None) -> str:
    """0.4s, 12s, 3m05s, 2h04m, 5d03h."""
    if seconds is None:
        return ""
    if seconds < 9.95:
        return f"{max(0.0, seconds):.1f}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02}s"
    if whole < 86400:
        return f"{whole // 3600}h{whole % 3600 // 60:02}m"
    return f"{whole // 86400}d{whole % 86400 // 3600:02}h"


def clock_span(seconds: float | None, *, signed: bool = False) -> str:
    """01:20, 2:04:10, 3d 04h; `signed` puts + or - before it."""
    if seconds is None:
        return ""
    sign = ("-" if seconds < 0 else "+") if signed else ""
    whole = int(abs(seconds))
    if whole < 3600:
        return f"{sign}{whole // 60:02}:{whole % 60:02}"
    if whole < 86400:
        return f"{sign}{whole // 3600}:{whole % 3600 // 60:02}:{whole % 60:02}"
    return f"{sign}{whole // 86400}d {whole % 86400 // 3600:02}h"


def elapsed(started: float | None, ended: float | None, now: float) -> float | None:
    """Seconds from start to end, or to now; None when not started."""
    return None if started is None else (ended if ended is not None else now) - started


def moment(at: float | None, now: float, *, full: bool = False) -> str:
    """Local time, as short as it stays clear: 06:10:02 today, 11-22 06:10 this year."""
    if not at:
        return ""
    when, today = time.localtime(at), time.localtime(now)
    if full or when.tm_year != today.tm_year:
        return time.strftime("%Y-%m-%d %H:%M:%S" if full else "%Y-%m-%d", when)
    same_day = when.tm_yday == today.tm_yday
    return time.strftime("%H:%M:%S" if same_day else "%m-%d %H:%M", when)


def local(at: float, *, full: bool = False) -> str:
    """The local wall clock in minutes: 06:10; `full` with its day and seconds."""
    return time.strftime("%Y-%m-%d %H:%M:%S" if full else "%H:%M", time.localtime(at))


def size(count: float | None) -> str:
    """Bytes for people: 812 B, 3.4 kB, 1.2 MB."""
    if count is None:
        return ""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    raise AssertionError


def bar(ink: Ink, done: int, total: int, width: int) -> str:
    """How much of `total` is done, in `width` cells; full only when all is."""
    filled = width if done >= total else min(width - 1, done * width // max(1, total))
    return ink.lines.full * filled + ink.lines.empty * (width - filled)


def count(number: int, noun: str) -> str:
    """`1 job`, `3 jobs`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
