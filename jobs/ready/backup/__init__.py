"""CSV files and SQLite databases saved as Parquet, a generation a day; see docs/backup.md."""

from __future__ import annotations

from jobmon.jobs.ready.backup.checking import restore, verify
from jobmon.jobs.ready.backup.making import backup

__all__ = ["backup", "restore", "verify"]
