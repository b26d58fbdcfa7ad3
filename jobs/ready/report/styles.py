"""Formats and widths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook

from jobmon.jobs.ready.report.columns import Columns
from jobmon.jobs.ready.report.wording import Words, cells

WIDEST = 48
_BUTTON = 4  # cells for the arrow of the filter
_HEADER = {"bold": True, "font_color": "#FFFFFF", "bg_color": "#1F4E78", "valign": "vcenter"}
_TOTAL = {"bold": True, "top": 1, "bottom": 6, "bg_color": "#DDEBF7"}
WHOLE, BROKEN = "#,##0;[Red]-#,##0", "#,##0.00;[Red]-#,##0.00"


class Styles:
    """The formats of one workbook."""

    def __init__(
        self, book: Workbook, words: Words, schema: Mapping[str, Any], columns: Columns
    ) -> None:
        self.book, self.made = book, {}
        self.forms = {name: _form(name, kind, columns, words) for name, kind in schema.items()}
        self.header = self.of(align="center", border=1, border_color="#FFFFFF", **_HEADER)
        self.title = self.of(bold=True, font_size=16, font_color="#1F4E78")
        self.note = self.of(font_color="#595959")
        self.warning = self.of(bold=True, font_color="#C00000")
        self.total_label = self.of(**_TOTAL)
        self.count, self.count_total = (
            self.of(num_format=WHOLE),
            self.of(num_format=WHOLE, **_TOTAL),
        )
        self.share = self.of(num_format="0.0%")
        self.share_total = self.of(num_format="0.0%", **_TOTAL)

    def of(self, **properties: Any) -> Format:
        """The format with these properties, made once."""
        key = repr(sorted(properties.items()))
        if key not in self.made:
            self.made[key] = self.book.add_format(properties)
        return self.made[key]

    def column(self, name: str) -> Format:
        """Of a column's values."""
        return self.of(**self.forms[name])

    def total(self, name: str) -> Format:
        """Of a column's total."""
        return self.of(**self.forms[name], **_TOTAL)

    def number(self, name: str) -> str:
        """How a column's values are shown, as a spreadsheet says it."""
        return self.forms[name]["num_format"]


def _form(name: str, kind: Any, columns: Columns, words: Words) -> dict[str, Any]:
    if kind == pl.Date:
        return {"num_format": words["date"], "align": "center"}
    if kind == pl.Categorical:
        return {"num_format": "@"}
    if kind != pl.Int64:
        return {"num_format": BROKEN}
    money = name in {columns.roles.get("amount"), columns.roles.get("price")}
    return {"num_format": words["money"] if money else WHOLE}


def width(name: str, values: pl.Series) -> float:
    """Of a column, so that its header, its values and their total can be read."""
    return min(max(cells(name) + _BUTTON, _widest(values) + 2, 8), WIDEST)


def _widest(values: pl.Series) -> int:
    if values.dtype == pl.Date:
        return 10
    if values.dtype == pl.Categorical:
        return max(map(cells, values.unique().cast(pl.String).drop_nulls().head(10_000)), default=0)
    sums = [values.sum(), values.min() or 0, values.max() or 0]
    return max(len(f"-{value:,.{0 if values.dtype == pl.Int64 else 2}f}") for value in sums) + 1
