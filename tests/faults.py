"""Helpers of the fault tests: commands, runtimes under limits, small disks, counted effects."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jobmon.runtime import client
from jobmon.runtime.errors import JobmonError
from tests.batch import Batch, until

PYTHON = sys.executable
KEPT = ("PATH", "HOME", "TMPDIR", "PYTHONPATH")
COUNTED = 'echo "$JOBMON_ATTEMPT_ID" >> effects; '
"""Shell: what a job does to the world, once an attempt: it appends its id with O_APPEND."""


def environment(**more: str) -> dict[str, str]:
    """What a terminal would give to a command, and not what pytest was given."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return kept | {"LANG": "C.UTF-8", "TZ": "Asia/Tokyo"} | more


def command(home: Path, *args: str) -> list[str]:
    """The words of `jobmon --home HOME ARGS`."""
    return [PYTHON, "-m", "jobmon.tui.cli", "--home", str(home), *args]


def jobmon(home: Path, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        command(home, *args), capture_output=True, text=True, timeout=90, check=False,
        env=environment(**env), stdin=subprocess.DEVNULL,
    )  # fmt: skip


def foreground(home: Path) -> subprocess.CompletedProcess[str]:
    """Run a runtime in the foreground; for those that are to end at once."""
    words = [PYTHON, "-m", "jobmon.runtime", "--home", str(home)]
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)


@contextlib.contextmanager
def serving(
    batch: Batch,
    prepare: Callable[[], None] | None = None,
    prefix: tuple[str, ...] = (),
    **env: str,
) -> Iterator[subprocess.Popen[bytes]]:
    """A runtime that answers, started with `prepare` (limits) or under `prefix` (another user)."""
    words = [*prefix, PYTHON, "-m", "jobmon.runtime", "--home", str(batch.home), "--detached"]
    process = subprocess.Popen(
        words, preexec_fn=prepare, stdin=subprocess.DEVNULL,  # noqa: PLW1509 - no threads here
        stderr=subprocess.DEVNULL, cwd="/",
        env={**os.environ, **env},
    )  # fmt: skip
    try:
        until(lambda: answers(batch) or process.poll() is not None, "the runtime answers")
        assert process.poll() is None, f"the runtime ended with {process.returncode}"
        yield process
    finally:
        with contextlib.suppress(JobmonError, AssertionError):
            batch.close()
        process.terminate()
        process.wait(timeout=30)


def answers(batch: Batch) -> bool:
    """Whether a runtime says hello."""
    try:
        client.connect(batch.state).close()
    except JobmonError:
        return False
    return True


def limit(what: int, most: int) -> Callable[[], None]:
    """For `prepare`: the process and its children get that soft limit."""
    return lambda: resource.setrlimit(what, (most, resource.getrlimit(what)[1]))


def troubles(batch: Batch) -> str:
    """What status says keeps the runtime from its work."""
    return "; ".join(batch.call("status")["troubles"])


def effects(batch: Batch) -> list[str]:
    """The attempts that reached the world, in order, as the jobs themselves wrote it."""
    path = batch.home / "effects"
    return path.read_text().split() if path.exists() else []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Batch]:
    """A batch folder on a file system of 12 MiB; skipped where nothing may be mounted."""
    place = tmp_path / "small"
    place.mkdir()
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    made = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=12m", "none", str(place)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode:
        pytest.skip(f"a small file system may not be mounted here: {made.stderr.strip()}")
    batch = Batch(place / "batch")
    (batch.home / "jobmon.toml").write_text("[runtime]\nmin_free = 0\n")
    try:
        yield batch
    finally:
        with contextlib.suppress(OSError):
            (place / "ballast").unlink()
        with contextlib.suppress(JobmonError, AssertionError):
            batch.close()
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(place: Path) -> Path:
    """Take all the room that is left on the file system of `place`; the file that holds it."""
    ballast = place / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        for size in (1 << 16, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(size))
    return ballast


def as_nobody() -> tuple[str, ...]:
    """A prefix that runs a command as another user, who may still read Python; skips without."""
    setpriv = shutil.which("setpriv")
    if setpriv is None or os.geteuid() != 0:
        pytest.skip("becoming another user needs root and setpriv")
    words = (
        setpriv, "--reuid", "65534", "--regid", "65534", "--clear-groups",
        "--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search",
    )  # fmt: skip
    tried = subprocess.run([*words, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"another user cannot be tried here: {tried.stderr.strip()}")
    return words


def give_way(batch: Batch) -> None:
    """Let other users as far as the folder; pytest's own folders are closed to them."""
    for above in (batch.home, *batch.home.parents):
        if above.stat().st_mode & 0o005 != 0o005:
            above.chmod(above.stat().st_mode | 0o055)
        if above.name.startswith("pytest-of-"):
            break


def rows(path: Path) -> dict[str, list[Any]]:
    """Every row of the tables that say how runs went."""
    import sqlite3

    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        tables = ("events", "runs", "job_runs", "attempts", "flow_holds", "counters")
        return {t: sorted(db.execute(f"SELECT * FROM {t}").fetchall()) for t in tables}
    finally:
        db.close()
