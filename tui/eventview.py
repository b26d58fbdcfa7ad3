"""`jobmon events`: what happened, and what happens."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import closing
from typing import Any

from jobmon.runtime.errors import NotFoundError
from jobmon.tui.desk import Desk
from jobmon.tui.lines import event_line
from jobmon.tui.options import document, encode, page

Document = Mapping[str, Any]
SCHEMA = "jobmon.event/1"


class View:
    """The events of all runs, or of one."""

    def __init__(self, desk: Desk, run: str | None, as_json: bool) -> None:
        self.desk, self.run, self.as_json = desk, run, as_json
        self.names: dict[str, Document] = {}
        self.only: int | None = None

    def show(self, *, since: int | None, limit: int, follow: bool) -> None:
        """Print the newest `limit` events or those after number `since`, then go on."""
        body = self._past(since, limit)
        if self.as_json and not follow:
            document(self.desk.ink, body)
            return
        self._print(body["events"])
        if follow:
            last = body["events"][-1]["seq"] if body["events"] else since
            self._go_on(last)

    def _past(self, since: int | None, limit: int) -> Document:
        most = limit if since is None else None
        body = self.desk.view("events", run=self.run, since=since, limit=most)
        self.names |= body.get("names") or {}
        if self.run:
            self.only = int(next(iter(self.names), "-1"))
        return body

    def _print(self, events: list[Document]) -> None:
        page_of = [self._line(event) for event in events]
        if page_of:
            page(page_of)

    def _line(self, event: Document) -> str:
        run, job = self._where(event)
        if self.as_json:
            body = {"schema": SCHEMA, **event, "run_key": run, "job_name": job}
            return encode(self.desk.ink, body)
        return event_line(self.desk.ink, event, run, job)

    def _where(self, event: Document) -> tuple[str, str]:
        number, job = event.get("run") or 0, event.get("job", -1)
        if not number:
            return "", ""
        known = self.names.get(str(number)) or self._learn(number)
        jobs = known["jobs"]
        return known["run"], jobs[job] if 0 <= job < len(jobs) else ""

    def _learn(self, number: int) -> Document:
        try:
            body = self.desk.view("events", limit=1)
        except NotFoundError:
            body = {}
        self.names |= body.get("names") or {}
        return self.names.setdefault(str(number), {"run": f"run {number}", "jobs": []})

    def _go_on(self, since: int | None) -> None:
        with closing(self.desk.connect(start=True)) as client:
            for event in client.subscribe(from_seq=since):
                number = event.get("seq", 0)
                wanted = self.only is None or event.get("run") == self.only
                if wanted and number > (since or 0):
                    self._print([event])
                    sys.stdout.flush()
                since = max(since or 0, number)
        sys.stderr.write("the runtime is gone: start it again with jobmon up\n")
