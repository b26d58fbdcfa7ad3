"""What several of these tests need."""

import pytest

from tests.batch import Batch


@pytest.fixture
def wide(batch: Batch) -> Batch:
    """A batch folder with room for everything at once."""
    (batch.home / "jobmon.toml").write_text("[runtime]\nslots = 24\n")
    return batch
