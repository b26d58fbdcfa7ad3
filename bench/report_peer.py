"""The report as most people would write it with pandas: the same sheets, no formats, no charts.

`python report_peer.py sales.csv out.xlsx`
"""

import sys

import pandas as pd  # pyright: ignore[reportMissingImports] - it has an environment of its own

source, out = sys.argv[1:]
table = pd.read_csv(source, parse_dates=["日付"])
with pd.ExcelWriter(out, engine="xlsxwriter") as book:
    left = 0
    for key in ("日付", "店舗"):
        groups = table.groupby(key).agg(
            件数=("売上", "size"), 数量=("数量", "sum"), 売上=("売上", "sum")
        )
        groups["構成比"] = groups["売上"] / groups["売上"].sum()
        groups.to_excel(book, sheet_name="概要", startrow=3, startcol=left)
        left += 6
    table.to_excel(book, sheet_name="明細", index=False)
