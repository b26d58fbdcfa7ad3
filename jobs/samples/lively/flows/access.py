"""Who looked at what: the web server's log, read line by line."""

from jobmon.jobs import Cron, Flow

flow = Flow(
    "アクセス解析",
    params={"speed": 1.0},
    schedule=Cron("45 * * * *"),
    description="ウェブサーバーのログを読み、人気のページを数える",
)
TOP = """
awk '$9 == 200 { n[$7]++ } END { for (page in n) print n[page], page }' data/access.log |
sort -rn | head -5
"""
read = flow.exec(
    "ログ読取", ["python3", "scripts/replay.py", flow.params.speed], effects="idempotent"
)
top = flow.shell("人気ページ", f"sh scripts/pause.sh 1\n{TOP}", effects="idempotent")
read >> top
