"""What scripts call: pure parts, and how little is loaded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
from email.message import Message
from pathlib import Path

import pytest

from jobmon.jobs.kit import External, backoff, log, mask, places, retries
from jobmon.tui.logfiles.index import level_of

LOADED = "import sys; before = set(sys.modules); {}; print(*(set(sys.modules) - before))"


def loaded(statements: str) -> set[str]:
    """The modules that a new interpreter loads for them."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(statements)],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def test_importing_the_kit_loads_nothing_but_the_kit() -> None:
    names = {"outcomes", "progress", "result"}
    own = {"jobmon", "jobmon.jobs", "jobmon.jobs.kit"} | {f"jobmon.jobs.kit.{n}" for n in names}
    assert loaded("import jobmon.jobs.kit") <= own


def test_behind_all_of_the_kit_are_the_standard_library_and_filelock() -> None:
    allowed = sys.stdlib_module_names | {"jobmon", "filelock"}
    found = loaded("from jobmon.jobs.kit import *; import filelock")
    assert {name.partition(".")[0] for name in found} <= allowed
    assert not [name for name in found if name.startswith(("jobmon.runtime", "jobmon.tui"))]


# --- backoff --------------------------------------------------------------------------------------


class Flaky:
    """Fails with each of `errors`, then returns 7."""

    def __init__(self, *errors: Exception) -> None:
        self.errors, self.calls = list(errors), 0

    def __call__(self) -> int:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return 7


