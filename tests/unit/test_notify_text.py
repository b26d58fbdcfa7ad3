"""Messages are inert, addresses keep their secrets, waits grow; the report fits 80 columns."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest

from jobmon.runtime.errors import UsageError
from jobmon.runtime.model import Run
from jobmon.runtime.notify import outbox, page, targets
from jobmon.runtime.notify.inert import LONGEST, bounded, inert, subject
from jobmon.runtime.notify.outbox import GIVE_UP, Message
from jobmon.runtime.notify.send import said_of
from jobmon.runtime.settings.declared import NotifyRule
from jobmon.tui import spans, vigil

CALLS = (
    "@everyone",
    "@here",
    "@channel",
    "<!channel>",
    "<!here>",
    "<@U123>",
    "<#C1>",
    "<@&99>",
    "<b>",
    "</b>",
    '<a href="http://x">',
)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("around", ["{}", "x{}y", "エラー{}です", "a {} b"])
def test_no_mention_survives(call: str, around: str) -> None:
    found = inert(around.format(call))
    assert call not in found
    assert found.replace("\u200b", "") == around.format(call)


@pytest.mark.parametrize(
    "text",
    ["mail 太郎 <a.b+c@example.co.jp>", "jobmon rerun 朝@2026-11-23T06:10+0900", "5 < 6", "a@b"],
)
def test_addresses_and_run_keys_stay_as_they_are(text: str) -> None:
    assert inert(text) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07x", "x"),
        ("10%\r50%\rdone", "done"),
        ("a\x00b\x08c\x7f\x9b", "abc"),
        ("\u202egnp.exe", "gnp.exe"),
        ("half \ud83d sign", "half  sign"),
        ("日本\tご", "日本 ご"),
    ],
)
def test_escapes_and_controls_are_gone(text: str, left: str) -> None:
    assert inert(text) == left
    inert(text).encode()


def test_what_is_long_is_cut_between_signs_and_a_subject_is_one_line() -> None:
    assert len(bounded("あ" * 5000)) == LONGEST
    assert bounded("短い") == "短い"
    cut = bounded("\n".join(["x" * 99] * 100), 3000)
    assert cut.endswith("x\n…")
    assert subject("a\nBcc: x\r\ny") == "a Bcc: x y"


@pytest.mark.parametrize(
    ("rule", "yes"),
    [
        ({}, True),
        ({"flows": ("朝",)}, True),
        ({"flows": ("朝-東*",)}, True),
        ({"flows": ("夜",)}, False),
        ({"tags": ("重要",)}, True),
        ({"tags": ("x",)}, False),
        ({"flows": ("夜",), "tags": ("重要",)}, True),
    ],
)
def test_rules_are_about_flows_deployments_and_tags(rule: dict[str, Any], yes: bool) -> None:
    run = Run(id=1, key="k", flow="朝", definition="", time="", line="朝-東京", tags=("重要",))
    assert (
        targets.fits(NotifyRule(urls=("json://x",), on=("failed",), **rule), targets.about(run))
        is yes
    )


@pytest.mark.parametrize(
    "url",
    [
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general",
        "mailto://batch:hunt%40er22@mail.example.org?to=a@example.org",
        "json://user:hunter22@host/secretpath?token=abcdef",
    ],
)
def test_nothing_of_an_address_is_in_what_is_said_of_it(url: str) -> None:
    error = said_of([f"cannot reach {unquote(url)}", f"no {url}", "Max url: /secretpath?a"], url)
    assert error.startswith("cannot reach ***")
    for part in ("T1JJ3T3L2", "TIiaj", "hunter22", "hunt%40", "hunt@er22", "secretpath", "abcdef"):
        assert part not in error


def test_the_words_of_the_system_are_enough() -> None:
    noise = (
        "HTTPConnectionPool(host='x'): Max retries (Caused by E('[Errno 111] Connection refused'))"
    )
    assert said_of(["A Connection error occurred", noise], "json://x") == "Connection refused"
    assert said_of([], "json://x")


def message(at: float = 0.0) -> Message:
    return Message(id="1", kind="failed", target="t", to="json", subject="", body="", at=at, due=at)


def test_tries_come_ever_later_and_end_after_a_day() -> None:
    found, now, waits = message(), 0.0, []
    while found.given_up is None:
        found = outbox.failed(found, "refused", now)
        waits.append(found.due - now)
        now = found.due
    assert waits[:-1] == sorted(waits[:-1])
    assert max(waits) == 3600.0
    assert GIVE_UP <= (found.given_up or 0) < GIVE_UP + 3600.0
    assert outbox.again(found, now).given_up is None


DOCUMENT: dict[str, Any] = {
    "since": 1e9, "until": 1e9 + 60, "host": "機械", "home": "/b", "profile": "", "left_out": {},
    "flows": [
        {"flow": "とても長い名前の朝のバッチ処理の流れ一号", "runs": 12, "warn": 1, "retries": 3,
         "succeeded": 9, "failed": 3, "cancelled": 0, "expired": 0, "running": 0, "blocked": 0,
         "queued": 0},
        {"flow": "b", "runs": 1, "warn": 0, "retries": 0, "succeeded": 1, "failed": 0,
         "cancelled": 0, "expired": 0, "running": 0, "blocked": 0, "queued": 0},
    ],
    "failed": [
        {"run": "朝#1", "job": "収集", "state": "failed", "how": "exit code 1",
         "cause": "\x1b[31m@everyone " + "長い" * 60, "hint": "look"}
    ],
    "deeds": [{"at": 1e9, "who": "anna", "verb": "skip", "run": "朝#1", "job": "収集",
               "flow": "朝", "why": "誤り\n<!channel>"}],
    "retried": [], "lost": [], "waiting": [], "late": [], "expired": [], "held": [],
    "running": [], "next": [{"at": 1e9, "line": "夜", "flow": "夜", "held": True}],
}  # fmt: skip


def test_the_report_fits_its_columns_and_is_inert() -> None:
    lines = page.page(DOCUMENT)
    assert max(map(page.cells, lines)) <= 80
    ran = [line for line in lines if line.endswith("succeeded") or "9 succeeded" in line]
    assert len({page.cells(line[: line.index("succeeded") - 2].rstrip()) for line in ran}) == 1
    text = "\n".join(lines)
    assert "anna: 誤り" in text
    assert not any(call in text for call in ("\x1b", "@everyone", "<!channel>"))
    assert page.head(DOCUMENT).endswith("1 failed, 13 runs")


def test_in_a_pipe_the_report_is_whole() -> None:
    row = DOCUMENT["flows"][0] | {"flow": "長い名前" * 10}
    text = "\n".join(page.page(DOCUMENT | {"flows": [row]}, whole=True))
    assert "長い名前" * 10 + " " in text
    assert "長い" * 60 in text
    assert "…" not in text


NOON = spans.instant("2026-11-23T12:00", 0.0)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("yesterday", "2026-11-22"),
        ("today", "2026-11-23"),
        ("06:10", "2026-11-23T06:10"),
        ("6:10", "2026-11-23T06:10"),
        ("18:00", "2026-11-22T18:00"),
        ("2026-11-20T06:10", "2026-11-20T06:10"),
    ],
)
def test_moments_as_people_write_them(text: str, same: str) -> None:
    assert spans.instant(text, NOON) == spans.instant(same, NOON)


@pytest.mark.parametrize("text", ["25:00", "tomorrow", "2026-13-01", "昨日", ""])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        spans.instant(text, NOON)
    with pytest.raises(UsageError):
        spans.read("today", "yesterday", NOON)


@pytest.mark.parametrize(
    ("body", "max_age", "code"),
    [
        ({"running": True, "seen": 990.0}, 0.0, 0),
        ({"running": True, "seen": 990.0, "troubles": ["disk"]}, 0.0, 1),
        ({"running": True, "seen": 500.0}, 0.0, 6),
        ({"running": True, "seen": 500.0}, 600.0, 0),
        ({"running": True, "seen": None}, 0.0, 0),
        ({"running": False, "seen": None}, 600.0, 6),
        ({"running": False, "seen": 990.0}, 0.0, 6),
        ({"running": False, "seen": 990.0}, 60.0, 0),
    ],
)
def test_the_dead_mans_switch(body: dict[str, Any], max_age: float, code: int) -> None:
    found = vigil.verdict(body, max_age, 1000.0)
    assert found.code == code
    assert bool(found.words) == bool(code)
