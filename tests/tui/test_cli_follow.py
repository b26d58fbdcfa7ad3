"""Following a run: the fold of its events, its lines and outcome, detaching, a lost runtime."""

import itertools
import json
import re
import signal

import pytest
from click.testing import CliRunner
from rich.cells import cell_len

from jobmon.runtime.errors import NoRuntimeError, RefusedError
from jobmon.tui import follow
from jobmon.tui.cli import cli
from jobmon.tui.lines import change_line
from jobmon.tui.live import frame
from jobmon.tui.mirror import Mirror, OutOfStepError
from tests.tui.cli_fakes import NOW, PIPE, PLAIN, FakeDesk, job, morning, show

numbers = itertools.count(41)


def event(kind, number=0, at=NOW, *, run=1, **data):
    attempt = data.pop("attempt", 1)
    return {"kind": f"job.{kind}", "at": at, "run": run, "job": number, "attempt": attempt,
            "data": data, "seq": next(numbers), "who": "runtime", "why": ""}  # fmt: skip


@pytest.fixture(autouse=True)
def limit():
    """Following ends with the run: a test of it that would go on for ever is interrupted."""

    def late(*_):
        raise TimeoutError("followed for 20 seconds")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def mirror(*states):
    jobs = [job(f"j{i}", state) for i, state in enumerate(states)]
    return Mirror(show(jobs), 1)


def applied(m, step):
    row = m.apply(step)
    assert row is not None
    return row


# The fold


def test_a_job_goes_from_waiting_to_its_end():
    m = mirror("waiting")
    steps = (
        event("ready"),
        event("launch", attempt=1),
        event("started", at=NOW + 1),
        event("succeed", at=NOW + 4, output={"rows": 3}, ended=NOW + 3),
    )
    seen = [applied(m, step)["state"] for step in steps]
    assert seen == ["queued", "starting", "running", "succeeded"]
    row = m.document["jobs"][0]
    assert (row["attempt"], row["started"], row["ended"]) == (1, NOW + 1, NOW + 3)
    assert row["output"] == {"rows": 3}
    assert m.settled
    assert m.document["counts"] == {"succeeded": 1}


def test_a_new_attempt_forgets_how_the_last_one_ended():
    m = Mirror(show([job("a", "running", attempt=1)]), 1)
    m.apply(event("retry", reason="exit", code=75, due=NOW + 5))
    assert m.document["jobs"][0]["due"] == NOW + 5
    row = applied(m, event("due"))
    assert change_line(PIPE, "r", row, event("due")).endswith("queued")
    row = applied(m, event("launch", attempt=2))
    assert (row["attempt"], row["reason"], row["code"], row["due"]) == (2, "", None, None)


def test_flags_come_and_go():
    m = mirror("waiting")
    assert applied(m, event("hold"))["held"] is True
    assert applied(m, event("release"))["held"] is False
    assert applied(m, event("stale"))["stale"] is True


def test_other_runs_and_other_news_change_nothing():
    m = mirror("waiting")
    assert m.apply(event("ready", run=2)) is None
    assert m.apply({"kind": "runtime.started", "at": NOW}) is None
    assert m.apply({"kind": "run.created", "run": 1, "job": -1, "at": NOW, "data": {}}) is None
    assert m.apply(event("definition", definition="0" * 20)) is None
    assert m.document["jobs"][0]["state"] == "waiting"


def test_an_event_that_does_not_fit_asks_for_a_new_document():
    with pytest.raises(OutOfStepError):
        mirror("succeeded").apply(event("started"))


@pytest.mark.parametrize(
    ("states", "state"),
    [(("running", "waiting"), "running"), (("succeeded", "waiting_human"), "blocked"),
     (("retry_wait", "lost"), "running"), (("waiting_human", "lost"), "blocked"),
     (("succeeded", "lost"), "failed"),
     (("waiting", "waiting"), "running"), (("succeeded", "failed"), "failed")],
)  # fmt: skip
def test_the_run_stands_as_its_jobs_do(states, state):
    m = Mirror(show([job(f"j{i}", s) for i, s in enumerate(("queued", *states))]), 1)
    m.apply(event("skip"))
    assert m.document["state"] == state


def test_a_run_is_held_released_and_cancelled():
    m = Mirror(show([job("a", "queued"), job("b", "running", attempt=1)]), 1)
    about_run = {"run": 1, "job": -1, "at": NOW, "who": "aki"}
    m.apply({"kind": "run.hold", **about_run})
    assert (m.document["held"], m.document["state"]) == (True, "running")
    m.apply(event("succeed", 1))
    assert m.document["state"] == "blocked"
    m.apply({"kind": "run.release", **about_run})
    assert (m.document["held"], m.document["state"]) == (False, "running")
    m.apply({"kind": "run.cancel", **about_run, "data": {"mode": "soft"}})
    assert m.document["state"] == "stopping"


