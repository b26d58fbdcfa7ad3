"""From files to one table with types; every fault is told with its file, line and column.

Polars reads what is as it should be. What it cannot read, or what some value in it is wrong of, is
read again by the csv module, which knows the lines.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from jobmon.jobs.kit import Data, progress
from jobmon.jobs.ready.report import values
from jobmon.jobs.ready.report.columns import NEEDED, Columns, recognise
from jobmon.jobs.ready.report.source import PIECE, Piece, pieces

FAULTS = 20
"""Faults that are listed, not only the first."""
READ = 50
"""Percent of the work that is done when all is read."""
NUMBER = pl.Decimal(38, values.PLACES)
# What most files have; `values` understands it the same way, and more, one text at a time.
_PLAIN = (
    rf"^[¥\\]?-?([0-9]{{1,15}}|[0-9]{{1,3}}(,[0-9]{{3}}){{1,4}})(\.[0-9]{{1,{values.PLACES}}})?$"
)
_TIME = r"[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$"
Take = Callable[[pl.DataFrame, str], pl.DataFrame]


def table(
    paths: Sequence[str],
    wanted: Mapping[str, str],
    numbers: Sequence[str] = (),
    take: Take = lambda frame, _: frame,
    size: int = PIECE,
) -> tuple[Columns, pl.DataFrame]:
    """What all files say, in their order; `take` chooses of each piece, given its column of days.

    The column of days has dates, those of numbers decimals, the rest texts. Raises Data.
    """
    reader = _Reader(wanted, numbers, size)
    total = sum(map(os.path.getsize, paths)) or 1
    frames, before = [], 0
    for path in paths:
        for piece, frame in reader.frames(path):
            frames.append(take(frame, reader.date))
            progress(READ * (before + piece.read) // total, 100)
        before += os.path.getsize(path)
    reader.settle()
    assert reader.columns is not None
    return reader.columns, pl.concat(frames, rechunk=False)


class _Reader:
    def __init__(self, wanted: Mapping[str, str], numbers: Sequence[str], size: int) -> None:
        self.wanted, self.numbers, self.size = wanted, numbers, size
        self.columns: Columns | None = None
        self.first = ""
        self.faults: list[str] = []

    @property
    def date(self) -> str:
        assert self.columns is not None
        return self.columns.roles["date"]

    def frames(self, path: str) -> Iterator[tuple[Piece, pl.DataFrame]]:
        names: list[str] = []
        for piece in pieces(path, self.size):
            rest = piece
            if not names:
                names, rest = self._header(path, piece)
            assert self.columns is not None
            yield piece, self._frame(path, rest, names).select(self.columns.names)

    def settle(self) -> None:
        """Raises Data when anything was wrong."""
        if self.faults:
            more = "" if len(self.faults) < FAULTS else f"\n(the first {FAULTS} are listed)"
            raise Data("\n".join(self.faults[:FAULTS]) + more)

    def _header(self, path: str, piece: Piece) -> tuple[list[str], Piece]:
        """The names of the columns, and the piece without them."""
        lines = io.StringIO(piece.text, newline="")
        rows = csv.reader(lines)
        names = [name.strip() for name in next(filter(None, rows), [])]
        where = f"{path}, line {max(rows.line_num, 1)}"
        found = recognise(where, names, self.wanted, self.numbers)
        if self.columns is None:
            self.columns, self.first = found, path
        elif set(found.names) != set(self.columns.names):
            raise Data(self._other_columns(where, found))
        return names, Piece(lines.read(), piece.line + rows.line_num, piece.read)

    def _other_columns(self, where: str, found: Columns) -> str:
        assert self.columns is not None
        odd = sorted(set(found.names) ^ set(self.columns.names))
        return f"{where}: its columns are not those of {self.first}: {', '.join(odd)} differ"

    def _frame(self, path: str, piece: Piece, names: list[str]) -> pl.DataFrame:
        try:
            return self._typed(_quick(piece.text, names))
        except (pl.exceptions.PolarsError, ValueError):
            return self._careful(path, piece, names)

    def _typed(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Raises ValueError for a value that is none."""
        assert self.columns is not None
        date = self.columns.roles["date"]
        texts = [n for n in frame.columns if n not in {date, *self.columns.numbers}]
        typed = frame.with_columns(
            _mapped(frame[date].str.replace(_TIME, ""), values.day, pl.Date),
            *(_numbers(frame[name]) for name in self.columns.numbers),
            *(_text(pl.col(name)) for name in texts),
        )
        if any(typed[self.columns.roles[role]].null_count() for role in NEEDED):
            raise ValueError("a value is missing")
        return typed

    def _careful(self, path: str, piece: Piece, names: list[str]) -> pl.DataFrame:
        """The same by the csv module; faults are noted, and their rows are left out."""
        assert self.columns is not None
        good = []
        for line, row in _records(path, piece):
            wrong = _wrong(row, names, self.columns)
            self.faults += [f"{path}, line {line}{text}" for text in wrong]
            if len(self.faults) >= FAULTS:
                self.settle()
            if not wrong:
                good.append(row)
        schema = dict.fromkeys(names, pl.String)
        frame = pl.DataFrame(good, schema=schema, orient="row")
        return self._typed(frame.with_columns(pl.col(pl.String).replace("", None)))


