"""Messages to real servers: one per change, none per retry, inert, nothing lost, nobody held up."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from jobmon.runtime import failpoint
from jobmon.runtime.disk import locked
from jobmon.runtime.errors import JobmonError
from jobmon.tui import vigil
from jobmon.tui.desk import Desk
from tests.batch import Batch, until
from tests.receiving import Endpoint, endpoint, mailbox

CANARY = "hunter22canary"
HOSTILE = r"printf '\033[31m<!channel> @everyone <@U1>\033[0m 在庫\n'"


@pytest.fixture
def hook() -> Iterator[Endpoint]:
    with endpoint() as found:
        yield found


def rules(batch: Batch, *urls: str, on: str = "", more: str = "") -> None:
    rows = ", ".join(f'"{url}"' for url in urls)
    text = f"[[notify]]\nurls = [{rows}]\n{on}\n{more}"
    (batch.home / "jobmon.toml").write_text(text, encoding="utf-8")


def flow(batch: Batch, code: int, name: str = "朝") -> None:
    """A flow whose one job says something hostile and ends so; 75 is tried twice."""
    retry = "retry=Retry(1, 0.01)"
    (batch.home / "code").write_text(str(code))
    batch.flow(
        f'f = Flow(\'{name}\')\nf.shell("収集", r"""{HOSTILE}; exit $(cat code)""", {retry})\n',
        "f",
    )


def outbox(batch: Batch) -> list[dict[str, Any]]:
    return batch.call("view", name="notify")["pending"]


def test_one_message_per_change_and_none_per_retry(batch: Batch, hook: Endpoint) -> None:
    with mailbox() as (mails, port):
        mail = f"mailto://127.0.0.1:{port}?from=batch@example.org&to=a@example.org&mode=insecure"
        (batch.home / "url").write_text(mail)
        rules(
            batch,
            f"json://127.0.0.1:{hook.port}/{CANARY}",
            more='[[notify]]\nurls = [{ secret = "MAIL" }]\nflows = ["朝"]\non = ["failed"]\n'
            '[secrets]\nMAIL = { file = "url" }',
        )
        flow(batch, 75)
        for code, state in ((75, "failed"), (75, "failed"), (0, "succeeded"), (0, "succeeded")):
            (batch.home / "code").write_text(str(code))
            assert batch.wait(batch.run("朝"))["state"] == state
        until(lambda: len(hook.got) == 2 and mails.got and not outbox(batch), "all is sent")
        result = batch.call("notify", test=True)["results"]
    assert result == [
        {"to": "json of rule 1", "error": ""},
        {"to": "secret MAIL of rule 2", "error": ""},
    ]
    assert hook.subjects[:2] == ["[jobmon] 朝 failed: 収集", "[jobmon] 朝 recovered"]
    events = batch.call("view", name="events", args={"limit": 1000})["events"]
    sent = sorted(event["why"] for event in events if event["kind"] == "notify.sent")
    recovered = "recovered to json of rule 1"
    assert sent == ["failed to json of rule 1", "failed to secret MAIL of rule 2", recovered]
    is_right(hook.got[0]["message"], batch)
    is_right_mail(mails.got[0], mails.raw[0], batch)
    kept = [path.read_bytes() for path in batch.state.rglob("*") if path.is_file()]
    assert not any(CANARY.encode() in content or b"mailto://" in content for content in kept)


def is_right(body: str, batch: Batch) -> None:
    for words in ("朝#1", "exit code 75", "jobmon rerun 朝#1 --failed", "在庫", str(batch.home)):
        assert words in body
    for call in ("\x1b", "<!channel>", "@everyone", "<@U1>"):
        assert call not in body


def is_right_mail(mail: EmailMessage, raw: bytes, batch: Batch) -> None:
    assert mail["subject"] == "[jobmon] 朝 failed: 収集"
    assert mail.get_content_type() == "text/plain"
    assert mail["X-Jobmon-Message"]
    assert max(map(len, raw.splitlines())) < 998
    is_right(mail.get_content(), batch)


def test_a_server_that_is_down_gets_it_when_it_is_up_and_much_at_once_is_one(batch: Batch) -> None:
    with endpoint() as closed:
        port = closed.port
    rules(batch, f"json://127.0.0.1:{port}/{CANARY}")
    batch.flow("".join(f'v{n} = Flow("朝{n}")\nv{n}.exec("a", ["false"])\n' for n in range(12)))
    for run in [batch.run(f"朝{n}") for n in range(12)]:
        batch.wait(run)
    until(lambda: sum(m["tries"] > 0 for m in outbox(batch)) == 12, "all were tried")
    waiting = outbox(batch)[0]
    assert "refused" in waiting["error"]
    assert CANARY not in waiting["error"]
    assert waiting["due"] > waiting["at"]
    with endpoint(port) as hook:
        batch.call("notify", retry=True)
        until(lambda: hook.got and not outbox(batch), "all is sent")
    assert hook.subjects == ["[jobmon] 12 messages"]
    assert all(f"- 朝{n} failed: a" in hook.got[0]["message"] for n in range(12))


def test_a_server_that_hangs_holds_up_nothing_and_a_kill_meanwhile_sends_nothing_twice(
    batch: Batch, hook: Endpoint
) -> None:
    hook.gate.clear()
    rules(batch, f"json://127.0.0.1:{hook.port}/{CANARY}?rto=15")
    flow(batch, 1)
    batch.wait(batch.run("朝"))
    until(lambda: hook.got, "it is being sent")
    assert not any(CANARY in line for line in command_lines())
    (batch.home / "code").write_text("0")
    assert batch.wait(batch.run("朝"))["state"] == "succeeded"
    batch.kill()
    batch.client().close()
    hook.gate.set()
    until(lambda: len(hook.got) >= 3 and not outbox(batch), "all is sent")
    gone, failed = "runtime was gone", "朝 failed: 収集"
    assert [failed in hook.subjects[0], sum(gone in s for s in hook.subjects)] == [True, 1]
    assert sum(failed in s for s in hook.subjects) == 1
    assert len(set(hook.ids)) == len(hook.ids)


def command_lines() -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_text(errors="replace"))
        except OSError:
            continue
    return found


def test_killed_at_every_step_it_is_told_once(
    batch: Batch, hook: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules(batch, f"json://127.0.0.1:{hook.port}/", on='on = ["failed"]')
    flow(batch, 1)
    for step in failpoint.TELLING:
        monkeypatch.setenv("JOBMON_DIE_AT", step)
        monkeypatch.setenv("JOBMON_DIE_ONCE", str(batch.home / step))
        with contextlib.suppress(JobmonError):  # it may die before it answers
            if step == failpoint.TELLING[0]:
                batch.run("朝")
            batch.client().close()
        until((batch.home / step).exists, f"the runtime died when it was {step}")
        until(lambda: not locked(batch.state / "runtime.lock"), "it is gone")
    assert len(hook.got) == 1
    batch.client().close()
    until(lambda: not outbox(batch), "it is known to be sent")
    assert hook.subjects == ["[jobmon] 朝 failed: 収集"]
    assert not list((batch.state / "notify").glob("*.sent"))


def test_the_report_is_sent_and_a_frozen_runtime_is_noticed(batch: Batch, hook: Endpoint) -> None:
    rules(batch, f"json://127.0.0.1:{hook.port}/", on='on = ["report"]')
    flow(batch, 1)
    batch.wait(batch.run("朝"))
    batch.verb("mark", "朝#1", "収集", outcome="success", why="数えた")
    now = time.time()
    shown = batch.call("view", name="report", args={"since": int(now) - 60})
    assert shown["flows"][0]["succeeded"] == 1
    assert shown["failed"][0]["state"] == "succeeded"
    batch.call("notify", report={"since": now - 60, "until": now})
    until(lambda: hook.got, "the report is sent")
    body = hook.got[0]["message"]
    assert all(words in body for words in ("mark success 朝#1 収集", "数えた", "once, now"))
    pid, desk = batch.pid(), Desk(str(batch.home))
    assert vigil.verdict(desk.status(5.0), 0.0, time.time()).code == 0
    os.kill(pid, signal.SIGSTOP)
    try:
        found = vigil.verdict(desk.status(0.2), 0.0, time.time())
    finally:
        os.kill(pid, signal.SIGCONT)
    assert found.code == 6
    assert "did not answer" in found.words
