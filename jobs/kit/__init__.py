"""What a running job may call. Standard library only: a job starts within milliseconds."""

from __future__ import annotations

from jobmon.jobs.kit.outcomes import Data, External, Rule
from jobmon.jobs.kit.progress import progress
from jobmon.jobs.kit.result import output

__all__ = ["Data", "External", "Rule", "output", "progress"]