def _quick(text: str, names: list[str]) -> pl.DataFrame:
    """Raises PolarsError for what it cannot read, ValueError when a record may be too short."""
    if not text.strip():
        return pl.DataFrame(schema=dict.fromkeys(names, pl.String))
    frame = pl.read_csv(text.encode(), has_header=False, new_columns=names, infer_schema=False)
    frame = frame.filter(~pl.all_horizontal(pl.all().is_null()))
    if frame[names[-1]].null_count():
        raise ValueError("what is missing at the end looks as if it were empty")
    return frame


def _text(column: pl.Expr) -> pl.Expr:
    return column.str.strip_chars().replace("", None).cast(pl.Categorical)


def _numbers(column: pl.Series) -> pl.Series:
    if column.str.contains(_PLAIN).all():
        return column.str.replace_all(r"[¥\\,]", "").cast(NUMBER)
    return _mapped(column, values.number, NUMBER)


def _mapped(column: pl.Series, meaning: Callable[[str], Any], kind: Any) -> pl.Series:
    """Each text is looked at once."""
    if not column.len():
        return pl.Series(column.name, [], kind)
    texts = column.unique()
    known = [None if text is None or not text.strip() else meaning(text) for text in texts]
    meanings = pl.Series(known, dtype=kind)
    return column.replace_strict(texts, meanings, return_dtype=kind)


def _records(path: str, piece: Piece) -> Iterator[tuple[int, list[str]]]:
    """The records that are not empty, each with the line it begins in."""
    rows = csv.reader(io.StringIO(piece.text, newline=""))
    begin = piece.line
    try:
        for row in rows:
            if any(map(str.strip, row)):
                yield begin, row
            begin = piece.line + rows.line_num
    except csv.Error as error:  # a field without an end
        raise Data(f"{path}, line {begin}: {error}: is a quote never closed?") from None


def _wrong(row: Sequence[str], names: Sequence[str], columns: Columns) -> list[str]:
    """What is wrong in a record, each as the words behind its line."""
    if len(row) != len(names):
        return [f": {len(row)} fields where the header has {len(names)}"]
    found = dict(zip(names, row, strict=True))
    needed = [columns.roles[role] for role in NEEDED]
    empty = [f", column {name}: is empty" for name in needed if not found[name].strip()]
    kinds: dict[str, Callable[[str], Any]] = dict.fromkeys(columns.numbers, values.number)
    kinds[columns.roles["date"]] = values.day
    bad = [(name, _reason(found[name], kind)) for name, kind in kinds.items()]
    return empty + [f", column {name}: {reason}" for name, reason in bad if reason]


def _reason(text: str, kind: Callable[[str], Any]) -> str:
    try:
        if text.strip():
            kind(text)
    except ValueError as error:
        return f"{text[:40]!r} {error}"
    return ""
