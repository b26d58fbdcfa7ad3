"""The file of a rate: what is left of it after deaths, garbage and restarts of the machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jobmon.jobs.kit import places, rate, retry_after
from jobmon.jobs.kit.bucket import Bucket, BusyError, names

SITE = "サイト"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JOBMON_HOME", str(tmp_path))
    return tmp_path


def bucket(limit: tuple[int, float] | None = (2, 60.0)) -> Bucket:
    return Bucket(places.folder("limits"), SITE, limit)


def take(mine: Bucket, owner: str = f"{os.getpid()}.1") -> float:
    """Seconds until its turn."""
    with mine.change() as window:
        return window.take(places.now(), owner) - places.now()


def rewrite(mine: Bucket, **fields: object) -> None:
    path = Path(f"{mine.path}.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


@pytest.mark.parametrize("garbage", ["", "{", "[]", "null", "{}", '{"turns": 3}', "\0" * 99])
def test_a_file_that_nobody_can_read_counts_as_used_up(home: Path, garbage: str) -> None:
    take(bucket())
    Path(f"{bucket().path}.json").write_text(garbage)
    assert bucket().look().used(places.now()) == 2
    assert 59 < take(bucket()) < 61


def test_turns_outlive_a_start_of_the_machine_by_the_wall_clock(home: Path) -> None:
    take(bucket())
    take(bucket())
    earlier = time.time() - places.now() - 1000.0  # that start counts from another zero
    turns = [[places.now() + 1000.0 - ago, 1, "1.0"] for ago in (70.0, 10.0)]
    rewrite(bucket(), boot="another", zero=earlier, turns=turns, frozen=places.now() + 1020.0)
    window = bucket().look()
    assert window.used(places.now()) == 1
    assert 19 < window.frozen - places.now() < 21
    rewrite(bucket(), zero=earlier + 99999.0)  # the clock was set back since
    assert bucket().look().used(places.now()) == 2
    assert bucket().look().waiting(places.now()) == 0


def test_a_turn_to_come_dies_with_its_owner(home: Path) -> None:
    take(bucket())
    take(bucket())
    code = f"from jobmon.jobs.kit import rate; print(flush=True); rate({SITE!r}, '2/min')"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as waiting:
        while not bucket().look().waiting(places.now()):
            assert waiting.poll() is None
        waiting.kill()
    with bucket().change() as window:
        assert window.waiting(places.now()) == 0


def test_who_stops_waiting_gives_his_turn_back(home: Path) -> None:
    take(bucket())
    take(bucket())
    code = f"from jobmon.jobs.kit import rate; rate({SITE!r}, '2/min')"
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL) as waiting:
        while not bucket().look().waiting(places.now()):
            assert waiting.poll() is None
        waiting.send_signal(signal.SIGINT)
    assert bucket().look().waiting(places.now()) == 0


def test_one_who_may_not_wait_is_told_that_it_is_being_changed(home: Path) -> None:
    with bucket().change(), pytest.raises(BusyError), bucket().change(wait=False):
        pass


def test_names_are_what_people_gave(home: Path) -> None:
    take(bucket())
    for other in ("a/b", "..", "x" * 5000, "é\n"):
        with Bucket(places.folder("limits"), other, (1, 1.0)).change():
            pass
    (home / ".jobmon" / "limits" / "stray.json").write_text("?")
    assert names(places.folder("limits")) == sorted([SITE, "a/b", "..", "x" * 5000, "é\n"])
    for wrong in ("", "a\0b"):
        with pytest.raises(ValueError, match="is no name"):
            rate(wrong, "1/s")


def test_the_file_of_settings_counts_then_what_is_told_then_what_is_known(home: Path) -> None:
    with pytest.raises(LookupError, match="nothing limits the rate"):
        rate(SITE)
    with pytest.raises(ValueError, match="is no rate"):
        rate(SITE, "often")
    rate(SITE, "2/min")
    rate(SITE)
    with pytest.raises(TimeoutError, match="lets nobody go for"):
        rate(SITE, timeout=0)
    (home / "jobmon.toml").write_text(f'[rates]\n"{SITE}" = "3/min"\n', encoding="utf-8")
    rate(SITE, "1/min", timeout=0)
    (home / "jobmon.toml").write_text("[rates", encoding="utf-8")
    with pytest.raises(TimeoutError):
        rate(SITE, timeout=0)


@pytest.mark.parametrize("value", [None, "soon", "", "Thu, 99 Foo 2026"])
def test_an_answer_that_does_not_say_how_long_means_a_minute(home: Path, value: str) -> None:
    assert 59 < retry_after(SITE, value, "5/s") <= 60


def test_an_answer_of_years_means_a_day(home: Path) -> None:
    assert 86399 < retry_after(SITE, 1e12, "5/s") <= 86400
    assert retry_after(SITE, "3", "5/s") > 86398, "a longer one is not shortened"
    assert 86398 < retry_after(SITE, "-3") < 86400


def test_without_a_batch_folder_limits_are_the_user_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    assert places.folder("locks") == str(tmp_path / "state" / "jobmon" / "locks")
    (tmp_path / "shop" / "below").mkdir(parents=True)
    (tmp_path / "shop" / "jobmon.toml").touch()
    monkeypatch.chdir(tmp_path / "shop" / "below")
    assert places.folder("limits") == str(tmp_path / "shop" / ".jobmon" / "limits")
