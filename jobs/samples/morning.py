"""Every morning before the shop opens: look at the others' prices, set ours, tell the world."""

import contextlib
import csv
import os
import sqlite3
from datetime import date
from pathlib import Path

from jobmon.jobs import Flow, Param, Retry

DAY = Param(date, default="today", help="the business day to prepare")
flow = Flow("morning", params={"day": DAY}, description="A small shop's morning, in eight steps")

collect = flow.shell(
    "collect",
    'python3 scripts/collect.py --day "$day"',
    retry=Retry(3, delay="1s", backoff=2, max_delay="8s"),
    timeout="2m",
    effects="idempotent",
    description="Offers of three shops, into one CSV",
)
load = flow.exec("load", ["python3", "scripts/load.py", DAY], effects="idempotent")
publish = flow.exec("publish", ["python3", "scripts/publish.py", DAY], effects="idempotent")
access = flow.shell("アクセス集計", "sh scripts/access.sh", effects="idempotent")

STATISTICS = """
select code, name, price, min(yen), round(avg(yen)), sum(stock > 0)
from product left join offer using (code) group by code order by code
"""


@flow.python(effects="idempotent")
def statistics(day: str, loaded: int = load.output["rows"], views: int = access.output["views"]):
    """Our price beside the market's, and how often people looked, for every product."""
    out = Path("out") / day
    with contextlib.closing(sqlite3.connect(out / "shop.sqlite")) as db:
        rows = db.execute(STATISTICS).fetchall()
    with (out / "access.csv").open(encoding="utf-8") as f:
        seen = dict(csv.reader(f))
    with (out / ".statistics.csv").open("w", encoding="utf-8-sig", newline="") as f:
        writer = csv.writer(f, lineterminator="\n")
        writer.writerow(("code", "name", "ours", "cheapest", "average", "shops", "views"))
        writer.writerows((*row, seen.get(row[0], 0)) for row in rows)
    os.replace(out / ".statistics.csv", out / "statistics.csv")
    dearer = [name for _, name, ours, cheapest, *_ in rows if cheapest and ours > cheapest]
    print(f"{loaded} rows, {views} views; cheaper elsewhere: {'、'.join(dearer)}")
    return {"products": len(rows), "dearer": len(dearer)}


yokohama = flow.exec("prices yokohama", ["python3", "scripts/prices.py", "yokohama", DAY])
kobe = flow.exec("prices kobe", ["python3", "scripts/prices.py", "kobe", DAY], tolerate=True)
adjust = flow.manual(
    "adjust statuses",
    "Compare out/<day>/statistics.csv with data/sheet.csv, set the sales statuses by hand, "
    "then mark this step done",
)

collect >> load >> [publish, yokohama, kobe]
[publish, statistics, yokohama, kobe] >> adjust

if __name__ == "__main__":
    flow.main()
