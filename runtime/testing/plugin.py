"""The fixtures `simulate` and `batch_folder`. Every pytest imports this, and no more unasked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from jobmon.jobs.definition import FlowDef
    from jobmon.runtime.testing.folder import BatchFolder
    from jobmon.runtime.testing.rehearsal import Rehearsal
    from jobmon.runtime.testing.said import HasDefinition


@pytest.fixture
def simulate(request: pytest.FixtureRequest) -> Callable[..., Rehearsal]:
    """`simulate(flow)`: a run in virtual time, told by `.fail("B", times=2)` and the like.

    `flow` is a Flow, its definition, or the name of one in the batch folder around the test file.
    """
    from jobmon.runtime.testing.rehearsal import Rehearsal

    def begin(flow: str | FlowDef | HasDefinition, **options: Any) -> Rehearsal:
        __tracebackhide__ = True
        if isinstance(flow, str):
            from jobmon.runtime.testing.around import flow_named

            return Rehearsal(flow_named(flow, request.path), **options)
        return Rehearsal(flow, **options)

    return begin


@pytest.fixture
def batch_folder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BatchFolder]:
    """A copy of the batch folder around the test file, or an empty one, to run flows in for real.

    Its runtime, if one was started, and all jobs are ended with the test.
    """
    from jobmon.runtime.testing.around import batch_folder_of
    from jobmon.runtime.testing.folder import BatchFolder

    folder = BatchFolder(tmp_path / "batch", batch_folder_of(request.path))
    yield folder
    folder.close()
