"""`python -m jobmon.jobs.ready.backup`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any

from jobmon.jobs.kit import Data
from jobmon.jobs.ready.backup import backup, generations, manifest, restore, verify
from jobmon.jobs.ready.backup.making import KEEP
from jobmon.jobs.ready.command import ended


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit code: 65 for wrong data, 75 for what may go by itself."""
    parser = _parser()
    asked = parser.parse_args(argv)
    _check(parser, asked)
    return ended(lambda: _done(asked))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m jobmon.jobs.ready.backup",
        description="Save CSV files and SQLite databases as Parquet under FOLDER/YYYYMMDD.",
    )
    add = parser.add_argument
    add("sources", nargs="*", metavar="SOURCE", help="a CSV file or a SQLite database")
    add("--to", required=True, metavar="FOLDER", help="where the generations are")
    add("--day", metavar="YYYY-MM-DD", help="the day it is for; usually that of the run, or today")
    add("--keep", type=int, default=KEEP, metavar="N", help=f"generations to keep ({KEEP})")
    add("--allow-empty", action="store_true", help="a source may be empty that was not before")
    add("--typed", action="store_true", help="columns of numbers in a CSV are numbers, not text")
    what = parser.add_mutually_exclusive_group()
    say = "read a generation again, or all, and compare"
    what.add_argument("--verify", nargs="?", const="", metavar="DAY", help=say)
    what.add_argument("--restore", metavar="DAY", help="write the sources of a day into --into")
    what.add_argument("--list", action="store_true", help="the generations that there are")
    add("--into", metavar="FOLDER", help="with --restore: where to")
    add("--force", action="store_true", help="with --restore: replace files that are there")
    return parser


def _check(parser: argparse.ArgumentParser, asked: argparse.Namespace) -> None:
    """Ends with 2 for what does not go together: nothing that was asked for is left out unsaid."""
    reads = asked.list or asked.verify is not None or asked.restore is not None
    if reads and (asked.sources or asked.day):
        parser.error("SOURCE and --day are for a backup; a generation is read as a whole")
    if (asked.restore is None) != (asked.into is None):
        parser.error("--restore DAY and --into FOLDER go together")
    if asked.force and asked.restore is None:
        parser.error("--force is for --restore")


def _done(asked: argparse.Namespace) -> str:
    if asked.list:
        return _listed(os.path.abspath(asked.to))
    if asked.verify is not None:
        return _sentence("verified", verify(asked.to, asked.verify or None))
    if asked.restore is not None:
        told = restore(asked.to, asked.restore, asked.into, force=asked.force)
        return _sentence("restored", told)
    options = {
        "day": asked.day,
        "keep": asked.keep,
        "allow_empty": asked.allow_empty,
        "typed": asked.typed,
    }
    return _sentence("saved", backup(asked.sources, asked.to, **options))


def _sentence(verb: str, told: dict[str, Any]) -> str:
    said = (f"{name} {v:,}" if isinstance(v, int) else f"{name} {v}" for name, v in told.items())
    return f"{verb}: {', '.join(said)}"


def _listed(to: str) -> str:
    lines = [_line(name, os.path.join(to, name)) for name in generations.names(to)]
    return "\n".join(lines) or f"no backup in {to}"


def _line(name: str, folder: str) -> str:
    try:
        found = manifest.read(folder)
    except Data as error:
        return f"{name}  {error}"
    size = sum(part.size for part in found.parts)
    return f"{name}  {len(found.sources):4} sources {found.rows:12,} rows {size:14,} bytes"


if __name__ == "__main__":
    sys.exit(main())
