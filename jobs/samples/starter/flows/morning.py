"""The morning: collect, load, then publish and totals side by side, then tell."""

import csv
from pathlib import Path

from jobmon.jobs import Flow, Retry

flow = Flow("morning", params={"day": "today"}, description="A small flow to begin with")

collect = flow.shell(
    "collect",
    'mkdir -p "out/$day" && cp data/sales.csv "out/$day/"',
    retry=Retry(3, delay="2s"),
    effects="idempotent",
)


@flow.python(effects="idempotent")
def load(day: str) -> dict[str, int]:
    with Path("out", day, "sales.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {"rows": len(rows), "yen": sum(int(row["金額"]) for row in rows)}


publish = flow.shell("publish", 'sort "out/$day/sales.csv" > "out/$day/公開.csv"')


@flow.python(effects="idempotent")
def totals(rows: int = load.output["rows"], yen: int = load.output["yen"]) -> None:
    print(f"{rows} rows, 売上 {yen:,} 円")


tell = flow.shell("tell", 'echo "the morning of $day is done"')

collect >> load >> [publish, totals] >> tell

if __name__ == "__main__":
    flow.main()
