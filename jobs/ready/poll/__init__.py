"""A job of another system, started over HTTP and waited for; see docs/poll.md."""

from __future__ import annotations

from jobmon.jobs.ready.poll.polling import poll

__all__ = ["poll"]
