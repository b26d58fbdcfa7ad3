"""The kill campaign of the backup in short."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_no_kill_leaves_a_generation_that_does_not_verify(tmp_path: Path) -> None:
    # In a process of its own: this one has threads, and the campaign forks.
    command = [sys.executable, "-m", "tests.crash.backups", "--kills", "8", "--seed", "1"]
    done = subprocess.run(
        [*command, "--rows", "500"],
        cwd=Path(__file__).parents[2],
        env={"PATH": "", "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "8 killed" in done.stdout