def test_a_probe_that_cannot_tell_is_told():
    lost = job("a", "lost", reason="reboot") | {"probing": True}
    row = applied(Mirror(show([lost]), 1), event("unverified", reason="probe exit 7"))
    assert (row["probing"], row["reason"]) == (False, "reboot; probe exit 7")


def test_what_a_person_skipped_moves_no_more():
    jobs = [job("a", "succeeded"), job("b", "skipped", ("a",)), job("c", "running", attempt=1),
            job("d", "waiting_human", ("a",))]  # fmt: skip
    m = Mirror(show(jobs), 1)
    m.apply(event("succeed", 2))
    assert m.document["state"] == "blocked"


# Without a terminal: one line per change


@pytest.fixture
def desk():
    made = FakeDesk(PIPE)
    yield made
    made.over.set()


def test_every_change_is_one_line_and_the_exit_code_is_the_outcome(desk):
    desk.stream.extend([event("ready"), event("launch"), event("started"),
                        event("fail", reason="exit code 3", code=3)])  # fmt: skip
    ends = iter([show([job("日次")], "queued"), show([job("日次", "failed")], "failed")])
    desk.views["show"] = lambda _: next(ends)
    desk.answers["run"] = {"run": "morning#1", "id": 1, "jobs": ["日次"]}
    result = CliRunner().invoke(cli, ["run", "morning", "--follow"], obj=desk)
    lines = result.stdout.splitlines()
    assert [line.split()[4] for line in lines[:4]] == ["queued", "starting", "running", "failed"]
    assert "exit code 3" in lines[3]
    assert lines[-1].strip() == "why: jobmon explain morning#1"
    assert result.exit_code == 1
    assert ("subscribe", {"from_seq": 40}) in desk.calls  # from before the run was made


def test_with_json_every_event_is_a_document_and_the_run_is_the_last(desk):
    desk.stream.extend([event("ready"), event("ready", run=9), event("launch"), event("started"),
                        event("succeed")])  # fmt: skip
    ends = iter([show([job("日次")], "queued"), show([job("日次", "succeeded")], "succeeded")])
    desk.views["show"] = lambda _: next(ends)
    desk.answers["run"] = {"run": "morning#1", "id": 1, "jobs": ["日次"]}
    result = CliRunner().invoke(cli, ["run", "morning", "-f", "--json"], obj=desk)
    documents = [json.loads(line) for line in result.stdout.splitlines()]
    kinds = [body["schema"].removeprefix("jobmon.") for body in documents]
    assert kinds == ["run/1", *["event/1"] * 4, "show/1"]
    assert {(d["run_key"], d["job_name"]) for d in documents[1:5]} == {("morning#1", "日次")}
    assert result.exit_code == 0


def test_what_is_done_to_the_run_is_a_line_too(desk):
    held = {"kind": "run.hold", "run": 1, "job": -1, "at": NOW, "seq": 41, "who": "aki@pts/1",
            "why": "wait for the feed"}  # fmt: skip
    documents = iter([show([job("a", "running", attempt=1)]), show([job("a")], "succeeded")])
    desk.views["show"] = lambda _: next(documents)
    desk.stream.extend([held, event("succeed")])
    result = CliRunner().invoke(cli, ["show", "morning#1", "-f"], obj=desk)
    assert re.search(r'\(the run\) +hold  by aki@pts/1  "wait for the feed"', result.stdout)


def test_a_single_job_is_not_followed_silently_as_the_run(desk):
    desk.views["show"] = morning()
    result = CliRunner().invoke(cli, ["show", "morning#1", "load", "-f"], obj=desk)
    assert result.exit_code == 2
    assert "jobmon logs morning#1 load -f" in result.stderr


@pytest.mark.parametrize(("last", "shown"), [(1, [4]), (2, [3, 4]), (9, [0, 1, 2, 3, 4]), (0, [])])
def test_a_followed_log_begins_at_its_last_lines(desk, tmp_path, last, shown):
    lines = [{"jobmon": 1}, *({"t": NOW, "s": "out", "m": f"line {n}"} for n in range(5))]
    if not last:  # what comes later is told
        lines.append({"exit": {}})
    log = tmp_path / ".jobmon" / "1.jsonl"
    log.parent.mkdir()
    text = [json.dumps(line, separators=(",", ":")) + "\n" for line in lines]
    log.write_text("".join(text), encoding="utf-8")
    attempt = {"job": "a", "n": 1, "outcome": "succeeded", "log": str(log)}
    desk.home = tmp_path
    body = show([job("a", "succeeded", attempt=1)], "succeeded", attempts=[attempt])
    desk.views["show"] = body
    result = CliRunner().invoke(cli, ["logs", "morning#1", "a", "-f", "--raw", "-n", str(last)],
                                obj=desk)  # fmt: skip
    assert result.stdout.splitlines() == [f"line {n}" for n in shown]


