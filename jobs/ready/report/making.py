"""From CSV files to a workbook that is there whole or not at all."""

from __future__ import annotations

import datetime as dt
import glob
import os
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import polars as pl
from xlsxwriter.exceptions import XlsxFileError

from jobmon.jobs.kit import Data, External, atomic_write, lock, progress
from jobmon.jobs.ready.report.columns import Columns
from jobmon.jobs.ready.report.figures import Figures, figures
from jobmon.jobs.ready.report.reading import table
from jobmon.jobs.ready.report.wording import LANGUAGES, language
from jobmon.jobs.ready.report.workbook import write

Days = tuple[dt.date, dt.date]


def report(
    sources: Sequence[str],
    out: str,
    *,
    days: Days | None = None,
    lang: str | None = None,
    limit: int | None = None,
    wanted: Mapping[str, str] | None = None,
    numbers: Sequence[str] = (),
) -> dict[str, Any]:
    """Make the workbook `out` of CSV files; `sources` are paths or patterns.

    `days`: first and last one to be reported. `lang`: ja or en, else as the header is. `limit`:
    rows of the detail at most. `wanted`: {role: column} where the name of a column is not
    recognised; `numbers`: more columns of numbers. Returns `rows`, `days`, `stores`, `amount` (a
    text), `shown` (rows of the detail) and `file`. Raises Data for a wrong input, External when
    the same workbook is being made just now, OSError.
    """
    file, files = os.path.realpath(out), _files(sources)
    _check_out(file, files)
    try:
        with lock(f"report {file}", timeout=0):
            return _made(files, file, days, lang, limit, wanted or {}, numbers)
    except TimeoutError as error:
        raise External(f"{file} is being made by another report: {error}") from None


def _made(
    files: Sequence[str],
    out: str,
    days: Days | None,
    lang: str | None,
    limit: int | None,
    wanted: Mapping[str, str],
    numbers: Sequence[str],
) -> dict[str, Any]:
    seen: list[dt.date] = []
    columns, found = table(
        files, wanted, numbers, lambda frame, date: _chosen(frame, date, days, seen)
    )
    if not found.height:
        raise Data(_nothing(files, days, seen))
    found = _whole(found, columns)
    sums = figures(columns, found)
    words = LANGUAGES[lang or language(columns.names)]
    try:
        with atomic_write(out, "wb") as file:
            shown = write(file, columns, found, sums, words, limit)
    except XlsxFileError as error:  # such as a full disk
        raise OSError(f"{out} cannot be written: {error}") from error
    progress(100, 100)
    return _told(sums, shown, out)


def _check_out(file: str, files: Sequence[str]) -> None:
    if not file.lower().endswith(".xlsx"):
        raise Data(f"--out {file}: a workbook is called .xlsx, or no Excel opens it")
    if not os.path.isdir(os.path.dirname(file)):
        raise Data(f"--out {file}: there is no folder {os.path.dirname(file)}: make it first")
    if file in map(os.path.realpath, files):
        raise Data(f"--out {file} is one of the inputs: the workbook would replace it")


def _files(sources: Sequence[str]) -> list[str]:
    """The files, each once, in the order asked for; those of a pattern by their names."""
    found: dict[str, str] = {}
    for source in sources:
        paths = [source] if os.path.exists(source) else sorted(glob.glob(source, recursive=True))
        if not paths:
            raise Data(f"no file fits {source} in {os.getcwd()}")
        for path in paths:
            if os.path.isdir(path):
                raise Data(f"{path} is a folder: name the files in it, as '{path}/*.csv'")
            found.setdefault(os.path.realpath(path), path)
    return list(found.values())


def _chosen(frame: pl.DataFrame, date: str, days: Days | None, seen: list[dt.date]) -> pl.DataFrame:
    if days is None:
        return frame
    ends = frame[date].min(), frame[date].max()
    seen += [end for end in ends if isinstance(end, dt.date)]
    return frame.filter(pl.col(date).is_between(*days))


def _nothing(files: Sequence[str], days: Days | None, seen: Sequence[dt.date]) -> str:
    of = files[0] if len(files) == 1 else f"the {len(files)} files from {files[0]} on"
    if days is None or not seen:
        return f"{of}: there is no row behind the header, so there is nothing to report"
    asked = f"{days[0]}" if days[0] == days[1] else f"{days[0]} to {days[1]}"
    return f"{of}: there is no row for {asked}; the days are {min(seen)} to {max(seen)}"


def _whole(found: pl.DataFrame, columns: Columns) -> pl.DataFrame:
    """Numbers without anything behind the point become integers."""
    parts = [(found[name] % 1 == 0).all() for name in columns.numbers]
    whole = [name for name, is_whole in zip(columns.numbers, parts, strict=True) if is_whole]
    return found.with_columns(pl.col(whole).cast(pl.Int64))


def _told(sums: Figures, shown: int, out: str) -> dict[str, Any]:
    _, rows, _, amount = sums.total
    return {
        "rows": rows,
        "days": len(sums.days),
        "stores": len(sums.stores),
        "amount": f"{Decimal(amount).normalize():,f}",
        "shown": shown,
        "file": out,
    }
