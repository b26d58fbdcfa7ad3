"""Whether the starts of one name go well, so that only a change is news. Standard library alone."""

from __future__ import annotations

import contextlib
import json
import os
import time
from typing import NamedTuple

from jobmon.jobs.kit import places
from jobmon.runtime import disk
from jobmon.runtime.wrapped import spool


class News(NamedTuple):
    """`kind`: failed, still, recovered, or "" for none. `since` when, by which start, it fails."""

    kind: str
    since: float = 0.0
    first: str = ""


def follow(place: str, name: str, number: str, *, bad: bool) -> News:
    """What this end is to those before it; the caller has the lock of the name."""
    path = os.path.join(place, spool.LINES, f"{places.digest(name)}.json")
    known = spool.content(path)
    before = (float(known.get("since") or 0.0), str(known.get("first") or ""))
    if not bad:
        with contextlib.suppress(OSError):
            os.unlink(path)
        return News("recovered", *before) if known else News("")
    if known:
        return News("still", *before)
    news = News("failed", time.time(), number)
    with contextlib.suppress(OSError):
        os.makedirs(os.path.dirname(path), mode=disk.PRIVATE_DIR, exist_ok=True)
        body = {"name": name, "since": news.since, "first": number}
        disk.atomic_write(path, json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"))
    return news
