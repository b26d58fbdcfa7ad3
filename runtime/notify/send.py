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
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import unquote

from jobmon.runtime import disk
from jobmon.runtime.notify.inert import bounded, inert

LIMIT = 30
"""Seconds all of it may take."""
MANY = 10
"""Messages to one address at once; more become one message that lists them."""
LONGEST_ERROR = 300
_NEW = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC
_ASIDE = re.compile(r"(?:Socket|SMTP|HTTP)?\s*(?:Exception|Response Details)", re.IGNORECASE)
_SYSTEM = re.compile(r"\[Errno -?\d+\] ([A-Z][\w ]+)")
_URLS = re.compile(r"\w+://\S+|(?<=url: )\S+")
_PARTS = re.compile(r"[/:@?&=#,;+ ]+")


def main() -> int:
    """Send the parcel on standard input."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(LIMIT)  # also when nobody is left who would end it
    parcel = json.load(sys.stdin)
    answers, sys.stdout = sys.stdout, sys.stderr
    with _alone(parcel):
        for numbers, error in _sent(parcel):
            with contextlib.suppress(BrokenPipeError):  # the receipts tell the next runtime
                for number in numbers:
                    answers.write(json.dumps({"id": number, "error": error}) + "\n")
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


def _sent(parcel: dict[str, Any]) -> Iterator[tuple[list[str], str]]:
    """Ids of messages, and why they were not taken; "" when they were, now or before."""
    folder, every = parcel["folder"], parcel["messages"]
    waiting = [m for m in every if not os.path.exists(_receipt(folder, m["id"]))]
    yield [m["id"] for m in every if m not in waiting], ""
    if len(waiting) > MANY:
        from jobmon.runtime.notify.wording import Place, of_many

        text = of_many(Place(*parcel["place"]), [m["subject"] for m in waiting])
        yield _send(parcel, [m["id"] for m in waiting], *text)
        return
    for message in waiting:
        yield _send(parcel, [message["id"]], message["subject"], message["body"])


def _send(
    parcel: dict[str, Any], numbers: list[str], subject: str, body: str
) -> tuple[list[str], str]:
    """Send one message, which stands for those of all these ids."""
    error = deliver(parcel["url"], subject, body, numbers[0])
    if not error:
        for number in numbers:
            os.close(os.open(_receipt(parcel["folder"], number), _NEW, 0o600))
        with disk.folder(parcel["folder"]) as fd:
            os.fsync(fd)
    return numbers, error


def _receipt(folder: str, number: str) -> str:
    return os.path.join(folder, f"{number}.sent")


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
    return said_of(said.lines, url)


def said_of(lines: Sequence[str], url: str) -> str:
    """Why it was not taken, from what apprise said; the system's own words where there are any."""
    text = " ".join(inert("; ".join(lines[-3:])).split())
    system = _SYSTEM.search(text)
    words = system[1] if system else masked(_URLS.sub("***", text), url)
    return bounded(words, LONGEST_ERROR) or "the service did not take it"


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
