"""A desk whose runtime is canned documents, for tests of the command line."""

from __future__ import annotations

import copy
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jobmon.runtime.errors import JobmonError, NoRuntimeError, NotFoundError
from jobmon.tui.desk import Desk
from jobmon.tui.ink import Ink

NOW = 1_763_856_060.0
PLAIN = Ink(colour=False, unicode=True, width=80, terminal=True)
PIPE = Ink()


def job(name: str, state: str = "waiting", after: tuple[str, ...] = (), **more: Any) -> dict:
    """One row of a show document."""
    row = {
        "job": name, "index": 0, "state": state, "reason": "", "cause": "", "attempt": 0,
        "tries": 0, "since": NOW - 60, "started": None, "ended": None, "due": None, "code": None,
        "signal": None, "held": False, "stale": False, "old_code": False, "warn": False,
        "unsupervised": False,
        "after": list(after), "finally": False, "kind": "shell", "group": "",
        "trigger": "all_success", "output": None, "pool": "", "lock": "", "text": "",
        "effects": "", "description": "", "priority": 0,
    }  # fmt: skip
    return row | more


def show(jobs: list[dict], state: str = "running", **more: Any) -> dict:
    """A show document of the run morning#1."""
    counts: dict[str, int] = {}
    for index, row in enumerate(jobs):
        row["index"] = index
        counts[row["state"]] = counts.get(row["state"], 0) + 1
    body = {
        "schema": "jobmon.show/1", "run": "morning#1", "id": 1, "flow": "morning", "state": state,
        "warn": False, "held": False, "params": {"day": "2025-11-23"},
        "time": "2025-11-23T06:10:00+09:00", "created": NOW - 60, "started": NOW - 60,
        "ended": None, "who": "aki@pts/1", "why": "", "priority": 0, "tags": [],
        "counts": counts, "total": len(jobs), "jobs": jobs,
    }  # fmt: skip
    return body | more


def ls(*runs: dict) -> dict:
    """An ls document with the rows of show documents."""
    rows = [{k: v for k, v in run.items() if k not in {"schema", "jobs"}} for run in runs]
    return {"schema": "jobmon.ls/1", "runs": rows, "seq": 40}


def morning() -> dict:
    """A, B, C, D, E of the story, in the middle of a run."""
    return show(
        [
            job("collect", "succeeded", started=NOW - 60, ended=NOW - 50, attempt=2, tries=2),
            job("load", "succeeded", ("collect",), started=NOW - 50, ended=NOW - 47, attempt=1),
            job("publish", "running", ("load",), started=NOW - 47, attempt=1),
            job("アクセス集計", "failed", ("load",), started=NOW - 40, ended=NOW - 39, attempt=1,
                code=1, reason="exit code 1", cause="data"),
            job("report", "waiting", ("publish", "アクセス集計"), reason="needs publish"),
        ]
    )  # fmt: skip


class FakeClient:
    """What Desk.connect returns: a hello, answers, and a stream that then waits for `over`."""

    def __init__(self, desk: FakeDesk) -> None:
        self.desk = desk
        self.hello = {"pid": 77, "version": "0.1.0", "seq": 40, "home": str(desk.home)}

    def call(self, op: str, **args: Any) -> dict[str, Any]:
        return self.desk.answer(op, args)

    def subscribe(self, from_seq: int | None = None) -> Iterator[dict[str, Any]]:
        self.desk.calls.append(("subscribe", {"from_seq": from_seq}))
        while self.desk.stream:
            yield self.desk.stream.popleft()
        self.desk.over.wait(10)

    def allow(self, limit: float) -> None:
        """It answers at once."""

    def close(self) -> None:
        """Nothing to hang up."""


class FakeDesk(Desk):
    """`views` and `answers` by name: a document, an error to raise, or a function of the args."""

    home = Path("/batch")  # type: ignore[assignment]  # a property there, a constant here

    def __init__(self, ink: Ink = PIPE, **views: Any) -> None:
        super().__init__()
        self.ink = ink
        self.views = views
        self.answers: dict[str, Any] = {}
        self.stream: deque[dict[str, Any]] = deque()
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.up = True
        self.over = threading.Event()

    def now(self) -> float:
        return NOW

    def connect(self, *, start: bool = False, limit: float | None = None) -> Any:
        if not (self.up or start):
            raise NoRuntimeError("reach the runtime of /batch", "none is running", "jobmon up")
        self.up = True
        return FakeClient(self)

    def view(self, name: str, **args: Any) -> dict[str, Any]:
        given = {k: v for k, v in args.items() if v is not None}
        self.calls.append((f"view {name}", given))
        if name not in self.views:
            raise NotFoundError(f"find the {name}", "there is none", "jobmon ls")
        return _answer(self.views[name], given)

    def status(self, patience: float | None = None) -> dict[str, Any]:
        del patience
        return self.view("status")

    def answer(self, op: str, args: dict[str, Any]) -> dict[str, Any]:
        given = {k: v for k, v in args.items() if v is not None}
        self.calls.append((op, given))
        return _answer(self.answers[op], given)

    def given(self, op: str) -> list[dict[str, Any]]:
        """The arguments of every call of `op`."""
        return [args for name, args in self.calls if name == op]


def _answer(canned: Any, args: dict[str, Any]) -> dict[str, Any]:
    if isinstance(canned, JobmonError):
        raise canned
    answer: Any = canned(args) if callable(canned) else copy.deepcopy(canned)
    return answer
