"""What is asked for when a command is wrapped. Light: no more than a record."""

from __future__ import annotations

from typing import NamedTuple


class Wish(NamedTuple):
    """What is asked for. Times in seconds.

    `wait`: how long for the lock, 0: not at all, None: as long as it takes. `busy_code`: what to
    exit with when it is not free; None: 0 at once, 75 after a wait.
    """

    name: str
    argv: tuple[str, ...]
    wait: float | None = 0.0
    timeout: float | None = None
    grace: float = 10.0
    retries: int = 0
    delay: float = 0.0
    backoff: float = 1.0
    max_delay: float | None = None
    quiet: bool = False
    notify: bool = False
    busy_code: int | None = None
