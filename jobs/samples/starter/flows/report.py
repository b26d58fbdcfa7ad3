"""Sales out of CSV files into a workbook to hand in. / 売上の CSV から渡せる Excel を作る。

Needs: pip install "jobmon[jobs]". All options: python3 -m jobmon.jobs.ready.report --help
"""

import sys

from jobmon.jobs import Flow

flow = Flow("report", description="CSV into a workbook: by day, by store, the detail, a chart")

# Yours: name your own files, "sales/*.csv" for several, and --mail anna@example.org to send it.
flow.exec(
    "workbook",
    [sys.executable, "-m", "jobmon.jobs.ready.report", "data/sales.csv", "--out", "売上.xlsx"],
    timeout="10m",
    effects="idempotent",
)

if __name__ == "__main__":
    flow.main()
