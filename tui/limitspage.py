"""The limits page: slots, pools, rates and locks, who holds them, and what is frozen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jobmon.tui.desk import Desk
from jobmon.tui.ink import Ink
from jobmon.tui.text import Cell, Column, bar, cell, moment, table
from jobmon.tui.words import rate_stands

Document = Mapping[str, Any]
BAR = 12
COLUMNS = (
    Column("LIMIT"),
    Column("NAME", flexible=True),
    Column("IN USE", keep=2),
    Column("", right=True),
    Column("WAITS", right=True, keep=1),
    Column("HELD BY", flexible=True, least=20),
)


def load(desk: Desk) -> dict[str, Any]:
    """What a runtime tells of its limits; without one, what the files tell that scripts share."""
    status = desk.status()
    told = {name: status[name] for name in ("running", "slots")}
    if status["running"]:
        told |= {name: status[name] for name in ("pools", "rates", "locks")}
    else:
        told |= _from_files(desk)
    return {"schema": "jobmon.limits/1", **told}


def _from_files(desk: Desk) -> dict[str, Any]:
    from jobmon.runtime.board import Board
    from jobmon.runtime.configuration import limits_of
    from jobmon.runtime.limits import occupancy, shared

    settings, board = desk.usable, Board()
    paces = shared.shown(settings.state_dir, settings.rates)
    return {
        "pools": occupancy.pools(board, limits_of(settings)),
        "rates": occupancy.rates(board, paces),
        "locks": occupancy.locks(board, (), shared.held(settings.state_dir)),
    }


def thaw(desk: Desk, name: str) -> str:
    """Lift the freeze of a rate; what to say of it. Raises NotFoundError."""
    from jobmon.runtime.client import whoami
    from jobmon.runtime.errors import NotFoundError
    from jobmon.runtime.limits import shared

    settings = desk.usable
    try:
        there = shared.thaw(settings.state_dir, name, settings.rates, whoami())
    except (LookupError, ValueError) as error:
        raise NotFoundError(f"thaw {name}", str(error), "jobmon limits") from None
    return f"the rate {name} is frozen no more" if there else f"the rate {name} was not frozen"


def page(ink: Ink, body: Document, now: float) -> list[str]:
    """One table of all of them."""
    return table(ink, COLUMNS, list(_rows(ink, body, now)))


def _rows(ink: Ink, body: Document, now: float) -> Iterator[list[Cell | str]]:
    slots = body["slots"]
    yield _row(ink, "slots", "jobs at once", slots.get("busy") or 0, slots.get("total"), 0, ())
    for name, row in body["pools"].items():
        yield _row(ink, "pool", name, row["busy"], row["total"], row["waiting"], ())
    for name, row in body["rates"].items():
        note = _rate(ink, row, now)
        yield _row(ink, "rate", name, row["used"], row["total"], row["waiting"], note)
    for name, row in body["locks"].items():
        yield _row(
            ink, "lock", name, bool(row["holder"]), 1, row["waiting"], _holder(ink, row, now)
        )


def _row(
    ink: Ink, kind: str, name: str, used: int, total: int | None, waiting: int, note: Cell
) -> list[Cell | str]:
    filled = cell(bar(ink, used, total, BAR), "blue") if total else ()
    use = f"{int(used)}/{total}" if total is not None else f"{int(used)}"
    return [kind, ink.safe(name), filled, use, f"{waiting}" if waiting else "", note]


def _rate(ink: Ink, row: Document, now: float) -> Cell:
    return cell(ink.safe(rate_stands(row, now)), "bold yellow" if row["frozen_until"] else "")


def _holder(ink: Ink, row: Document, now: float) -> Cell:
    if not row["holder"]:
        return cell("free", "dim")
    since = f" since {moment(row['since'], now)}" if row.get("since") else ""
    return cell(f"{ink.safe(row['holder'])}{since}")
