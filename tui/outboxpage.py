"""The page of messages: who is told of what, what waits, what was given up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jobmon.tui.ink import Ink
from jobmon.tui.text import Column, cell, count, moment, table

Document = Mapping[str, Any]
RULES = (
    Column("RULE", right=True),
    Column("TO", flexible=True, least=12),
    Column("ON", flexible=True, least=12),
    Column("OF", flexible=True, keep=1),
)
MESSAGES = (
    Column("SINCE"),
    Column("TO", flexible=True, least=10),
    Column("SUBJECT", flexible=True, least=12),
    Column("TRIES", right=True, keep=2),
    Column("NEXT", keep=3),
    Column("ERROR", flexible=True, least=12, keep=1),
)


def page(ink: Ink, body: Document, now: float) -> list[str]:
    """Rules, then messages that wait, then those that were given up."""
    if not body["rules"]:
        lines = ["nobody is told of anything: write [[notify]] into jobmon.toml"]
    else:
        lines = table(ink, RULES, [_rule(ink, row) for row in body["rules"]])
    for name, title in (("pending", "waiting"), ("given_up", "given up")):
        if body[name]:
            rows = [_message(ink, row, now) for row in body[name]]
            lines += ["", f"{count(len(rows), 'message')} {title}", *table(ink, MESSAGES, rows)]
    if body["given_up"]:
        lines.append("try them again: jobmon notify --retry")
    return lines


def _rule(ink: Ink, row: Document) -> list[Any]:
    of = ", ".join([*row["flows"], *(f"tag {tag}" for tag in row["tags"])])
    to, on = ", ".join(row["to"]), ", ".join(row["on"])
    return [str(row["rule"]), ink.safe(to), ink.safe(on), ink.safe(of)]


def _message(ink: Ink, row: Document, now: float) -> list[Any]:
    due = "" if row["given_up"] is not None else moment(row["due"], now)
    return [
        moment(row["at"], now),
        ink.safe(row["to"]),
        cell(ink.safe(row["subject"]), "bold"),
        str(row["tries"]),
        due,
        ink.safe(row["error"]),
    ]


def tested(ink: Ink, results: Sequence[Document]) -> list[str]:
    """A line for each address: whether it took the test."""
    return [
        f"{ink.safe(row['to'])}: {ink.paint('not taken', 'bold red')}: {ink.safe(row['error'])}"
        if row["error"]
        else f"{ink.safe(row['to'])}: {ink.paint('taken', 'green')}"
        for row in results
    ]