def http(status: int, **headers: str) -> urllib.error.HTTPError:
    told = Message()
    for name, value in headers.items():
        told[name.replace("_", "-")] = value
    return urllib.error.HTTPError("http://shop", status, "no", told, None)


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses; they pass on a clock of their own."""
    pauses: list[float] = []
    monkeypatch.setattr(retries.time, "sleep", pauses.append)
    monkeypatch.setattr(retries.time, "monotonic", lambda: sum(pauses))
    return pauses


def test_pauses_double_up_to_eight_seconds_and_the_last_failure_is_raised(
    slept: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    flaky = Flaky(*[External(f"down {n}") for n in range(8)])
    with pytest.raises(External, match="down 6"):
        backoff(flaky, tries=7)()
    assert slept == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]
    assert capsys.readouterr().err.count("warning: ") == 6


def test_three_tries_are_usual_and_the_value_comes_back(slept: list[float]) -> None:
    tries = []

    @backoff
    def fetch(page: int) -> int:
        tries.append(page)
        if len(tries) < 3:
            raise ConnectionResetError
        return page

    assert (fetch(4), tries, fetch.__name__) == (4, [4, 4, 4], "fetch")


@pytest.mark.parametrize(
    "error", [http(429, Retry_After="20"), External("busy", retry_after="20")], ids=["http", "own"]
)
def test_what_the_other_side_asks_for_is_waited(slept: list[float], error: Exception) -> None:
    assert backoff(Flaky(error))() == 7
    assert slept == [20.0]


def test_each_new_try_says_what_failed_in_words(
    slept: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    failures = [External("it is\ndown"), External(), TimeoutError("slow")]

    def _fetch() -> None:
        if failures:
            raise failures.pop(0)

    backoff(_fetch, tries=4)()
    assert capsys.readouterr().err.splitlines() == [
        "warning: fetch failed (it is down), trying again in 0.5 s",
        "warning: fetch failed (External), trying again in 1 s",
        "warning: fetch failed (TimeoutError: slow), trying again in 2 s",
    ]


@pytest.mark.parametrize(
    ("script", "said"), [("/x/load.py", "load.py"), ("/x/poll/__main__.py", "poll"), ("", "python")]
)
def test_a_script_has_a_name_that_people_know(
    monkeypatch: pytest.MonkeyPatch, script: str, said: str
) -> None:
    monkeypatch.delenv("JOBMON_KEY", raising=False)
    monkeypatch.setattr(sys, "argv", [script])
    assert places.who() == f"{said} (pid {os.getpid()})"


def test_it_never_sleeps_past_its_time(slept: list[float]) -> None:
    flaky = Flaky(External("down"), External("busy", retry_after=60))
    with pytest.raises(External, match="busy"):
        backoff(flaky, within=30)()
    assert (slept, flaky.calls) == ([0.5], 2)


@pytest.mark.parametrize("error", [ValueError(), http(404), FileNotFoundError(), PermissionError()])
def test_what_stays_wrong_is_not_tried_again(slept: list[float], error: Exception) -> None:
    flaky = Flaky(error)
    with pytest.raises(type(error)):
        backoff(flaky)()
    assert (slept, flaky.calls) == ([], 1)


def test_misuse_of_backoff_is_named() -> None:
    async def fetch() -> None: ...

    with pytest.raises(TypeError, match="fetch is an async one"):
        backoff(fetch)
    with pytest.raises(ValueError, match="at least once"):
        backoff(time.time, tries=0)


# --- log ------------------------------------------------------------------------------------------


def test_a_line_has_its_fields_and_the_ids_of_its_job(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JOBMON_RUN", "R7")
    monkeypatch.setenv("JOBMON_JOB", "在庫")
    log("読み込み", rows=123, path=Path("a"), part=float("nan"))
    line = capsys.readouterr().out
    assert line.count("\n") == 1
    assert line.startswith('{"level": "info", "event": "読み込み", "rows": 123, "path": "a"')
    assert json.loads(line)["part"] == "nan"  # JSON knows no such number
    assert (json.loads(line)["run"], json.loads(line)["job"]) == ("R7", "在庫")


@pytest.mark.parametrize(("level", "sign"), [("warning", "W"), ("error", "E"), ("info", "I")])
def test_the_log_screen_sees_the_level(
    level: str, sign: str, capsys: pytest.CaptureFixture[str]
) -> None:
    log("no error, a warning", level=level)
    record = json.dumps({"t": 1.5, "s": "out", "m": capsys.readouterr().out}).replace(": ", ":", 4)
    assert level_of(record.replace(", ", ",", 2).encode()) == sign


def test_no_value_makes_a_line_fail(capsys: pytest.CaptureFixture[str]) -> None:
    circle: list[object] = []
    circle.append(circle)
    log("odd", circle=circle, keys={(1, 2): 3}, half="\ud800")
    assert json.loads(capsys.readouterr().out)["event"] == "odd"
    with pytest.raises(ValueError, match="level 'loud'"):
        log("x", level="loud")


# --- mask -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "taro.yamada+shop@example.co.jp",
        "太郎@例え.jp",
        "090-1234-5678",
        "03(1234)5678",
        "(045) 123-4567",
        "0120-123-456",
        "０３－１２３４－５６７８",
        "0312345678",
        "+81 90 1234 5678",
        "+1 (555) 123-4567",
        "555-123-4567",
        "4111 1111 1111 1111",
        "378282246310005",
    ],
)
def test_personal_data_is_hidden(text: str) -> None:
    assert mask(f"連絡先は {text} です") == "連絡先は *** です"
    assert mask(f"連絡先：{text}。") == "連絡先：***。"


@pytest.mark.parametrize(
    "text",
    [
        "090-1234-5678",
        "０３－１２３４－５６７８",
        "+81 90 1234 5678",
        "555-123-4567",
        "4111111111111111",
    ],
)
def test_japanese_letters_may_stand_right_beside(text: str) -> None:
    assert mask(f"電話は{text}です") == "電話は***です"


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23 07:00:00",
        "4901234567894",  # the code of an article
        "1234567890123456",  # an order; its check digit is wrong
        "¥1,234,567 in 120 rows",
        "10.0.0.12",
        "v1.2.3-0001",
        "0.0312345678",
    ],
)
def test_what_is_not_personal_stays(text: str) -> None:
    assert mask(text) == text


def test_given_secrets_are_hidden_whole() -> None:
    assert mask("key=abcdef abc", "abc", "abcdef", "") == "key=*** ***"
