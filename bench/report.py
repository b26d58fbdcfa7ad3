"""`python -m bench.report`: the ready-made report beside the same job in pandas, in one run."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROWS = 1_000_000
STORES = [
    "新宿店",
    "渋谷店",
    "池袋本店",
    "横浜みなとみらい店",
    "大阪梅田店",
    "札幌店",
    "福岡天神店",
    "名古屋栄店",
]
GOODS = ["お茶", "おにぎり(鮭)", "弁当", "コーヒー", "パン", "牛乳", "チョコレート", "雑誌"]
PRICES = (120, 150, 298, 480, 1200)
PEER = Path(__file__).with_name("report_peer.py")


class Cost(NamedTuple):
    """What a process took."""

    seconds: float
    cpu: float
    megabytes: float


def main() -> None:
    """Make the input, run both in turns, print medians and ratios."""
    asked = _asked()
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "sales.csv")
        generate(source, asked.rows)
        ours = [sys.executable, "-m", "jobmon.jobs.ready.report", str(source), "--out"]
        commands = {"jobmon": ours, "pandas": [asked.python, str(PEER), str(source)]}
        found: dict[str, list[Cost]] = {name: [] for name in commands}
        for _ in range(asked.rounds):
            for name, command in commands.items():
                found[name].append(_run([*command, str(Path(folder, f"{name}.xlsx"))]))
    _tell(found, asked.rows)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.report")
    usual = str(Path(sys.prefix, "pandas", "bin", "python"))
    parser.add_argument("--python", default=usual, help="the interpreter that has pandas")
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def generate(path: Path, rows: int) -> None:
    """Sales of thirty days, the same each time."""
    chance = random.Random(5)
    first = dt.date(2026, 11, 1)
    with path.open("w", encoding="utf-8") as file:
        file.write("日付,店舗,商品,数量,単価,売上\n")
        for number in range(rows):
            day = first + dt.timedelta(days=number * 30 // rows)
            count, price = chance.randint(1, 9), chance.choice(PRICES)
            words = chance.choice(STORES), chance.choice(GOODS)
            file.write(f"{day},{','.join(words)},{count},{price},{count * price}\n")


def _run(command: list[str]) -> Cost:
    begun = time.perf_counter()
    null = (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=[null])
    _, status, used = os.wait4(pid, 0)
    seconds = time.perf_counter() - begun
    if status:
        sys.exit(f"{command[0]} ended with {os.waitstatus_to_exitcode(status)}")
    return Cost(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def _tell(found: dict[str, list[Cost]], rows: int) -> None:
    print(f"{rows:,} rows, medians of {len(found['jobmon'])} rounds; load {os.getloadavg()[0]:.1f}")
    print(f"{'':22}{'jobmon':>10}{'pandas':>10}{'ratio':>8}")
    for field, unit in (("seconds", "s"), ("cpu", "s of CPU"), ("megabytes", "MB at most")):
        pairs = [
            (getattr(a, field), getattr(b, field)) for a, b in zip(*found.values(), strict=True)
        ]
        ours, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
        ratio = statistics.median(a / b for a, b in pairs)
        print(f"{unit:22}{ours:10.1f}{theirs:10.1f}{ratio:8.2f}")


if __name__ == "__main__":
    main()
