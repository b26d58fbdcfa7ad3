"""On the first of every month: the books are closed, a person agrees, the invoices go out."""

from jobmon.jobs import Cron, Flow

flow = Flow(
    "月次締め",
    params={"speed": 1.0},
    schedule=Cron("0 3 1 * *", tz="Asia/Tokyo"),
    tags=["経理"],
    description="締めて、承認を待ち、請求書を送る",
)
close = flow.shell("締め集計", "sh scripts/pause.sh 6 && echo 締めました", effects="idempotent")
invoices = flow.shell("請求書作成", "sh scripts/pause.sh 4 && echo 請求書 31 通")
agree = flow.manual("承認", "売上と在庫の差を見て、よければ done と答える")
send = flow.shell("請求書送付", "sh scripts/pause.sh 2 && echo 31 通送りました", effects="once")

close >> [invoices, agree] >> send
