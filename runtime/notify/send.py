"""The process that sends: `python -m jobmon.runtime.notify.send`, one address, a few messages.

Reads a parcel as JSON from standard input and answers a line for each message. A receipt on disk
says that a message was taken before anything else does: when the runtime is killed meanwhile, the
next one asks again, and what was taken is not sent twice.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import re
import signal
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from jobmon.runtime.notify.inert import bounded, inert

LIMIT = 30
"""Seconds all of it may take."""
LONGEST_ERROR = 300
_ASIDE = re.compile(r"(?:Socket|SMTP|HTTP)?\s*(?:Exception|Response Details)", re.IGNORECASE)
_PARTS = re.compile(r"[/:@?&=#,;+ ]+")


def main() -> int:
    """Send the parcel on standard input."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(LIMIT)  # also when nobody is left who would end it
    parcel = json.load(sys.stdin)
    answers, sys.stdout = sys.stdout, sys.stderr
    with _alone(parcel):
        for message in parcel["messages"]:
            error = _send(parcel, message)
            with contextlib.suppress(BrokenPipeError):  # the receipt tells the next runtime
                answers.write(json.dumps({"id": message["id"], "error": error}) + "\n")
                answers.flush()
            if error:
                return 0  # the others would only wait for the same
    return 0


@contextlib.contextmanager
def _alone(parcel: dict[str, Any]) -> Iterator[None]:
    """One sender for each address: what an earlier runtime's is sending must not be sent again."""
    path = os.path.join(parcel["folder"], f"{parcel['target']}.lock")
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def _send(parcel: dict[str, Any], message: dict[str, str]) -> str:
    """Why the message was not taken; "" when it was, now or before."""
    receipt = os.path.join(parcel["folder"], f"{message['id']}.sent")
    if os.path.exists(receipt):
        return ""
    error = deliver(parcel["url"], message["subject"], message["body"], message["id"])
    if not error:
        fd = os.open(receipt, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.fsync(fd)
        os.close(fd)
    return error


def deliver(url: str, subject: str, body: str, number: str) -> str:
    """Hand one message to apprise. Returns why it was not taken, without anything of the URL."""
    said = _Said()
    logger = logging.getLogger("apprise")
    logger.setLevel(logging.DEBUG)
    logger.addHandler(said)
    try:
        taken = _notify(url, subject, body, number)
    except Exception as error:  # noqa: BLE001 - whatever a service's plugin raises is its answer
        said.lines.append(f"{type(error).__name__}: {error}")
        taken = False
    finally:
        logger.removeHandler(said)
    if taken:
        return ""
    text = "; ".join(said.lines[-3:]) or "the service did not take it"
    return bounded(masked(" ".join(inert(text).split()), url), LONGEST_ERROR)


def _notify(url: str, subject: str, body: str, number: str) -> bool:
    from apprise import Apprise, AppriseAsset, NotifyFormat, OverflowMode, PersistentStoreMode

    asset = AppriseAsset(
        app_id="jobmon",
        app_desc="jobmon",
        app_url="",
        async_mode=False,
        storage_mode=PersistentStoreMode.MEMORY,
    )
    service: Any = Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    if service is None:
        raise ValueError("apprise does not know such an address")
    if url.startswith("mailto"):
        service.notify_format = NotifyFormat.TEXT  # else it would be made into HTML
    if "overflow=" not in url:
        service.overflow_mode = OverflowMode.TRUNCATE
    if isinstance(getattr(service, "headers", None), dict):  # mail, and calls of one's own
        service.headers = {**service.headers, "X-Jobmon-Message": number}
    # What jobs wrote is neither HTML nor Markdown: who needs one of them escapes it.
    return bool(service.notify(body=body, title=subject, body_format=NotifyFormat.TEXT))


def masked(text: str, url: str) -> str:
    """`text` without any part of the URL but its service."""
    _, _, rest = url.partition("://")
    parts = {part for raw in (rest, unquote(rest)) for part in _PARTS.split(raw) if len(part) > 3}
    for part in sorted(parts, key=len, reverse=True):
        text = text.replace(part, "***")
    return text


class _Said(logging.Handler):
    """What apprise says of a failure; why a connection failed it says in an aside."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        text = record.getMessage()
        if record.levelno >= logging.WARNING or _ASIDE.search(text):
            self.lines.append(text)


if __name__ == "__main__":
    sys.exit(main())
