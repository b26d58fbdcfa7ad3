"""The document `notify`: the rules, and what of the outbox is not sent. URLs are never told."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from jobmon.runtime.config import Settings
from jobmon.runtime.notify.outbox import ROOM
from jobmon.runtime.notify.targets import labels

Document = dict[str, Any]
_TOLD = (
    "id", "kind", "line", "run", "job", "to", "subject", "at", "due", "tries", "error", "given_up",
)  # fmt: skip


def overview(db: sqlite3.Connection, settings: Settings) -> Document:
    """The rules in their order, and the messages, the oldest first."""
    messages = sorted(map(_message, _kept(db)), key=lambda row: row["at"])
    rules = [
        {
            "rule": number,
            "to": labels(rule, number),
            "on": list(rule.on),
            "flows": list(rule.flows),
            "tags": list(rule.tags),
        }
        for number, rule in enumerate(settings.notify, 1)
    ]
    return {
        "schema": "jobmon.notify/1",
        "rules": rules,
        "pending": [row for row in messages if row["given_up"] is None],
        "given_up": [row for row in messages if row["given_up"] is not None],
    }


def _kept(db: sqlite3.Connection) -> list[Mapping[str, Any]]:
    """None in the state of an earlier jobmon that no runtime has opened since."""
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'notes'").fetchone():
        return []
    rows = db.execute("SELECT body FROM notes WHERE room = ?", (ROOM,))
    return [json.loads(body) for (body,) in rows]


def _message(body: Mapping[str, Any]) -> Document:
    return {key: body.get(key) for key in _TOLD}
