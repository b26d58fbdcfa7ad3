"""Tests of flows: a run in virtual time, and a batch folder with a real runtime on it.

    def test_b_is_retried(simulate):
        night = simulate("morning").fail("B", times=2)
        assert night.outcome == "succeeded"
        assert night.attempts["B"] == 3

It is a plugin of pytest too, which brings the fixtures `simulate` and `batch_folder`. Light to
import: every pytest of an environment with jobmon in it does so.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jobmon.runtime.fakes import FakeClock, FakeExecutor, Script
    from jobmon.runtime.testing.folder import BatchFolder, Ran
    from jobmon.runtime.testing.messages import Notification
    from jobmon.runtime.testing.rehearsal import Rehearsal
    from jobmon.runtime.testing.simulation import Simulation, simulate

__all__ = [
    "BatchFolder",
    "FakeClock",
    "FakeExecutor",
    "Notification",
    "Ran",
    "Rehearsal",
    "Script",
    "Simulation",
    "simulate",
]

pytest_plugins = ("jobmon.runtime.testing.plugin",)
_HOMES = {
    "BatchFolder": "testing.folder",
    "FakeClock": "fakes",
    "FakeExecutor": "fakes",
    "Notification": "testing.messages",
    "Ran": "testing.folder",
    "Rehearsal": "testing.rehearsal",
    "Script": "fakes",
    "Simulation": "testing.simulation",
    "simulate": "testing.simulation",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"jobmon.runtime.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
