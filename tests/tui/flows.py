"""Two flows that the list screens are tested with."""

from __future__ import annotations

from typing import Any

from jobmon.jobs.definition import FlowDef, JobDef
from tests.core import job


def flow(name: str, *jobs: JobDef, **options: Any) -> FlowDef:
    return FlowDef(name=name, jobs=jobs, **options)


HOURLY = flow("hourly", job("fetch"), job("load", "fetch"))
DAILY = flow(
    "daily",
    job("orders", pool="database"),
    job("web", pool="database"),
    job("extra", pool="database"),
    job("ledger", lock="books"),
    job("stock", lock="books"),
    job("日次売上集計", "orders", "web"),
    job("report", "日次売上集計"),
)
