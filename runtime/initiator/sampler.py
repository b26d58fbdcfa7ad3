"""What a running attempt uses, written into its log now and then. Standard library alone.

A sample is the record {"t": seconds, "cpu": seconds of CPU used so far, "rss": bytes now}; it has
"lines", how many were written so far, while the output itself is kept apart for want of room.
"""

from __future__ import annotations

import os
import time

from jobmon.runtime import proctree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jobmon.runtime.initiator.logfile import LogFile

EVERY, SELDOM = 2.0, 10.0
"""Seconds between two samples of a usual tree, and of one of more than MANY processes."""
MANY = 200
OLD = 10_000
"""The pause is at least the age by this: a month's samples are less than sixty thousand."""


class Sampler:
    """Measures what lives below this process. `due` is when next, on the monotonic clock."""

    def __init__(self, log: LogFile) -> None:
        self._log = log
        self._begun = time.monotonic()
        self.due = self._begun + EVERY
        self._strangers = {0, 1}
        self._used = 0.0

    def take(self, now: float, reaped: float) -> None:
        """Write a sample; `reaped` is the CPU of what this process waited for."""
        try:
            tree = self._tree()
        except OSError:  # no descriptors, no memory: the next time
            self.due = now + SELDOM
            return
        pause = SELDOM if len(tree) > MANY else EVERY
        self.due = now + max(pause, (now - self._begun) / OLD)
        cpu = reaped + sum(proc.cpu for proc in tree) / os.sysconf("SC_CLK_TCK")
        # One that ends while the others are read is seen neither alive nor waited for.
        self._used = max(self._used, cpu)
        rss = sum(proc.rss for proc in tree) * os.sysconf("SC_PAGE_SIZE")
        at = round(time.time(), 3)
        self._log.sample({"t": at, "cpu": round(self._used, 2), "rss": rss})

    def _tree(self) -> list[proctree.Proc]:
        """The processes of the attempt. Whoever was once seen to be none of them is not read again.

        Who has a parent that is gone already may be either, and is looked at the next time.
        """
        me = os.getpid()
        pids = {int(name) for name in os.listdir("/proc") if name.isdigit()}
        self._strangers &= pids | {0}
        found = map(proctree.process, sorted(pids - self._strangers - {me}))
        table = {proc.pid: proc for proc in found if proc is not None}
        roots = self._strangers & {proc.ppid for proc in table.values()}
        self._strangers.update(proc.pid for proc in proctree.descendants(roots, table))
        return proctree.descendants({me}, table)
