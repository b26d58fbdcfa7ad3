"""Changes told to people and to the jobs that follow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

from jobmon.jobs.kit.outcomes import External, Rule
from jobmon.jobs.kit.result import LARGEST
from jobmon.jobs.ready.watch.changes import sentence
from jobmon.jobs.ready.watch.source import Source
from jobmon.jobs.ready.web.secrets import Secrets

Line = dict[str, Any]
IN_MESSAGE = 30
"""Changes that a message tells one by one."""
KINDS = ("new", "changed", "gone", "back")


def summary(lines: Sequence[Line], items: int) -> dict[str, Any]:
    """`items`, how many lines of each kind, and the lines; `left_out`: too many for an output."""
    counts = Counter(line["what"] for line in lines)
    found: dict[str, Any] = {"items": items} | {kind: counts[kind] for kind in KINDS}
    room, kept = LARGEST - 1000, 0
    for line in lines:
        room -= len(msgspec.json.encode(line)) + 24  # what json.dumps needs for its spaces
        if room < 0:
            break
        kept += 1
    return found | {"left_out": len(lines) - kept, "lines": list(lines[:kept])}


class Messages:
    """The services of `--notify`, known to be addresses before anything is asked."""

    def __init__(self, source: Source, secrets: Secrets) -> None:
        self.source = source
        self.service = _service([secrets.fill(url) for url in source.notify])

    def send(self, lines: Sequence[Line]) -> None:
        """Tell the changes. Raises External when one of the services did not take them."""
        if self.service is None or not lines:
            return
        body = "\n".join(sentence(line) for line in lines[:IN_MESSAGE])
        if len(lines) > IN_MESSAGE:
            body += f"\nand {len(lines) - IN_MESSAGE:,} more"
        title = f"{len(lines):,} changes at {urlsplit(self.source.urls[0]).netloc}"
        if not self.service.notify(body=body, title=title):
            raise External(
                f"{title}: a service of --notify did not take the message; "
                "the history is complete, and the next start tells it again"
            )


def _service(urls: Sequence[str]) -> Any:
    if not urls:
        return None
    import apprise

    service = apprise.Apprise()
    for number, url in enumerate(urls, 1):
        if not service.add(url):
            raise Rule(f"--notify number {number} is no address that apprise knows")
    return service
