"""Runtimes killed at random while they tell people: each failure is told once, none twice.

`python -m tests.crash.told [SEED]`: takes a minute, and is no part of the test-suite.
"""

from __future__ import annotations

import contextlib
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jobmon.runtime.errors import JobmonError
from tests.batch import Batch, until
from tests.receiving import Endpoint, endpoint

FLOWS = 60


def insistent(action: Callable[[], Any]) -> Any:
    """The answer of a runtime, of the next one where it was killed meanwhile."""
    while True:
        with contextlib.suppress(JobmonError):
            return action()


def told(batch: Batch, rng: random.Random) -> tuple[dict[int, int], int]:
    """How often the failure of each flow was told, and how many kills there were."""
    batch.flow("".join(f'v{n} = Flow("朝{n}")\nv{n}.exec("a", ["false"])\n' for n in range(FLOWS)))
    kills = 0
    with endpoint() as hook:
        rule = f'[[notify]]\nurls = ["json://127.0.0.1:{hook.port}/x"]\non = ["failed"]\n'
        (batch.home / "jobmon.toml").write_text(rule, encoding="utf-8")
        for n in range(FLOWS):
            insistent(lambda n=n: batch.run(f"朝{n}"))
            if rng.random() < 0.6:
                time.sleep(rng.random() * 0.8)
                with contextlib.suppress(JobmonError, OSError):
                    batch.kill()
                    kills += 1
        for n in range(FLOWS):
            insistent(batch.client).close()
            batch.wait(f"朝{n}#1")
        until(lambda: not insistent(lambda: batch.call("view", name="notify"))["pending"], "sent")
        words = _words(hook)
    return {n: len(re.findall(rf"朝{n} failed: a", words)) for n in range(FLOWS)}, kills


def _words(hook: Endpoint) -> str:
    """Every subject; of a message that lists others what it lists."""
    lists = [body["message"] for body in hook.got if body["title"].endswith(" messages")]
    return "\n".join([*hook.subjects, *lists])


def main() -> int:
    """Print what was counted; 1 when something was lost or told twice."""
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    batch = Batch(Path(tempfile.mkdtemp(prefix="jobmon-told-")) / "batch")
    try:
        counts, kills = told(batch, random.Random(seed))
    finally:
        batch.close()
    lost = [n for n, count in counts.items() if count == 0]
    twice = [n for n, count in counts.items() if count > 1]
    print(f"seed {seed}: {kills} kills, {FLOWS} failures, lost {lost}, twice {twice}")
    return 1 if lost or twice else 0


if __name__ == "__main__":
    sys.exit(main())
