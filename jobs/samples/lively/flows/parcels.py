"""Where our parcels are. The carrier's computer is busy: the third call gets through."""

import os
import time

from jobmon.jobs import Cron, External, Flow, Retry

flow = Flow(
    "parcels",
    params={"speed": 1.0},
    schedule=Cron("*/30 8-20 * * *"),
    tags=["web"],
    description="Asks the carrier, who is busy at first",
)


@flow.python(
    "ask the carrier", pool="web", retry=Retry(3, delay="3s", backoff=1.5), effects="idempotent"
)
def ask(speed: float) -> dict[str, int]:
    """One call; a busy carrier is trouble outside, so it is made again."""
    attempt = int(os.environ["JOBMON_ATTEMPT"])
    print(f"call {attempt} to the carrier")
    time.sleep(1.5 / speed)
    if attempt < 3:
        raise External("the carrier says 503, come back later")
    return {"parcels": 12}


flow.shell(
    "配達状況",
    'sh scripts/pause.sh 3 && echo "配達中 $parcels 個"',
    env={"parcels": ask.output["parcels"]},
    effects="idempotent",
)
