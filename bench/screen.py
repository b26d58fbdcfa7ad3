"""`python -m bench.screen [--quick] [--only idle,work] [--rounds N] [--markdown]`: the monitor.

It opens the monitor in a real terminal, counts bytes, CPU and memory, and does the same with an
application made of textual's own widgets. It informs and never fails on a time.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from bench import table
from bench.rounds import about, measure
from bench.targets import Target
from bench.views import VIEWS
from bench.workload import QUICK, Scale

TABLE, LOG = "DataTable, 4 Hz", "RichLog"
TARGETS = (
    Target("start", "start to first paint, runtime up", "s", "DataTable"),
    Target("start.cpu", "  CPU until then", "s", "DataTable"),
    Target("idle.bytes", "nothing happens: bytes", "B", "", 0, 0),
    Target("idle.cpu", "  CPU", "%", "idle DataTable", 1, 0.2),
    Target("idle.rss", "  memory", "MB", "", 100, 60),
    Target("work.queue.cpu", "16 jobs at work, queue: CPU", "%", TABLE, 5, 2),
    Target("work.queue.tick", "  each time it draws", "kB", TABLE, 1.5, 0.8),
    Target("work.queue.rate", "  a second", "kB/s", TABLE),
    Target("work.equalizer.cpu", "16 jobs at work, equalizer: CPU", "%", TABLE, 5, 2),
    Target("work.equalizer.tick", "  each time it draws", "kB", TABLE, 1.5, 0.8),
    Target("work.equalizer.rate", "  a second", "kB/s", TABLE),
    Target("rows.first", "{rows:,} job runs: start to first paint", "s", "DataTable", 0.5, 0.3),
    Target("rows.first.cpu", "  CPU until then", "s", "DataTable"),
    Target("rows.cpu", "  16 of them at work: CPU", "%", TABLE, 5, 2),
    Target("rows.rate", "  a second", "kB/s", TABLE),
    Target("rows.rss", "  memory", "MB", "", 150, 80),
    Target("graph.open", "the tree of 416 jobs opens", "s", "", 0.5, 0.1),
    Target("log.open", "a log of {lines:,} lines opens", "s", "", 1.0, 0.3),
    Target("log.open.cpu", "  CPU until then", "s", ""),
    Target("log.rss", "  memory added", "MB", "", 20, 10),
    Target("log.peer", "  a RichLog of a hundredth of it", "s", ""),
    Target("follow.cpu", "1,000 lines/s followed: CPU", "%", LOG, 5, 2),
    Target("follow.rate", "  a second", "kB/s", LOG),
    Target("switches.rss", "{switches:,} screen switches: memory added", "MB", "new screens", 5, 1),
)


def main() -> int:
    """Measure and print."""
    options = _options()
    scale = QUICK if options.quick else Scale(idle=10.0)
    if options.rounds:
        scale = scale._replace(rounds=options.rounds)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="jobmon-screen-", ignore_cleanup_errors=True) as folder:
        found = measure(Path(folder), scale, VIEWS, options.only or list(VIEWS))
    cells = table.rows(found, scale._asdict(), TARGETS)
    print(about(scale, time.monotonic() - begun))
    print(table.markdown(cells) if options.markdown else table.plain(cells))
    return 0


def _names(text: str) -> list[str]:
    names = text.split(",")
    if unknown := set(names) - set(VIEWS):
        told = f"{', '.join(sorted(unknown))}: there are {', '.join(VIEWS)}"
        raise argparse.ArgumentTypeError(told)
    return names


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.screen", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round, smaller sizes")
    parser.add_argument("--rounds", type=int, help="how often everything is measured")
    parser.add_argument("--only", type=_names, help="parts: " + ", ".join(VIEWS))
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
