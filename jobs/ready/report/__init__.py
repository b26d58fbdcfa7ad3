"""CSV files to an Excel workbook: by day, by store, the detail, a chart; the same bytes each time.

`python -m jobmon.jobs.ready.report sales*.csv --out report-{day}.xlsx`
"""

from __future__ import annotations

from jobmon.jobs.ready.report.making import report

__all__ = ["report"]
