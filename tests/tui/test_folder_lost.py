"""A monitor left open over a real folder that is damaged, taken away, or written into wrongly."""

from __future__ import annotations

import pytest

from jobmon.runtime import client
from jobmon.runtime.errors import NoRuntimeError
from jobmon.tui import absence, asking, feed
from jobmon.tui.session import Opening
from tests.batch import Batch
from tests.tui.onlooker import looking

HELLO = 'flow = Flow("hello")\nflow.shell("greet", "echo こんにちは")\n'


def test_the_screen_says_what_is_wrong_with_the_folder_and_lives(
    batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "STATUS_EVERY", 0.3)
    monkeypatch.setattr(absence, "SELDOM", 0.5)
    with looking(Opening(home=batch.home)) as onlooker:
        # Nothing there at all; then a flow file that is broken, and one that is not.
        onlooker.sees("no flow yet", "lays a sample")
        batch.flow("flow = Flow(", "broken")
        batch.flow(HELLO)
        onlooker.sees("1 mistake in the flow files, see: jobmon check", "broken.py")
        batch.wait(batch.run("hello"))
        (batch.home / "flows" / "broken.py").unlink()
        onlooker.until(lambda text: "mistake" not in text and "succeeded" in text, "it is mended")
        # Killed and damaged: no runtime can be started on it.
        database = batch.state / "state.db"
        kept = {path: path.read_bytes() for path in batch.state.glob("state.db*")}
        batch.kill()
        for path in batch.state.glob("state.db*"):
            path.unlink()
        database.write_bytes(b"no database " * 1000)
        onlooker.sees("THE RUNTIME CANNOT BE STARTED since", "doctor --rebuild", "greet")
        # The folder is gone: it is not made anew.
        moved = batch.home.rename(batch.home.with_name("moved"))
        onlooker.sees("CANNOT BE STARTED", "is not a folder", "greet")
        onlooker.monitor.press("8")
        assert "SYSLOG" in onlooker.tick()
        assert not batch.home.exists()
        # All is well again, and so is the screen.
        moved.rename(batch.home)
        database.unlink()
        for path, data in kept.items():
            path.write_bytes(data)
        onlooker.until(lambda text: "THE RUNTIME" not in text, "it is there again")
        assert onlooker.site.away is None


def test_who_only_looks_never_starts_a_runtime(
    batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "PAUSE", 0.05)
    batch.pid()
    with looking(Opening(home=batch.home, readonly=True)) as onlooker:
        onlooker.sees("no flow yet")
        batch.kill()
        onlooker.sees("THE RUNTIME IS AWAY since", "jobs go on; start one: jobmon up")
        onlooker.sees("this is 00:01 old")
        with pytest.raises(NoRuntimeError):
            client.connect(batch.state)
        batch.pid()  # somebody else does
        onlooker.until(lambda text: "THE RUNTIME" not in text, "it is there again")
