"""Handing messages to the process that sends: in a thread of its own, for a limited time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from jobmon.runtime.disk import PRIVATE_DIR
from jobmon.runtime.notify.send import LIMIT
from jobmon.runtime.notify.wording import Place

SENDER = ("-P", "-m", "jobmon.runtime.notify.send")
TOO_LONG = f"no answer within {LIMIT} s"


class Parcel(NamedTuple):
    """Messages of one place for one address, in order. Each: id, subject, body."""

    target: str
    url: str
    place: Place
    messages: Sequence[tuple[str, str, str]]


Result = tuple[str, str]
"""(message id, why it was not taken; "" when it was)."""


def send(parcel: Parcel, folder: Path) -> list[Result]:
    """Send, and wait for it. What was not answered failed like the last that was."""
    try:
        folder.mkdir(mode=PRIVATE_DIR, exist_ok=True)
        answers, error = _ask(_written(parcel, folder))
    except OSError as problem:
        answers, error = {}, f"cannot start the sender: {problem.strerror or problem}"
    error = next((why for why in answers.values() if why), error)
    return [(number, answers.get(number, error)) for number, _, _ in parcel.messages]


def _written(parcel: Parcel, folder: Path) -> bytes:
    messages = [{"id": i, "subject": s, "body": b} for i, s, b in parcel.messages]
    body = {"target": parcel.target, "url": parcel.url, "folder": str(folder)}
    body |= {"place": list(parcel.place)}
    return json.dumps(body | {"messages": messages}).encode()


def _ask(parcel: bytes) -> tuple[dict[str, str], str]:
    """The answers by message, and what to say of those that have none."""
    try:
        done = subprocess.run(
            [sys.executable, *SENDER],
            input=parcel,
            capture_output=True,
            timeout=LIMIT + 2,
            start_new_session=True,
            check=False,
        )
        out, error = done.stdout, f"the sender ended with {done.returncode}"
    except subprocess.TimeoutExpired as problem:
        out, error = problem.stdout or b"", TOO_LONG
    answers = {}
    for line in out.decode(errors="replace").splitlines():
        row = json.loads(line)
        answers[row["id"]] = row["error"]
    return answers, TOO_LONG if error.endswith("-14") else error


def in_background(parcel: Parcel, folder: Path, then: Callable[[list[Result]], None]) -> None:
    """Send beside the loop; `then` is called in the thread. Nothing waits for it at the end."""
    threading.Thread(target=lambda: then(send(parcel, folder)), name="notify", daemon=True).start()


def forget(folder: Path, number: str) -> None:
    """Remove the receipt of a message whose sending is recorded."""
    try:
        os.unlink(folder / f"{number}.sent")
    except OSError:
        return
