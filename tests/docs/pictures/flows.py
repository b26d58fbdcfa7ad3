"""The flows of the pictures' shop, and how long their jobs usually take."""

from __future__ import annotations

from typing import Any

from jobmon.jobs.definition import FlowDef, JobDef, ParamDef, RetryDef
from tests.core import job


def flow(name: str, *jobs: JobDef, **options: Any) -> FlowDef:
    """A flow in a file of its name."""
    return FlowDef(name=name, jobs=jobs, file=f"flows/{name}.py", **options)


def safe(name: str, *after: str, **options: Any) -> JobDef:
    """A job that may run twice."""
    return job(name, *after, effects="idempotent", **options)


def manual(name: str, *after: str, text: str) -> JobDef:
    """A step for a person."""
    return job(name, *after, kind="manual", text=text)


AGAIN = RetryDef(times=3, delay=120.0)
SALES = ("在庫取込", "売上取込 東店", "売上取込 西店", "売上取込 通販", "返品取込")
MORNING = flow(
    "morning",
    safe("collect", retry=AGAIN),
    safe("load", "collect"),
    safe("publish", "load"),
    safe("アクセス集計"),
    safe("statistics", "load", "アクセス集計"),
    job("prices yokohama", "load", effects="once"),
    job("prices kobe", "load", effects="once"),
    manual(
        "adjust statuses", "publish", "statistics", "prices yokohama", "prices kobe",
        text="set the sales statuses by hand",
    ),
    params=(ParamDef(name="day", type="date"),),
)  # fmt: skip
DAILY = flow(
    "日次売上",
    *(safe(name, pool="web" if name.endswith("通販") else "") for name in SALES),
    safe("日次売上集計", *SALES),
    safe("帳票作成", "日次売上集計"),
    safe("在庫引当", "日次売上集計"),
    safe("発注案", "在庫引当"),
    safe("月次累計", "日次売上集計"),
    safe("予算比較", "月次累計"),
    job("朝便通知", "帳票作成", "発注案", "予算比較", effects="once"),
    safe("片付け", finally_=True),
    deadline="06:10",
)
PRICES = flow("price-watch", safe("fetch pages", pool="web"), safe("値動き", "fetch pages"))
PICTURES = flow("画像変換", safe("縮小"), safe("公開", "縮小"))
PARCELS = flow("parcels", safe("ask the carrier", retry=AGAIN), safe("配達状況", "ask the carrier"))
ACCESS = flow("アクセス解析", safe("ログ読取"), safe("人気ページ", "ログ読取"))
BACKUP = flow(
    "backup", safe("dump database", lock="books"), job("upload", "dump database", effects="keyed")
)
MONTH = flow(
    "月次締め",
    safe("締め集計"),
    job("請求書作成", "締め集計"),
    manual("承認", "締め集計", text="売上と在庫の差を見て、よければ done"),
    job("請求書送付", "請求書作成", "承認", effects="once"),
)
LETTERS = flow("newsletter", job("send letters", pool="web", effects="keyed"))
HABITS = (
    (MORNING, (41, 9, 12, 25, 8, 31, 33, 0)),
    (DAILY, (196, 88, 104, 158, 12, 58, 35, 22, 40, 9, 31, 6, 4)),
    (PRICES, (140, 6)),
    (PICTURES, (74, 5)),
    (PARCELS, (7, 9)),
    (ACCESS, (118, 4)),
    (BACKUP, (410, 95)),
    (MONTH, (330, 120, 0, 40)),
)
"""Each flow with the seconds its jobs usually take; 0: nobody knows."""
