"""The sums of a table: by day, by store, and all."""

from __future__ import annotations

from typing import Any, NamedTuple

import polars as pl

from jobmon.jobs.ready.report.columns import Columns

Group = tuple[Any, int, Any, Any]
"""The day or the store, rows, quantity (None: there is no such column), amount."""
ITEMS = ("key", "rows", "quantity", "amount")


class Figures(NamedTuple):
    """What the summary says."""

    days: list[Group]
    """In their order."""
    stores: list[Group]
    """The largest amount first."""
    total: Group
    """Of the whole table; its first item is None."""


def figures(columns: Columns, table: pl.DataFrame) -> Figures:
    """The sums, exact: decimals, never binary fractions."""
    roles = columns.roles
    days = _grouped(table, columns, pl.col(roles["date"])).sort("key")
    stores = _grouped(table, columns, pl.col(roles["store"]).cast(pl.String))
    total = table.select(pl.lit(None).alias("key"), *_sums(columns))
    by_size = stores.sort(["amount", "key"], descending=[True, False])
    return Figures(days.rows(), by_size.rows(), total.row(0))


def _grouped(table: pl.DataFrame, columns: Columns, key: pl.Expr) -> pl.DataFrame:
    return table.group_by(key.alias("key")).agg(_sums(columns))


def _sums(columns: Columns) -> list[pl.Expr]:
    quantity = columns.roles.get("quantity")
    return [
        pl.len().alias("rows"),
        (pl.col(quantity).sum() if quantity else pl.lit(None)).alias("quantity"),
        pl.col(columns.roles["amount"]).sum().alias("amount"),
    ]
