"""`python -m tests.clocked HOME`: a runtime whose wall clock is ahead by what HOME/ahead says."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

from jobmon.runtime import config, disk
from jobmon.runtime.daemon import Daemon
from tests import brisk


def main(home: Path) -> int:
    """Serve until told to stop."""
    brisk.hurry()
    settings = config.load(home)
    disk.prepare_state(settings.state_dir)
    lock = disk.WriterLock(settings.state_dir)
    lock.acquire()

    def wall() -> float:
        return time.time() + float((home / "ahead").read_text())

    async def serve() -> int:
        return await Daemon(settings, wall=wall).serve(lock, detached=False)

    return asyncio.run(serve())


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
