"""`python -m jobmon.jobs.ready.watch`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from jobmon.jobs.kit.outcomes import Rule
from jobmon.jobs.ready.command import ended
from jobmon.jobs.ready.watch import watch
from jobmon.jobs.ready.watch.source import AGENT, RATE
from jobmon.jobs.ready.web import settings


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit code: 65 wrong data, 75 may go by itself, 78 somebody decides."""
    given = vars(_parser().parse_args(argv))
    return ended(lambda: _done(given))


def _done(given: dict[str, Any]) -> str:
    found = watch(**_options(given))
    said = ", ".join(f"{n:,} {kind}" for kind, n in found.items() if kind != "lines" and n)
    return said or "nothing is there"


def _options(given: dict[str, Any]) -> dict[str, Any]:
    """What the file says, and over it what the command line does."""
    told = {name: value for name, value in given.items() if value not in (None, [])}
    path = told.pop("config", None)
    options: dict[str, Any] = {"urls": []} | (settings.load(path) if path else {}) | told
    if isinstance(options.get("fields"), str):
        options["fields"] = [part.strip() for part in options["fields"].split(",")]
    if "headers" in told:
        options["headers"] = dict(_header(text) for text in told["headers"])
    return options


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon:
        raise Rule(f"--header {text!r} is no header: write it as 'Name: value'")
    return name.strip(), value.strip()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m jobmon.jobs.ready.watch",
        description="Look once at prices, stock and the like, and tell what changed.",
        argument_default=None,
    )
    add = parser.add_argument
    add("urls", nargs="*", metavar="URL", help="address; {page} in it stands for 1, 2, 3 ...")
    add("--config", metavar="FILE", help="a TOML file with these options as keys")
    add("--key", metavar="PATH", help="what names an item and never changes, such as sku")
    add("--fields", metavar="LIST", help="what is watched: price,stock=inventory.count")
    add("--items", metavar="PATH", help="where the list of items is in an answer")
    add("--next", metavar="PATH", help="where the address of the next page is; `link`: its header")
    add("--html", action="store_true", default=None, help="web pages: paths are CSS@attribute")
    add("--state", metavar="DIR", help="where history and memory of this watch are (watch)")
    add("--rate", metavar="RATE", help=f"requests to a host ({RATE}), or the name of a rate")
    add("--robots", action=argparse.BooleanOptionalAction, help="ask robots.txt (of web pages)")
    add("--user-agent", metavar="TEXT", help=f"who asks ({AGENT}); say how to reach you")
    add("--header", dest="headers", action="append", metavar="TEXT", help="'Name: $SECRET'")
    add("--timeout", metavar="TIME", help="for one answer (30s)")
    add("--tries", type=int, metavar="N", help="of one request (4)")
    add("--patience", metavar="TIME", help="at most, before one request is given up (300s)")
    add("--max-pages", type=int, metavar="N", help="of one address; more is an error (100)")
    add("--allow-empty", action="store_true", default=None, help="no item at all is no error")
    add("--notify", action="append", metavar="URL", help="tell changes by apprise, too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
