"""How a job says how far it is."""

from __future__ import annotations


def progress(done: float, total: float) -> None:
    """Say that `done` of `total` pieces of the work are done: `progress 37/120` in the output."""
    print(f"progress {done}/{total}", flush=True)  # noqa: T201 - the output is the channel
