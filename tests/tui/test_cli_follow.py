"""Following a run: the fold of its events, its lines and outcome, detaching, a lost runtime."""

import itertools
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
        event("succeed", at=NOW + 4, output={"rows": 3}, end={"ended": NOW + 3}),
    )
    seen = [applied(m, step)["state"] for step in steps]
    assert seen == ["queued", "starting", "running", "succeeded"]
    row = m.document["jobs"][0]
    assert (row["attempt"], row["started"], row["ended"]) == (1, NOW + 1, NOW + 3)
    assert row["output"] == {"rows": 3}
    assert m.settled
    assert m.document["counts"] == {"succeeded": 1}


def test_a_new_attempt_forgets_how_the_last_one_ended():
    m = mirror("running")
    m.apply(event("retry", reason="exit code 75", code=75, due=NOW + 5))
    assert m.document["jobs"][0]["due"] == NOW + 5
    m.apply(event("due"))
    row = applied(m, event("launch", attempt=2))
    assert (row["attempt"], row["reason"], row["code"], row["due"]) == (2, None, None, None)


def test_flags_come_and_go():
    m = mirror("waiting")
    assert applied(m, event("hold"))["held"] is True
    assert applied(m, event("release"))["held"] is False
    assert applied(m, event("stale"))["stale"] is True


def test_other_runs_and_other_news_change_nothing():
    m = mirror("waiting")
    assert m.apply(event("ready", run=2)) is None
    assert m.apply({"kind": "run.hold", "run": 1, "job": -1, "at": NOW}) is None
    assert m.apply({"kind": "runtime.started", "at": NOW}) is None
    assert m.apply(event("some_day")) is None
    assert m.document["jobs"][0]["state"] == "waiting"


def test_an_event_that_does_not_fit_asks_for_a_new_document():
    with pytest.raises(OutOfStepError):
        mirror("succeeded").apply(event("started"))


@pytest.mark.parametrize(
    ("states", "state"),
    [(("running", "waiting"), "running"), (("succeeded", "waiting_human"), "blocked"),
     (("retry_wait", "lost"), "running"), (("succeeded", "lost"), "blocked"),
     (("waiting", "waiting"), "queued")],
)  # fmt: skip
def test_the_run_stands_as_its_jobs_do(states, state):
    m = Mirror(show([job(f"j{i}", s) for i, s in enumerate(("queued", *states))], "queued"), 1)
    m.apply(event("skip"))
    assert m.document["state"] == state


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
    assert "your turn: jobmon done morning#1 'adjust'" in text
    assert "ctrl-c detaches" in text


def test_a_change_line_is_inert():
    row = job("a\x1b[31m", "failed", reason="b\u202e\n", started=NOW - 2, ended=NOW)
    assert change_line(PIPE, "r", row, event("fail")).isprintable()
