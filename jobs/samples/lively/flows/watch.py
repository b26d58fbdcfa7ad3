"""Every hour: what the other shops ask for what we sell, page by page."""

from jobmon.jobs import Cron, Flow, Retry

flow = Flow(
    "price-watch",
    params={"speed": 1.0},
    schedule=Cron("5 * * * *"),
    tags=["web"],
    description="120 pages of other shops, politely",
)

pages = flow.exec(
    "fetch pages",
    ["python3", "scripts/watch.py", flow.params.speed],
    pool="web",
    retry=Retry(2, delay="5s"),
    timeout="5m",
    effects="idempotent",
)
flow.shell(
    "値動き",
    'sh scripts/pause.sh 2 && echo "値動き $changed 件"',
    env={"changed": pages.output["changed"]},
    effects="idempotent",
)
