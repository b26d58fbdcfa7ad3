"""Errors as people and programs read them."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

import click

from jobmon.runtime.errors import EXIT_USAGE, JobmonError
from jobmon.tui.ink import Ink, measure

SCHEMA = "jobmon.error/1"


def as_text(error: JobmonError) -> str:
    """`jobmon: what: why`, then what more there is of why, and the line that goes on from here."""
    ink = measure(sys.stderr)
    why, *more = error.why.splitlines() or [""]
    head = ": ".join(ink.safe(part) for part in ("jobmon", error.what, why) if part)
    lines = [ink.paint(head, "bold red"), *_below(ink, more), *_below(ink, error.hint.splitlines())]
    return "\n".join(lines)


def _below(ink: Ink, lines: Sequence[str]) -> list[str]:
    return [f"  {ink.safe(line.strip())}" for line in lines]


def as_document(error: JobmonError) -> str:
    """The error as the JSON document that stands in place of the answer."""
    return _encode(error.code, error.what, error.why, error.hint, error.exit_code)


def usage_document(error: click.ClickException) -> str:
    """A wrong command line as the same document."""
    return _encode("usage", "read the command line", error.format_message(), "", EXIT_USAGE)


def _encode(code: str, what: str, why: str, hint: str, exit_code: int) -> str:
    body = {"code": code, "what": what, "why": why, "hint": hint, "exit_code": exit_code}
    return json.dumps({"schema": SCHEMA, **body})