def test_a_run_that_is_over_is_told_at_once(desk):
    desk.views["show"] = show([job("a", "succeeded")], "succeeded")
    result = CliRunner().invoke(cli, ["show", "morning#1", "-f"], obj=desk)
    assert result.exit_code == 0
    assert "succeeded" in result.stdout


def test_yes_answers_each_manual_step_once(desk):
    documents = [show([job("adjust", "waiting_human")], "blocked")] * 2
    documents += [show([job("adjust", "succeeded")], "succeeded")]
    given = iter(documents)
    desk.views["show"] = lambda _: next(given)
    desk.answers["verb"] = RefusedError("done adjust", "it is succeeded", "")
    desk.stream.append(event("done"))
    assert follow.follow(desk, "morning#1", yes=True) == 0
    assert [args["jobs"] for args in desk.given("verb")] == [["adjust"]]


def test_a_blocked_run_goes_on_being_followed(desk):
    documents = iter([show([job("a", "lost")], "blocked"), show([job("a", "lost")], "blocked"),
                      show([job("a", "succeeded")], "succeeded")])  # fmt: skip
    desk.views["show"] = lambda _: next(documents)
    desk.stream.append(event("mark_success"))
    assert follow.follow(desk, "morning#1") == 0


def test_an_event_that_comes_twice_is_told_once(desk, capsys):
    documents = iter([show([job("a", "queued")]), show([job("a", "succeeded")], "succeeded")])
    desk.views["show"] = lambda _: next(documents)
    twice = event("launch")
    desk.stream.extend([twice, twice, event("started"), event("succeed")])
    assert follow.follow(desk, "morning#1") == 0
    assert capsys.readouterr().out.count("starting") == 1


def test_interrupting_detaches_and_says_how_to_come_back(desk, monkeypatch, capsys):
    desk.views["show"] = morning()

    def interrupt(_self):
        raise KeyboardInterrupt

    monkeypatch.setattr(follow.Follower, "_turn", interrupt)
    assert follow.follow(desk, "morning#1") == 130
    said = capsys.readouterr().err
    assert "goes on" in said
    assert "jobmon show morning#1 -f" in said
    assert not desk.given("verb")


def test_the_stream_goes_on_where_it_stopped_when_the_runtime_is_back(desk, monkeypatch, capsys):
    desk.views["show"] = lambda _: documents.pop(0)
    documents = [show([job("a", "queued")]), show([job("a", "succeeded")], "succeeded")]
    desk.over.set()  # the stream ends at once: the runtime is gone, and back
    launch = event("launch")
    desk.stream.append(launch)
    monkeypatch.setattr(follow, "TICK", 0.01)
    later = iter([event("started"), event("succeed")])
    real = desk.connect

    def connect(*, start=False):
        if not desk.stream and (step := next(later, None)):
            desk.stream.append(step)
        return real(start=start)

    monkeypatch.setattr(desk, "connect", connect)
    assert follow.follow(desk, "morning#1") == 0
    asked = [args["from_seq"] for args in desk.given("subscribe")]
    assert asked[:3] == [40, launch["seq"], launch["seq"] + 1]
    assert "the runtime is gone" in capsys.readouterr().err


def test_a_runtime_that_stays_away_ends_the_following_with_6(desk, monkeypatch):
    desk.views["show"] = morning()
    desk.over.set()
    monkeypatch.setattr(follow, "TICK", 0.01)
    monkeypatch.setattr(follow, "PATIENCE", 0.05)
    first = iter([True, True])
    real = desk.connect

    def connect(*, start=False):
        if not next(first, False):
            raise NoRuntimeError("reach the runtime")
        return real(start=start)

    monkeypatch.setattr(desk, "connect", connect)
    with pytest.raises(NoRuntimeError) as caught:
        follow.follow(desk, "morning#1")
    assert caught.value.exit_code == 6
    assert "jobmon up" in caught.value.hint


# The live picture


def test_the_picture_fits_the_terminal_also_with_many_jobs():
    jobs = [job(f"j{i}", "running" if i % 100 == 0 else "waiting", started=NOW) for i in range(900)]
    lines = frame(PLAIN, show(jobs), NOW, 22)
    assert len(lines) <= 22
    assert all(cell_len(line) <= 80 for line in lines)
    assert sum("running" in line for line in lines) >= 10  # what runs is not pushed out
    assert "and 8" in "\n".join(lines)


def test_the_picture_says_whose_turn_it_is():
    text = "\n".join(frame(PLAIN, show([job("adjust", "waiting_human")], "blocked"), NOW, 22))
    assert "your turn: jobmon done morning#1 adjust" in text
    assert "ctrl-c detaches" in text


def test_a_change_line_is_inert():
    row = job("a\x1b[31m", "failed", reason="b\u202e\n", started=NOW - 2, ended=NOW)
    assert change_line(PIPE, "r", row, event("fail")).isprintable()
