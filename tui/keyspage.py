"""All keys, from the table of actions: for the keys page, `jobmon keys`, and docs/keys.md.

`python -m jobmon.tui.keyspage > docs/keys.md`; a test keeps it current.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from jobmon.tui.actions import ACTIONS, GROUPS, Action, shown
from jobmon.tui.ink import Ink
from jobmon.tui.text import Column, cell, table

OwnKeys = Mapping[str, Iterable[str]]
"""Other keys for actions, by their ids, as `[screen.keys]` in jobmon.toml gives them."""
HEAD = """\
# Keys

Made by `python -m jobmon.tui.keyspage`; `jobmon keys` prints the same, `?` in the monitor shows it
with your own keys.

A key acts on the job under the cursor, or on all marked ones; on a run, which is the first row of
its tree and a row of the history, hold, cancel, kill and rerun failed act on all of it. **NP** is
what is typed into the NP column of a row (TAB on the empty command line walks it), **command** what
is typed after `:`; unique beginnings suffice. A key that means something on some screens only names
them: there it wins over what it means elsewhere.

What asks first lists all that it would touch, downstream included, before it is done.
"""
ASKS = {
    "no": "",
    "yes": "yes",
    "y": "yes, `y` alone",
    "many": "for several jobs, or one that is not idempotent",
}
_TITLES = ("Key", "NP", "Command", "On the key bar", "What it does", "Asks first", "On")
_COLUMNS = (
    Column("KEY", flexible=True, least=6),
    Column("NP"),
    Column("COMMAND"),
    Column("WHAT IT DOES", flexible=True, least=24),
    Column("ON", keep=2),
)


class Entry(NamedTuple):
    """An action as people read it; `keys` as they write them."""

    action: Action
    keys: tuple[str, ...]

    @property
    def on(self) -> str:
        """The screens on which the key means this; "" for all."""
        return ", ".join(self.action.where)


def entries(own: OwnKeys | None = None) -> dict[str, list[Entry]]:
    """Every action, with a person's own keys, by the title of its group."""
    found: dict[str, list[Entry]] = {title: [] for title in GROUPS.values()}
    for action in ACTIONS:
        keys = (own or {}).get(action.id, action.keys)
        found[GROUPS[action.group]].append(Entry(action, tuple(map(shown, keys))))
    return found


def markdown() -> str:
    """The whole page docs/keys.md."""
    parts = [HEAD]
    for title, rows in entries().items():
        heads = [f"| {' | '.join(_TITLES)} |", f"|{'---|' * len(_TITLES)}"]
        parts.append("\n".join([f"\n## {title}\n", *heads, *map(_row, rows), ""]))
    return "".join(parts)


def _row(entry: Entry) -> str:
    action = entry.action
    keys = " ".join(f"`{key}`" for key in entry.keys)
    np, word = (f"`{text}`" if text else "" for text in (action.np, action.word))
    fields = (keys, np, word, action.label, action.help, ASKS[action.asks], entry.on)
    return f"| {' | '.join(field.replace('|', '&#124;') for field in fields)} |"


def lines(ink: Ink, own: OwnKeys | None = None) -> list[str]:
    """The same for a terminal or a pipe: a table for each group."""
    found: list[str] = []
    for title, rows in entries(own).items():
        body = [[cell(" ".join(e.keys), "bold"), e.action.np, e.action.word, e.action.help, e.on]
                for e in rows]  # fmt: skip
        found += [ink.paint(title, "bold"), *table(ink, _COLUMNS, body), ""]
    return found[:-1]


if __name__ == "__main__":
    sys.stdout.write(markdown())
