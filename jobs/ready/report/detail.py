"""A worksheet whose rows are made by the column: a million of them in seconds, in little memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

AT_ONCE = 20_000
"""Rows that are text in memory at a time."""
LONGEST = 32_767
"""Letters that a cell can hold."""
_EPOCH = 25_569  # 1970-01-01 as spreadsheets count days
_ILLEGAL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x{fffe}\x{ffff}]"


class Rows(Worksheet):
    """A worksheet that takes a table for its middle, below a header and above a total."""

    def write_table(self, row: int, table: pl.DataFrame, formats: Sequence[Format]) -> None:
        """Put `table` at `row`, from 0, with a format for each column."""
        self.at, self.middle = row, table
        styles = [form._get_xf_index() for form in formats]
        self.styles = dict(zip(table.columns, styles, strict=True))

    def _write_rows(self) -> None:
        low, high = self.dim_rowmin, self.dim_rowmax
        self.dim_rowmax = self.at - 1
        super()._write_rows()
        for text in self._texts():
            self.fh.write(text)
        self.dim_rowmin, self.dim_rowmax = self.at + self.middle.height, high
        super()._write_rows()
        self.dim_rowmin = low

    def _texts(self) -> Iterator[str]:
        rows = self.middle.with_row_index("\0", self.at + 1).with_columns(
            pl.col("\0").cast(pl.String)
        )
        cells = [
            _cell(xl_col_to_name(place), self.styles[name], name, kind)
            for place, (name, kind) in enumerate(self.middle.schema.items())
        ]
        row = pl.concat_str(
            pl.lit('<row r="'), pl.col("\0"), pl.lit('">'), *cells, pl.lit("</row>")
        )
        for part in rows.iter_slices(AT_ONCE):
            yield part.select(row.str.join("")).item()


def _cell(letter: str, style: int, name: str, kind: pl.DataType) -> pl.Expr:
    head = [pl.lit(f'<c r="{letter}'), pl.col("\0"), pl.lit(f'" s="{style}')]
    if kind == pl.Categorical:
        tail = [pl.lit('" t="inlineStr"><is><t>'), _text(pl.col(name)), pl.lit("</t></is></c>")]
    else:
        tail = [pl.lit('"><v>'), _value(pl.col(name), kind), pl.lit("</v></c>")]
    return pl.concat_str(*head, *tail).fill_null("")


def _value(column: pl.Expr, kind: pl.DataType) -> pl.Expr:
    if kind == pl.Date:
        return (column.cast(pl.Int32) + _EPOCH).cast(pl.String)
    return column.cast(pl.String)


def _text(column: pl.Expr) -> pl.Expr:
    """As XML has it; letters that no XML can hold are left out."""
    text = column.cast(pl.String).str.head(LONGEST).str.replace_all(_ILLEGAL, "")
    text = text.str.replace_all("_(x[0-9A-Fa-f]{4}_)", "_x005F_${1}")  # no code of a letter
    for letter, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.str.replace_all(letter, name, literal=True)
    return text
