"""Every night: what two shops sold and what is left in the storehouse, on one page."""

import csv
import time

from jobmon.jobs import Cron, Flow
from jobmon.jobs.kit import progress

flow = Flow(
    "日次売上",
    params={"speed": 1.0},
    schedule=Cron("10 2 * * *", tz="Asia/Tokyo"),
    deadline="06:10",
    tags=["夜間"],
    description="売上と在庫を取り込み、一枚の帳票に",
)


@flow.python("在庫取込", effects="idempotent")
def stock(speed: float) -> dict[str, int]:
    """倉庫の在庫を一品ずつ数える"""
    with open("data/sheet.csv", encoding="utf-8-sig", newline="") as f:
        names = [row["name"] for row in csv.DictReader(f)]
    for n, name in enumerate(names, 1):
        time.sleep(0.75 / speed)
        print(f"{name}: {n * 7 % 23} 個")
        progress(n, len(names))
    return {"products": len(names)}


east = flow.shell("売上取込 東店", "sh scripts/sales.sh 東店 4", effects="idempotent")
west = flow.shell("売上取込 西店", "sh scripts/sales.sh 西店 5", effects="idempotent")
returned = flow.shell("返品取込", "sh scripts/pause.sh 3 && echo 返品 2 件", effects="idempotent")


@flow.python("日次売上集計", effects="idempotent")
def totals(
    speed: float,
    products: int = stock.output["products"],
    east_yen: int = east.output["yen"],
    west_yen: int = west.output["yen"],
) -> dict[str, int]:
    """店ごとの売上を合わせる"""
    for shop, yen in (("東店", east_yen), ("西店", west_yen)):
        time.sleep(2 / speed)
        print(f"{shop}: {yen:,}円")
    print(f"{products} 品目、合計 {east_yen + west_yen:,}円")
    return {"yen": east_yen + west_yen}


sheet = flow.shell("帳票作成", "sh scripts/pause.sh 3 && echo 帳票 1 枚", effects="idempotent")
reserve = flow.shell("在庫引当", "sh scripts/pause.sh 2 && echo 引当 8 件", effects="idempotent")
tell = flow.shell("朝便通知", "sh scripts/pause.sh 1 && echo 通知しました", effects="idempotent")

returned >> totals >> [sheet, reserve] >> tell
