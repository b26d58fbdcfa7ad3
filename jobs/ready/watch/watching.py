"""One round of a watch: read, compare, remember, tell."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from jobmon.jobs.kit import output
from jobmon.jobs.kit.locks import taken
from jobmon.jobs.kit.outcomes import External, JobFailure, Rule
from jobmon.jobs.ready.watch.changes import after, changes, sentence
from jobmon.jobs.ready.watch.getter import Getter
from jobmon.jobs.ready.watch.memory import Memory, State
from jobmon.jobs.ready.watch.reading import Reading
from jobmon.jobs.ready.watch.source import Source
from jobmon.jobs.ready.watch.telling import Messages, summary
from jobmon.jobs.ready.web import settings
from jobmon.jobs.ready.web.secrets import Secrets

BUSY = 60.0
"""Seconds to wait for another round of the same watch."""
PRINTED = 200
"""Changes that the log of the job shows one by one."""


def watch(*urls: str, **options: Any) -> dict[str, Any]:
    """Look once at prices, stock, or whatever else changes; see docs/watch.md.

    Options are the settings of `Source`: at least `key` and `fields`. Returns what it leaves as
    output too: how many items there are, and how many changes of each kind, with their lines.
    Raises External, Data or Rule; then nothing was remembered but changes that could not be told.
    """
    source = settings.record({"urls": list(urls), **options}, Source, "watch")
    secrets = Secrets()
    try:
        with _alone(source.state):
            return _round(source, secrets)
    except JobFailure as error:
        error.args = (secrets.hide(str(error)),)
        raise


@contextlib.contextmanager
def _alone(folder: str) -> Iterator[None]:
    """The lock lies in the folder: another user of it may belong to another batch folder."""
    os.makedirs(folder, exist_ok=True)
    try:
        held = taken(os.path.join(folder, ".lock"), folder, timeout=BUSY)
    except TimeoutError:
        raise External(f"{folder} is in use by another watch for {BUSY:g} s already") from None
    try:
        yield
    finally:
        held.release()


def _round(source: Source, secrets: Secrets) -> dict[str, Any]:
    messages = Messages(source, secrets)
    memory = Memory(source.state)
    _begin(memory.state, source)
    state = memory.state
    now = _read(source, secrets, state)
    lines = list(changes(state.items, now))
    state.items = after(state.items, now)
    memory.add(lines, os.environ.get("JOBMON_TIME") or _now())
    return _tell(memory, messages, len(now))


def _begin(state: State, source: Source) -> None:
    """What was told goes, but for what a second attempt of the same job is to tell again."""
    if state.urls and not set(state.urls) & set(source.urls):
        raise Rule(
            f"{source.state} knows another watch, of {state.urls[0]}: "
            "name a folder of its own by --state"
        )
    state.urls = source.urls
    run = os.environ.get("JOBMON_KEY", "")
    if not run or run != state.run:
        state.lines = [line for line in state.lines if line["n"] > state.told]
    state.run = run
    if state.shape != source.shape:
        state.pages, state.shape = {}, source.shape


def _read(source: Source, secrets: Secrets, state: State) -> dict[str, Any]:
    getter = Getter(source, secrets)
    with getter.client:
        reading = Reading(source, getter, state.pages)
        now = reading.records()
    state.pages = {url: page for url, page in reading.pages.items() if page.etag or page.modified}
    return now


def _tell(memory: Memory, messages: Messages, items: int) -> dict[str, Any]:
    state = memory.state
    _print(state.lines)
    found = summary(state.lines, items)
    output(found)
    messages.send([line for line in state.lines if line["n"] > state.told])
    state.told = state.n
    if not state.run:  # nobody comes for them again
        state.lines = []
    memory.save()
    return found


def _print(lines: list[dict[str, Any]]) -> None:
    for line in lines[:PRINTED]:
        print(sentence(line), flush=True)  # noqa: T201 - the log of the job
    if len(lines) > PRINTED:
        print(f"and {len(lines) - PRINTED:,} more: see the history")  # noqa: T201


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")
