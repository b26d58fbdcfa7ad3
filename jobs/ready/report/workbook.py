"""The workbook: a summary with charts, and the detail, as a person would hand it in."""

from __future__ import annotations

import datetime as dt
import tempfile
from typing import IO, Any

import polars as pl
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from jobmon.jobs.ready.report.columns import Columns
from jobmon.jobs.ready.report.detail import Rows
from jobmon.jobs.ready.report.figures import Figures
from jobmon.jobs.ready.report.styles import Styles, width
from jobmon.jobs.ready.report.summary import Summary
from jobmon.jobs.ready.report.wording import Words

SHEET = 1_048_576 - 2
"""Rows of the detail in one sheet: all that a sheet has, less its header and its total."""
A4 = 9


def write(
    file: IO[bytes],
    columns: Columns,
    table: pl.DataFrame,
    sums: Figures,
    words: Words,
    limit: int | None = None,
) -> int:
    """Write all to `file`; returns how many rows the detail shows, at most `limit`.

    The bytes depend on the arguments alone: the workbook bears the date of its last day.
    """
    shown = table if limit is None else table.head(limit)
    with (
        tempfile.TemporaryDirectory(prefix="jobmon-report-") as room,
        xlsxwriter.Workbook(file, _options(words, room)) as book,
    ):
        book.use_zip64()
        last = dt.datetime.combine(sums.days[-1][0], dt.time())
        book.set_properties({"title": words["title"], "created": last})
        styles = Styles(book, words, table.schema, columns)
        summary = book.add_worksheet(words["summary"])
        Summary(book, summary, columns, sums, words, styles).write(table.height - shown.height)
        printed(summary, words, 3)
        for name, part in _parts(shown, words["detail"]):
            _detail(book.add_worksheet(name, Rows), part, columns, words, styles)
    return shown.height


def _options(words: Words, room: str) -> dict[str, Any]:
    plain = dict.fromkeys(("strings_to_formulas", "strings_to_urls", "strings_to_numbers"), False)
    font = {"font_name": words["font"], "font_size": 11}
    return {
        **plain,
        "tmpdir": room,
        "default_format_properties": font,
        "default_row_height": int(words["row"]),
    }


def _parts(table: pl.DataFrame, name: str) -> list[tuple[str, pl.DataFrame]]:
    """The table in sheets, with their names."""
    parts = list(table.iter_slices(SHEET)) if table.height else []
    return [(f"{name} {i}" if i > 1 else name, part) for i, part in enumerate(parts, 1)]


def printed(sheet: Worksheet, words: Words, header: int) -> None:
    """How a sheet comes out on paper."""
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(header)
    sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.7)
    sheet.set_footer(f"&L&A&C{words['page']}")


def _detail(
    sheet: Worksheet, table: pl.DataFrame, columns: Columns, words: Words, styles: Styles
) -> None:
    assert isinstance(sheet, Rows)
    forms = [styles.column(name) for name in table.columns]
    last = table.height
    for place, name in enumerate(table.columns):
        sheet.write_string(0, place, name, styles.header)
        sheet.set_column(place, place, width(name, table[name]))
    sheet.write_table(1, table, forms)
    _total(sheet, table, columns, words, styles)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, last, table.width - 1)
    printed(sheet, words, 0)


def _total(
    sheet: Worksheet, table: pl.DataFrame, columns: Columns, words: Words, styles: Styles
) -> None:
    """A total that follows the filter."""
    row = table.height + 1
    added = {columns.roles[role] for role in ("amount", "quantity") if role in columns.roles}
    labelled = next((n for n in table.columns if n not in added), "")
    for place, name in enumerate(table.columns):
        form = styles.total(name)
        if name in added:
            letter = xl_col_to_name(place)
            formula = f"=SUBTOTAL(109,{letter}2:{letter}{row})"
            value: Any = float(table[name].sum())
            sheet.write_formula(row, place, formula, form, value)
        elif name == labelled:
            sheet.write_string(row, place, words["total"], styles.total_label)
        else:
            sheet.write_blank(row, place, None, form)
