"""`python -m jobmon.jobs.ready.report`."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import sys
from collections.abc import Sequence
from typing import Any

from jobmon.jobs.kit import Data, output
from jobmon.jobs.ready.command import ended, today
from jobmon.jobs.ready.report import mail, report, values

ROLES = ("date", "store", "amount", "quantity", "product", "price")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit code: 65 for wrong data, 75 for what may go by itself."""
    asked = _parser().parse_args(argv)
    return ended(lambda: _done(asked))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m jobmon.jobs.ready.report",
        description="Make an Excel workbook of CSV files: by day, by store, and the detail.",
        epilog="Exit codes: 0 made; 65 the input is wrong; 75 try again later; 78 mail refused.",
    )
    add = parser.add_argument
    add("sources", nargs="+", metavar="FILE", help="CSV files, or patterns such as 'sales/*.csv'")
    add("--out", required=True, metavar="FILE", help="the workbook; {day} in it is the day")
    add("--day", metavar="DAY", help="only this day, or FIRST..LAST (all, if not said)")
    for role in ROLES:
        add(f"--{role}", metavar="COLUMN", help=f"the column of the {role}, if not recognised")
    add(
        "--number", action="append", default=[], metavar="COLUMN", help="one more column of numbers"
    )
    add("--lang", choices=("ja", "en"), help="of the workbook (the language of the header)")
    add("--detail-limit", type=_count, metavar="N", help="rows of the detail at most (all)")
    add("--mail", action="append", default=[], metavar="TO", help="send it there; see $SMTP_URL")
    add("--subject", metavar="TEXT", help="of the mail (the name of the file)")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text} is no number of rows: give 0 or more")
    return int(text)


def _done(asked: argparse.Namespace) -> str:
    days = _days(asked.day) if asked.day else None
    out = asked.out.replace("{day}", str(days[-1] if days else today()))
    if asked.mail:
        mail.check(asked.mail)
    told = _report(asked, out, days)
    if asked.mail:
        subject = asked.subject or os.path.splitext(os.path.basename(out))[0]
        mail.send(asked.mail, subject, _sentence(told, os.path.basename(out)), told["file"])
    output(told)
    return _sentence(told, told["file"])


def _report(
    asked: argparse.Namespace, out: str, days: tuple[dt.date, dt.date] | None
) -> dict[str, Any]:
    named = {role: getattr(asked, role) for role in ROLES if getattr(asked, role)}
    return report(
        asked.sources,
        out,
        days=days,
        lang=asked.lang,
        limit=asked.detail_limit,
        wanted=named,
        numbers=asked.number,
    )


def _days(text: str) -> tuple[dt.date, dt.date]:
    first, dots, last = text.partition("..")
    try:
        found = values.day(first), values.day(last if dots else first)
    except ValueError as error:
        raise Data(f"--day {text}: {error}") from None
    if found[0] > found[1]:
        raise Data(f"--day {text}: the first day is behind the last")
    return found


def _sentence(told: dict[str, Any], file: str) -> str:
    left = told["rows"] - told["shown"]
    missing = f"; {left:,} rows are not in the detail" if left else ""
    return (
        f"{file}: {told['rows']:,} rows, {told['days']:,} days, {told['stores']:,} stores, "
        f"amount {told['amount']}{missing}"
    )


if __name__ == "__main__":
    sys.exit(main())
