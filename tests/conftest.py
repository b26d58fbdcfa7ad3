"""Fixtures that more than one layer of tests uses."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobmon.runtime import startup
from tests.batch import Batch

for _name in [name for name in os.environ if name.startswith("JOBMON_")]:
    del os.environ[_name]  # the caller's own settings must not reach the tests


@pytest.fixture
def batch(tmp_path: Path) -> Iterator[Batch]:
    """An empty batch folder; its runtime, if one was started, is ended afterwards."""
    folder = Batch(tmp_path / "batch")
    yield folder
    folder.close()


@pytest.fixture
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runtimes that are started look around every tenth of a second: see tests.brisk."""
    monkeypatch.setattr(startup, "MODULE", "tests.brisk")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
