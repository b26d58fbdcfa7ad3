"""Prices, stock and the like of an API or a web page, and what changed; see docs/watch.md."""

from __future__ import annotations

from jobmon.jobs.ready.watch.watching import watch

__all__ = ["watch"]
