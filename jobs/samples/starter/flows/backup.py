"""Copies of CSV files and databases, thirty days of them. / CSV と DB を三十日分とっておく。

Needs: pip install "jobmon[jobs]". All options: python3 -m jobmon.jobs.ready.backup --help
"""

import contextlib
import csv
import sqlite3
import sys
from pathlib import Path

from jobmon.jobs import Flow

BACKUP = [sys.executable, "-m", "jobmon.jobs.ready.backup"]

flow = Flow("backup", params={"day": "today"}, description="Parquet under backup/YYYYMMDD")


@flow.python(effects="idempotent")
def sample() -> None:
    """The sample's database, made once. Yours: take this job out, and name your files below."""
    path = Path("data/shop.sqlite")
    if path.exists():
        return
    with Path("data/sales.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row["日付"], row["店舗"], int(row["金額"])) for row in csv.DictReader(file)]
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute("create table 売上 (日付 text, 店舗 text, 金額 integer)")
        db.executemany("insert into 売上 values (?, ?, ?)", rows)


save = flow.exec(
    "save",
    [*BACKUP, "data/sales.csv", "data/shop.sqlite", "--to", "backup", "--day", flow.params.day],
    timeout="1h",
    effects="idempotent",
)
verify = flow.exec(
    "verify", [*BACKUP, "--to", "backup", "--verify", flow.params.day], effects="idempotent"
)

sample >> save >> verify

if __name__ == "__main__":
    flow.main()
