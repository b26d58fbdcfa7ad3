"""What every part of the bench is: a piece of ground, measured once a round."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bench.table import Sample

Found = tuple[str, Sample]


class Scale(NamedTuple):
    """How much is measured: rounds, jobs of the largest fan-out, job runs of history, seconds."""

    rounds: int = 3
    many: int = 10_000
    history: int = 1_000_000
    idle: float = 20.0
    times: int = 5  # how often a short thing is repeated in a round
    rows: int = 5_000  # of the monitor's queue
    lines: int = 1_000_000  # of a log in the monitor
    switches: int = 1_000  # from screen to screen


QUICK = Scale(rounds=1, many=2_000, history=100_000, idle=5.0, times=3, lines=200_000, switches=200)


class Workload:
    """One part. Made once; `measure` is called each round, or once if not `every_round`."""

    every_round = True

    def __init__(self, folder: Path, scale: Scale) -> None:
        self.folder, self.scale = folder, scale

    def measure(self) -> Iterator[Found]:
        """(key of the row, sample) of one round."""
        raise NotImplementedError

    def close(self) -> None:
        """End every process of it."""
