"""The first sheet: by day, by store, with charts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xlsxwriter.chart import Chart
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from jobmon.jobs.ready.report.columns import Columns
from jobmon.jobs.ready.report.figures import ITEMS, Figures, Group
from jobmon.jobs.ready.report.styles import WIDEST, Styles
from jobmon.jobs.ready.report.wording import Words, cells

HEADER = 3
"""The row of the headers, from 0."""
MANY_DAYS = 62
"""From here on the days are a line instead of columns."""
TOP = 15
"""Stores in their chart."""
_SIZE = {"width": 600, "height": 320}
_COLOUR = "#2F75B5"


class Summary:
    """What is written on the sheet."""

    def __init__(
        self,
        book: Workbook,
        sheet: Worksheet,
        columns: Columns,
        sums: Figures,
        words: Words,
        styles: Styles,
    ) -> None:
        self.book, self.sheet, self.columns = book, sheet, columns
        self.sums, self.words, self.styles = sums, words, styles
        roles = columns.roles
        self.parts = ["rows", "quantity", "amount"] if "quantity" in roles else ["rows", "amount"]

    def write(self, left: int) -> None:
        """All of it; `left` rows are not in the detail."""
        self._title(left)
        wide = len(self.parts) + 3
        self._table("date", 0, self.sums.days)
        self._table("store", wide, self.sums.stores)
        self.sheet.set_column(wide - 1, wide - 1, 3)
        self.sheet.set_column(2 * wide - 1, 2 * wide - 1, 3)
        self.sheet.freeze_panes(HEADER + 1, 0)
        # Not in the row of the header, its frame neither: that one is on every page of paper.
        self.sheet.insert_chart(HEADER + 1, 2 * wide, self._days_chart(0), {"y_offset": 4})
        below = HEADER + 3 + _SIZE["height"] // int(self.words["row"])
        self.sheet.insert_chart(below, 2 * wide, self._stores_chart(wide))

    def _title(self, left: int) -> None:
        words, styles = self.words, self.styles
        shape = words["date"].replace("yyyy", "%Y").replace("mm", "%m").replace("dd", "%d")
        first, last = (self.sums.days[i][0].strftime(shape) for i in (0, -1))
        self.sheet.write_string(0, 0, words["title"], styles.title)
        period = f"{words['period']}: {first} {words['to']} {last}"
        self.sheet.write_string(1, 0, period, styles.note)
        if left:
            shown = self.sums.total[1] - left
            told = words["left_out"].format(shown=shown, left=left)
            self.sheet.write_string(2, 0, told, styles.warning)

    def _table(self, role: str, left: int, groups: Sequence[Group]) -> None:
        """One table whose upper left corner is in column `left`."""
        name, styles = self.columns.roles[role], self.styles
        heads = [name, *map(self._head, self.parts), self.words["share"]]
        for place, head in enumerate(heads, left):
            self.sheet.write_string(HEADER, place, head, styles.header)
        write = self.sheet.write_datetime if role == "date" else self.sheet.write_string
        for row, group in enumerate(groups, HEADER + 1):
            write(row, left, group[0], styles.column(name))
        bottom = HEADER + 1 + len(groups)
        self.sheet.write_string(bottom, left, self.words["total"], styles.total_label)
        for place, part in enumerate(self.parts, left + 1):
            self._figures(part, place, groups)
        self._shares(left + len(self.parts) + 1, groups)
        self._widths(role, left, heads, groups)

    def _head(self, part: str) -> str:
        return self.words["rows"] if part == "rows" else self.columns.roles[part]

    def _format(self, part: str, *, total: bool = False) -> Format:
        if part == "rows":
            return self.styles.count_total if total else self.styles.count
        name = self.columns.roles[part]
        return self.styles.total(name) if total else self.styles.column(name)

    def _figures(self, part: str, place: int, groups: Sequence[Group]) -> None:
        item = ITEMS.index(part)
        for row, group in enumerate(groups, HEADER + 1):
            self.sheet.write_number(row, place, float(group[item] or 0), self._format(part))
        bottom = HEADER + 1 + len(groups)
        letter = xl_col_to_name(place)
        formula = f"=SUM({letter}{HEADER + 2}:{letter}{bottom})"
        value: Any = float(self.sums.total[item] or 0)
        self.sheet.write_formula(bottom, place, formula, self._format(part, total=True), value)

    def _shares(self, place: int, groups: Sequence[Group]) -> None:
        """Each row's part of the whole, as formulas that tell how they are made."""
        total = float(self.sums.total[3])
        bottom = HEADER + 1 + len(groups)
        whole = xl_rowcol_to_cell(bottom, place - 1, row_abs=True)
        for row, group in enumerate([*groups, self.sums.total], HEADER + 1):
            form = self.styles.share_total if row == bottom else self.styles.share
            formula = f'=IF({whole}=0,"",{xl_rowcol_to_cell(row, place - 1)}/{whole})'
            value: Any = float(group[3]) / total if total else ""
            self.sheet.write_formula(row, place, formula, form, value)

    def _widths(self, role: str, left: int, heads: Sequence[str], groups: Sequence[Group]) -> None:
        keys = [10] if role == "date" else [cells(group[0]) for group in groups]
        sums = [len(f"¥-{value or 0:,}") for value in self._totals()]
        for place, (head, inside) in enumerate(
            zip(heads, [max(keys), *sums, 6], strict=True), left
        ):
            self.sheet.set_column(place, place, min(max(cells(head), inside) + 2, WIDEST))

    def _totals(self) -> list[Any]:
        """In the order of the parts."""
        return [self.sums.total[ITEMS.index(part)] for part in self.parts]

    def _chart(self, kind: str, title: str, left: int, count: int) -> Chart:
        """Of the amounts of the first `count` rows of the table at `left`."""
        chart = self.book.add_chart({"type": kind})
        assert chart is not None
        name, amount = self.words["summary"], left + len(self.parts)
        first, last = HEADER + 1, HEADER + count
        line = {"color": _COLOUR, "width": 2.0}
        chart.add_series(
            {
                "name": [name, HEADER, amount],
                "categories": [name, first, left, last, left],
                "values": [name, first, amount, last, amount],
                **({"line": line} if kind == "line" else {"fill": {"color": _COLOUR}, "gap": 60}),
            }
        )
        chart.set_title({"name": self.words[title], "name_font": {"size": 13}, "overlay": False})
        chart.set_legend({"none": True})
        chart.set_size(_SIZE)
        return chart

    def _days_chart(self, left: int) -> Chart:
        many = len(self.sums.days) > MANY_DAYS
        chart = self._chart("line" if many else "column", "by_day", left, len(self.sums.days))
        chart.set_x_axis({"date_axis": True, "num_format": "m/d", "label_position": "low"})
        chart.set_y_axis(_scale(self.sums.days))
        return chart

    def _stores_chart(self, left: int) -> Chart:
        count = min(len(self.sums.stores), TOP)
        chart = self._chart("bar", "by_store", left, count)
        chart.set_size(_SIZE | {"height": max(_SIZE["height"], 100 + 26 * count)})
        chart.set_y_axis({"reverse": True, "label_position": "low", "interval_unit": 1})
        chart.set_x_axis(_scale(self.sums.stores))
        return chart


def _scale(groups: Sequence[Group]) -> dict[str, Any]:
    """The axis of amounts. It begins at 0: else a small difference would look like a large one."""
    grid = {"visible": True, "line": {"color": "#D9D9D9"}}
    zero = {"min": 0} if all(group[3] >= 0 for group in groups) else {}
    return {"num_format": "#,##0", "major_gridlines": grid, **zero}
