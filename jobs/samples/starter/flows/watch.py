"""Prices and stock of another shop: what changed since the last look. / 他店の価格の変化を見る。

Needs: pip install "jobmon[jobs]". All options: python3 -m jobmon.jobs.ready.watch --help
"""

import sys

from jobmon.jobs import Flow, Retry

flow = Flow("watch", description="Prices that changed; the history is watch/history.ndjson")

# Yours: take SAMPLE out below, and write the address, the key and the fields of the real shop.
# Until then data/prices.json answers in its place: change a price there and run this again.
SAMPLE = ["scripts/sample_shop.py", "data/prices.json", sys.executable]

prices = flow.exec(
    "prices",
    [
        *(sys.executable, *SAMPLE),
        *("-m", "jobmon.jobs.ready.watch", "http://shop.example/prices.json"),
        *("--key", "code", "--fields", "name,price,stock", "--state", "watch"),
    ],
    retry=Retry(2, delay="30s"),
    timeout="10m",
    effects="idempotent",
)


@flow.python(effects="idempotent", when=prices.output["changed"] > 0)
def tell(changed: int = prices.output["changed"]) -> None:
    print(f"{changed} changed: 値札を見直してください")


if __name__ == "__main__":
    flow.main()
