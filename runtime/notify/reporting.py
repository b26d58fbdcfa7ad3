"""The duty that sends the report when [report] says so; a slot that was missed is sent later, once.

A report begins where the one before it ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jobmon.jobs.definition import CronDef
from jobmon.runtime.configuration import Configuration
from jobmon.runtime.library import Library
from jobmon.runtime.model import Event
from jobmon.runtime.notify import page, wording
from jobmon.runtime.notify.notifier import Notifier
from jobmon.runtime.notify.targets import wanted
from jobmon.runtime.notify.wording import Text
from jobmon.runtime.store import Batch, Store

log = logging.getLogger("jobmon")
NOTE = ("notify", "report")
"""The note of the last slot that was sent, by which schedule."""
LOOK = 60.0
"""Seconds between two looks at the clock: it may be set, or the machine may have slept."""
Document = Mapping[str, Any]


class Reporter:
    """Makes the report beside the loop and puts it into the outbox."""

    def __init__(
        self,
        configuration: Configuration,
        store: Store,
        library: Library,
        notifier: Notifier,
        nudge: Callable[[], None],
    ) -> None:
        self.due: float | None = 0.0
        self._configuration, self._library = configuration, library
        self._notifier, self._nudge = notifier, nudge
        self._noted: dict[str, Any] = store.notes(NOTE[0]).get(NOTE[1]) or {}
        self._made: tuple[float, Text | None] | None = None
        self._making = False

    def heard(self, events: Sequence[Event]) -> None:
        """Settings that changed may change when it is due."""
        if any(event.kind == "runtime.reloaded" for event in events):
            self.due = 0.0

    def attend(self, now: float, batch: Batch) -> Sequence[Event]:
        """Send what was made; begin to make what is due."""
        self.due = None
        settings = self._configuration.now
        if self._made:
            slot, text = self._made
            self._made, self._making = None, False
            if text:
                self._notifier.tell("report", text, now, batch, f"report.{slot:.0f}")
            self._note(self._noted | {"last": slot}, batch)
        if settings.report is None or self._making or not wanted(settings, "report"):
            return []
        spec = f"{settings.report.cron} {settings.report.tz}"
        if self._noted.get("spec") != spec:
            self._note({"spec": spec, "last": now}, batch)
        self._follow(CronDef(settings.report.cron, settings.report.tz), now)
        return []

    def _note(self, noted: dict[str, Any], batch: Batch) -> None:
        self._noted = batch.notes[NOTE] = noted

    def _follow(self, cron: CronDef, now: float) -> None:
        from jobmon.runtime.scheduling.slots import newest  # croniter is loaded with it
        from jobmon.runtime.scheduling.timing import Timing

        timing, last = Timing(cron, self._configuration.now.calendars), self._noted["last"]
        found = newest(timing.between, last, now, 1).slots
        if found:
            self._making = True
            self._make(last, found[-1].at)
        else:
            self.due = min(timing.next(now) or math.inf, now + LOOK)

    def _make(self, since: float, slot: float) -> None:
        loop, settings, flows = asyncio.get_running_loop(), self._configuration.now, self._library

        def work() -> None:
            try:
                text = made(settings, flows.good, since, slot)
            except Exception:
                log.exception("the report could not be made")
                text = None
            with contextlib.suppress(RuntimeError):  # the loop is over: the next start makes it
                loop.call_soon_threadsafe(self._done, slot, text)

        threading.Thread(target=work, name="report", daemon=True).start()

    def _done(self, slot: float, text: Text | None) -> None:
        self._made, self.due = (slot, text), 0.0
        self._nudge()


def made(settings: Any, flows: Mapping[str, Any], since: float, until: float) -> Text:
    """The report of a span as a message. Blocks for as long as reading takes."""
    from jobmon.runtime import documents  # not before a report is due

    document = documents.reported(settings, flows, {"since": since, "until": until})
    return of_report(settings, document)


def of_report(settings: Any, document: Document) -> Text:
    """The report as a message."""
    return wording.of_report(wording.place(settings), page.head(document), page.page(document))
