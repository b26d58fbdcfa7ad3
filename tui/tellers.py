"""How a follower without a live view tells what it sees: lines for people, or documents."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, Protocol

from jobmon.runtime.words import command
from jobmon.tui import runpage
from jobmon.tui.eventview import SCHEMA
from jobmon.tui.ink import Ink
from jobmon.tui.lines import change_line, run_line
from jobmon.tui.options import encode

Document = Mapping[str, Any]
RUN_NEWS = frozenset(
    {"run.hold", "run.release", "run.cancel", "run.rerun", "run.ready", "run.expire"}
)


class Teller(Protocol):
    """`job` is the job an event changed, None when the event is about the run."""

    def news(self, document: Document, job: Document | None, event: Document) -> None:
        """One event of the run was folded into `document`."""
        ...

    def ended(self, document: Document, now: float) -> None:
        """The run is over."""
        ...


class Plain:
    """One line for each change; `quiet`: a live view shows the changes already."""

    def __init__(self, ink: Ink, *, quiet: bool) -> None:
        self._ink, self._quiet = ink, quiet

    def news(self, document: Document, job: Document | None, event: Document) -> None:
        """The change of a job, or what was done to the run."""
        if self._quiet:
            return
        run = document["run"]
        if job is not None:
            _write(change_line(self._ink, run, job, event))
        elif event["kind"] in RUN_NEWS:
            _write(run_line(self._ink, run, event))

    def ended(self, document: Document, now: float) -> None:
        """A line that says how it ended, and how to ask why."""
        _write(runpage.summary(self._ink, document, now))
        if document["state"] != "succeeded":
            _write(f"  why: {self._ink.safe(command('explain', document['run']))}")


class Json:
    """One event document for each event of the run, at its end the `show` document."""

    def __init__(self, ink: Ink) -> None:
        self._ink = ink

    def news(self, document: Document, job: Document | None, event: Document) -> None:
        """The event with the names that its numbers mean."""
        index = event.get("job", -1)
        name = document["jobs"][index]["job"] if index >= 0 else ""
        body = {"schema": SCHEMA, **event, "run_key": document["run"], "job_name": name}
        _write(encode(self._ink, body))

    def ended(self, document: Document, now: float) -> None:
        """The whole run."""
        _write(encode(self._ink, document))


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
