"""Several times an hour: the pictures of the catalogue, made small and put up."""

from jobmon.jobs import Cron, Flow

flow = Flow(
    "画像変換",
    params={"speed": 1.0},
    schedule=Cron("*/10 * * * *"),
    description="商品の写真を小さくして公開する",
)
small = flow.shell("縮小", "sh scripts/shrink.sh", effects="idempotent")
put_up = flow.shell("公開", "sh scripts/pause.sh 1 && echo 公開しました", effects="idempotent")
small >> put_up
