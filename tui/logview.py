"""`jobmon logs`: one attempt's output, or a job's from attempt to attempt as it goes on."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from jobmon.runtime.errors import NotFoundError, RefusedError
from jobmon.runtime.states import TERMINAL
from jobmon.runtime.words import command
from jobmon.tui import runpage
from jobmon.tui.desk import Desk
from jobmon.tui.ink import Ink
from jobmon.tui.lines import end_line, gap_line, log_line
from jobmon.tui.options import encode, page
from jobmon.tui.words import why

Document = Mapping[str, Any]
SCHEMA = "jobmon.log/1"
PAUSE = 0.2
WAITING = frozenset({"waiting", "queued", "starting", "retry_wait"})
"""States in which an attempt may still come."""


class View:
    """The log of one job; `style` is text, raw or json."""

    def __init__(self, desk: Desk, run: str, job: str, style: str) -> None:
        self.desk, self.run, self.job = desk, run, job
        self.write: Callable[[Document, Document], None] = {
            "json": self._json,
            "raw": self._raw,
            "text": self._text,
        }[style]
        self.dressed = style == "text" and desk.ink.terminal

    def show(self, *, attempt: int | None, last: int | None, follow: bool) -> None:
        """Print `attempt` (None: the newest), its `last` lines (None: all), and go on."""
        body = runpage.only(self.desk.view("show", run=self.run, attempts=True), self.job)
        if not body["attempts"] and not follow:
            raise self._nothing(body)
        if follow and attempt is None:
            self._from_attempt_to_attempt(body, last)
        else:
            self._attempt(body, self._pick(body, attempt), last, follow=follow)

    def _nothing(self, body: Document) -> RefusedError:
        job = body["jobs"][0]
        reason = ": ".join(p for p in (f"it is {job['state']}", why(job, self.desk.now())) if p)
        hint = f"why: {command('explain', body['run'], job['job'])}"
        return RefusedError(f"show the log of {job['job']} in {body['run']}", reason, hint)

    def _pick(self, body: Document, n: int | None) -> Document:
        attempts = body["attempts"]
        found = [a for a in attempts if n is None or a["n"] == n]
        if not found:
            known = ", ".join(str(a["n"]) for a in attempts) or "none"
            what = f"find attempt {n} of {self.job} in {body['run']}"
            hint = command("show", self.run, self.job)
            raise NotFoundError(what, f"its attempts: {known}", hint)
        return found[-1]

    def _from_attempt_to_attempt(self, body: Document, last: int | None) -> None:
        seen = 0
        while True:
            fresh = [a for a in body["attempts"] if a["n"] > seen]
            if fresh:
                seen = fresh[-1]["n"]
                self._attempt(body, fresh[-1], last, follow=True)
                last = None  # of a further attempt nothing was there yet
            elif body["jobs"][0]["state"] not in WAITING:
                return
            else:
                time.sleep(PAUSE)
            body = runpage.only(self.desk.view("show", run=self.run, attempts=True), self.job)

    def _attempt(self, body: Document, chosen: Document, last: int | None, *, follow: bool) -> None:
        told = {"run": body["run"], "job": chosen["job"], "attempt": chosen["n"]}
        if self.dressed and (len(body["attempts"]) > 1 or follow):
            self._rule(f"{body['run']} {chosen['job']} attempt {chosen['n']}")
        for record in self._records(chosen, last, follow=follow):
            self.write(told, record)
        if self.dressed:
            self._close(body, chosen)

    def _records(self, chosen: Document, last: int | None, *, follow: bool) -> Iterable[Document]:
        from jobmon.runtime import logs

        path = self.desk.state_dir / chosen["log"]
        if not follow:
            return _lines(logs.records(path) if last is None else logs.tail(path, last))
        start = 0 if last is None else _last_lines(path, last)
        return _lines(logs.follow(path, self._over(chosen), start))

    def _over(self, chosen: Document) -> Callable[[], bool]:
        """Whether the attempt has ended, asked again at most every second."""
        checked = [0.0]

        def over() -> bool:
            if time.monotonic() - checked[0] < 1:
                return False
            checked[0] = time.monotonic()
            body = self.desk.view("show", run=self.run, attempts=True)
            mine = [a for a in body["attempts"] if a["job"] == self.job and a["n"] == chosen["n"]]
            return not mine or bool(mine[0]["outcome"])

        return over

    def _rule(self, text: str) -> None:
        ink = self.desk.ink
        page([ink.paint(f"{ink.lines.rule * 2} {ink.safe(text)} {ink.lines.rule * 2}", "dim")])

    def _close(self, body: Document, chosen: Document) -> None:
        current = runpage.only(self.desk.view("show", run=self.run), self.job)["jobs"][0]
        if current["state"] in TERMINAL and current["attempt"] == chosen["n"]:
            page([end_line(self.desk.ink, body["run"], self.job, current)])

    def _text(self, _told: Document, record: Document) -> None:
        sys.stdout.write(log_line(self.desk.ink, record) + "\n")
        self._flush()

    def _raw(self, _told: Document, record: Document) -> None:
        text = (
            self.desk.ink.safe(record["m"], tabs=True) if "m" in record else gap_line(Ink(), record)
        )
        sys.stdout.write(text + ("" if record.get("c") else "\n"))
        self._flush()

    def _json(self, told: Document, record: Document) -> None:
        body = {"schema": SCHEMA, **told, **record}
        sys.stdout.write(encode(self.desk.ink, body) + "\n")
        self._flush()

    def _flush(self) -> None:
        if self.desk.ink.terminal:
            sys.stdout.flush()


def _lines(records: Iterable[Document]) -> Iterator[Document]:
    """The records of output and of what is left out, without the claim and the exit record."""
    return (record for record in records if "m" in record or "dropped" in record)


def _last_lines(path: Path, last: int) -> int:
    """Where in the file the last lines of output begin, as far as it is written."""
    from jobmon.runtime import logs

    starts: deque[int] = deque(maxlen=last)
    end, fresh = 0, True
    for offset, record in logs.search(path, ""):
        if fresh:
            starts.append(offset)
        fresh, end = not record.get("c"), offset + 1
    return starts[0] if starts else _next_line(path, end)


def _next_line(path: Path, inside: int) -> int:
    """The offset after the line that holds the byte before `inside`."""
    if not inside or not path.exists():
        return 0
    with path.open("rb") as file:
        file.seek(inside)
        return inside + len(file.readline())
