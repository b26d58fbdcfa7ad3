"""Every sentence of semantics.md, "Verbs", with a test that shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from jobmon.jobs.definition import RetryDef
from jobmon.runtime.errors import JobmonError, RefusedError, UsageError
from jobmon.runtime.model import Event, Limits
from jobmon.runtime.states import Effect, State
from jobmon.runtime.verbs import Command, plan, preview
from tests.core import Driver, diamond, flow, job

Check = Callable[[], None]
SENTENCES: list[tuple[str, Check]] = []


def sentence(text: str) -> Callable[[Check], Check]:
    """Register a check under the sentence it shows."""

    def register(check: Check) -> Check:
        SENTENCES.append((text, check))
        return check

    return register


def refused(night: Driver, verb: str, *names: str, **options: Any) -> JobmonError:
    """The verb does not act; its reason."""
    before = dict(night.board.jobs)
    with pytest.raises((RefusedError, UsageError)) as error:
        night.plan(verb, *names, **options)
    assert night.board.jobs == before
    assert error.value.why
    return error.value


# hold / release


@sentence("hold: a job not yet started will not start")
def _() -> None:
    night = Driver(diamond()).verb("hold", "B").ends(A=0)
    assert night.states["B"] == "queued"
    assert night.run.state == "blocked"


@sentence("hold: a running process is untouched")
def _() -> None:
    night = Driver(diamond()).start("A").verb("hold", "A")
    assert night["A"].state is State.RUNNING
    assert not [effect for effect, *_ in night.effects if effect is Effect.STOP]
    assert night.end("A").states["B"] == "starting"


@sentence("hold: its retries are blocked")
def _() -> None:
    night = Driver(diamond(A={"retry": RetryDef(1, delay=5.0)})).start("A").verb("hold", "A")
    night.end("A", 1)
    night.now += 60
    assert night.settle().states["A"] == "retry_wait"
    assert night.run.state == "blocked"
    assert night.verb("release", "A").states["A"] == "starting"


@sentence("hold: on a run, nothing new starts")
def _() -> None:
    night = Driver(diamond()).start("A").verb("hold").end("A")
    assert night.states["B"] == "queued"
    assert night.verb("release").states["B"] == "starting"


@sentence("hold: on a run, no manual step is asked")
def _() -> None:
    night = Driver(flow(job("A"), job("M", "A", kind="manual"))).start("A").verb("hold").end("A")
    assert night.states["M"] == "waiting"
    assert night.verb("release").states["M"] == "waiting_human"


@sentence("hold: on a flow, optional until-date and reason")
def _() -> None:
    night = Driver(diamond())
    command = Command(verb="hold", flow="f", options={"until": night.now + 60}, who="anna", why="?")
    night.fold(*plan(night.board, command, night.now).events)
    assert night.board.held_flows["f"].why == "?"
    night.now += 60
    assert "f" not in night.settle().board.held_flows


@sentence("hold: the until-date of a flow is said in the offset of who asks")
def _() -> None:
    board, now = Driver(diamond()).board, 1_000_000.0
    until = {"until": now + 60}
    held = Command(verb="hold", flow="f", options=until, offset=32400.0)
    assert plan(board, held, now).touched[0].becomes == "held until 1970-01-12 22:47 +0900"
    with pytest.raises(UsageError, match=r"1970-01-12 13:47 \+0000 is past"):
        plan(board, Command(verb="hold", flow="f", options=until), now + 120)


@sentence("hold: another until-date of a held flow is that of its hold from then on")
def _() -> None:
    night = Driver(diamond())
    for who, later in (("anna", 60), ("bob", 120)):
        until = {"until": night.now + later}
        command = Command(verb="hold", flow="f", options=until, who=who)
        told = plan(night.board, command, night.now)
        night.fold(*told.events)
    (touch,) = told.touched
    assert touch.state.startswith("held until ")
    assert touch.note.endswith(", by anna")
    hold = night.board.held_flows["f"]
    assert (hold.until, hold.who) == (night.now + 120, "bob")
    with pytest.raises(RefusedError, match="held already") as caught:
        plan(night.board, command, night.now)
    assert "another date: jobmon hold --flow f --until TIME" in caught.value.hint


@sentence("hold: a flow's hold leaves its runs alone")
def _() -> None:
    night = Driver(diamond())
    night.fold(*plan(night.board, Command(verb="hold", flow="f"), night.now).events)
    assert night.settle().states["A"] == "starting"


@sentence("hold: what is held already is refused, saying since when and by whom")
def _() -> None:
    night = Driver(diamond()).verb("hold", "B").verb("hold")
    for names in (("B",), ()):
        error = refused(night, "hold", *names)
        assert "held already, since 1970-01-01 09:01 +0900, by anna: because" in error.why
        assert "release" in error.hint


@sentence("hold: refused for a job that has ended, that a person is asked about, that is stopping")
def _() -> None:
    night = Driver(flow(job("A"), job("M", kind="manual"), job("S"))).ends(A=0)
    night.start("S").verb("cancel", "S")
    assert "it succeeded" in refused(night, "hold", "A").why
    assert "waits for a person" in refused(night, "hold", "M").why
    assert "stopping" in refused(night, "hold", "S").why
    assert "only a flow" in refused(night, "hold", "A", until=5.0).why


@sentence("release: what is not held is refused, naming what is")
def _() -> None:
    night = Driver(diamond())
    assert refused(night, "release", "B").why == "it is not held"
    error = refused(night.verb("hold", "B", "C"), "release")
    assert (error.why, error.hint) == (
        "it is not held, only jobs of it: B, C", "jobmon release f#1 B C",
    )  # fmt: skip
    night.verb("release", "B", "C").verb("hold")
    assert "its run is" in refused(night, "release", "B").why
    with pytest.raises(RefusedError, match=r"not held\n  see which are: jobmon ls --flows"):
        plan(night.board, Command(verb="release", flow="f"), night.now)


# skip


@sentence("skip: a job run that is neither terminal nor running becomes skipped")
def _() -> None:
    retried = diamond(B={"retry": RetryDef(1, delay=5.0)})
    waiting = Driver(diamond()).verb("skip", "B")
    queued = Driver(diamond(), Limits(slots=0)).settle().verb("skip", "A")
    retry = Driver(retried).ends(A=0, B=1).verb("skip", "B")
    asked = Driver(flow(job("M", kind="manual"))).settle().verb("skip", "M")
    assert [waiting["B"].state, queued["A"].state, retry["B"].state, asked["M"].state] == [
        State.SKIPPED
    ] * 4


@sentence("skip: a running one is refused unless it is stopped as well")
def _() -> None:
    for night in (Driver(diamond()).settle(), Driver(diamond()).start("A")):
        error = refused(night, "skip", "A")
        assert error.hint == "stop it as well: jobmon skip f#1 A --stop"
    assert "stopping" in refused(night.verb("cancel", "A"), "skip", "A").why


@sentence("skip: one that is stopped for it is skipped once nothing of it is alive")
def _() -> None:
    night = Driver(diamond(A={"skip_value": {"rows": 0}})).start("A").verb("skip", "A", stop=True)
    assert night.in_state("stopping") == ["A"]
    assert [effect for effect, _name, _data in night.effects][-1] is Effect.STOP
    night.stopped("A")
    skipped = night["A"]
    assert (skipped.state, skipped.output, skipped.then) == (State.SKIPPED, {"rows": 0}, "")
    assert skipped.reason == "skipped by anna: because"
    assert night["B"].state is State.STARTING


@sentence("skip: what is stopped for it stays so when killed; so is one being cancelled")
def _() -> None:
    night = Driver(diamond()).start("A").verb("skip", "A", stop=True).verb("kill", "A")
    assert night.stopped("A")["A"].state is State.SKIPPED
    cancelled = Driver(diamond()).start("A").verb("cancel", "A").verb("skip", "A", stop=True)
    assert cancelled.stopped("A")["A"].state is State.SKIPPED


@sentence("skip: an ended one is refused, saying how it ended")
def _() -> None:
    night = Driver(diamond()).ends(A=0, B=1)
    assert "it succeeded already" in refused(night, "skip", "A").why
    assert "it failed already" in refused(night, "skip", "B").why
    assert "upstream_failed" in refused(night, "skip", "C").why


@sentence("skip: an operator's skip satisfies successors")
def _() -> None:
    assert (
        Driver(diamond())
        .ends(A=0)
        .verb("hold", "C")
        .ends(B=0)
        .verb("skip", "C")
        .ends(D=0)
        .states["E"]
        == "starting"
    )


@sentence("skip: the declared skip_value serves as its output")
def _() -> None:
    counted = flow(job("A", skip_value={"rows": 0}), job("B", "A", when='output["A"]["rows"] > 0'))
    night = Driver(counted).verb("skip", "A")
    assert night["A"].output == {"rows": 0}
    assert night.states["B"] == "skipped"
    given = Driver(counted).verb("skip", "A", value={"rows": 3})
    assert given.states["B"] == "starting"


@sentence("skip: a branch/condition skip cascades under all_success")
def _() -> None:
    night = Driver(diamond(B={"when": "1 > 2"})).ends(A=0)
    assert night.states == {
        "A": "succeeded", "B": "skipped", "C": "skipped", "D": "skipped", "E": "skipped",
    }  # fmt: skip
    assert (night["B"].cause, night["C"].cause) == ("condition", "branch")
    assert night.run.state == "succeeded"


# cancel, kill


@sentence("cancel: SIGTERM to every process of the attempt, grace (default 10 s)")
def _() -> None:
    night = Driver(diamond()).start("A").verb("cancel", "A")
    effect, name, data = night.effects[-1]
    assert (effect, name, data["grace"], night["A"].state) == (
        Effect.STOP, "A", 10.0, State.STOPPING,
    )  # fmt: skip
    patient = Driver(diamond()).start("A").verb("cancel", "A", grace=99.0)
    assert patient.effects[-1][2]["grace"] == 99.0


@sentence("cancel: cancelled only when none is alive")
def _() -> None:
    night = Driver(diamond()).start("A").verb("cancel", "A")
    assert night.states["A"] == "stopping"
    assert night.stopped("A").states["A"] == "cancelled"


@sentence("cancel: no retry")
def _() -> None:
    night = Driver(diamond(A={"retry": RetryDef(5)})).start("A").verb("cancel", "A").stopped("A")
    assert night.states["A"] == "cancelled"
    overran = Driver(diamond(A={"retry": RetryDef(5)})).start("A")
    overran.news("stop", "A", reason="timeout").verb("cancel", "A").stopped("A")
    assert overran.states["A"] == "cancelled"


@sentence("cancel: a job that has not started is cancelled at once")
def _() -> None:
    night = Driver(diamond()).start("A").verb("cancel", "B")
    assert night.states["B"] == "cancelled"
    assert night.states["C"] == "upstream_failed"


@sentence("cancel: on a run, the same for all running, and unstarted ones are cancelled")
def _() -> None:
    night = Driver(diamond()).ends(A=0, B=0).start("C", "D").verb("cancel")
    assert (night.in_state("stopping"), night.in_state("cancelled")) == (["C", "D"], ["E"])
    assert night.run.state == "stopping"
    assert night.stopped("C").stopped("D").run.state == "cancelled"


@sentence("cancel: finally_ jobs still run unless --hard")
def _() -> None:
    last = flow(job("A"), job("B", "A"), job("Z", finally_=True))
    soft = Driver(last).start("A").verb("cancel").stopped("A")
    assert soft.states == {"A": "cancelled", "B": "cancelled", "Z": "starting"}
    assert soft.ends(Z=0).run.state == "cancelled"
    hard = Driver(last).start("A").verb("cancel", hard=True).stopped("A")
    assert hard.states == {"A": "cancelled", "B": "cancelled", "Z": "cancelled"}


@sentence("cancel: a soft one can be made hard while the finally jobs run")
def _() -> None:
    night = Driver(flow(job("A"), job("Z", finally_=True))).start("A").verb("cancel").stopped("A")
    assert "cancelled already" in refused(night, "cancel").why
    assert night.verb("cancel", hard=True).states["Z"] == "stopping"


@sentence("cancel: refused with the reason when there is nothing to cancel")
def _() -> None:
    night = Driver(flow(job("A"), job("Z", finally_=True))).ends(A=0)
    for verb in ("cancel", "kill"):
        error = refused(night, verb)
        assert "finally jobs" in error.why
        assert error.hint == "jobmon cancel f#1 --hard"
    assert "it succeeded already" in refused(night, "cancel", "A").why
    assert "ended: succeeded" in refused(night.ends(Z=0), "cancel").why
    stopping = Driver(diamond()).start("A").verb("cancel", "A")
    assert "stopping already" in refused(stopping, "cancel", "A").why


@sentence("cancel: a lost job is terminal, so it is marked or rerun instead")
def _() -> None:
    night = Driver(diamond()).start("A").news("lose", "A", reason="reboot").settle()
    error = refused(night, "cancel", "A")
    assert (error.why, error.hint) == (
        "it is lost", "jobmon mark f#1 A success, or: jobmon mark f#1 A failed",
    )  # fmt: skip


@sentence("kill: SIGKILL at once")
def _() -> None:
    night = Driver(diamond()).start("A").verb("kill", "A")
    assert night.effects[-1][2]["grace"] == 0.0
    later = Driver(diamond()).start("A").verb("cancel", "A").verb("kill", "A")
    assert later.effects[-1][2]["grace"] == 0.0
    assert "no process" in refused(later, "kill", "B").why


@sentence("kill: on a run, all that runs, and unstarted ones are cancelled")
def _() -> None:
    night = Driver(diamond()).start("A").verb("kill")
    assert night.effects[-1][2]["grace"] == 0.0
    assert night.stopped("A").run.state == "cancelled"


# rerun


@sentence("rerun: the job and everything downstream are reset to waiting and get new attempts")
def _() -> None:
    night = Driver(diamond()).ends(A=0, B=0, C=0, D=0, E=0).verb("rerun", "B")
    assert night.states == {
        "A": "succeeded", "B": "starting", "C": "waiting", "D": "waiting", "E": "waiting",
    }  # fmt: skip
    night.ends(B=0, C=0, D=0, E=0)
    assert [night[name].attempt for name in "ABCDE"] == [1, 2, 2, 2, 2]
    assert night.run.state == "succeeded"


@sentence("rerun: upstream and unrelated branches keep their state")
def _() -> None:
    night = Driver(diamond()).ends(A=0, B=0, C=1, D=0).verb("rerun", "C")
    assert [night.states[name] for name in "ABD"] == ["succeeded"] * 3


@sentence("rerun: if an upstream is not satisfied: refused, naming it")
def _() -> None:
    night = Driver(diamond()).ends(A=0, B=1)
    error = refused(night, "rerun", "C")
    assert "upstream B failed" in error.why
    assert error.hint == "rerun that one: jobmon rerun f#1 B"
    lost = Driver(diamond()).start("A").verb("skip", "B").news("lose", "A", reason="reboot")
    assert "upstream A is lost" in refused(lost, "rerun", "B").why


@sentence("rerun: an upstream that is rerun with it counts as satisfied")
def _() -> None:
    night = Driver(diamond()).ends(A=0, B=1).verb("rerun", "B", "C")
    assert night.states["B"] == "starting"


@sentence("rerun: refused while a job it would reset has a process, naming it")
def _() -> None:
    night = Driver(diamond()).ends(A=0, B=0).start("C")
    error = refused(night, "rerun", "B")
    assert "C" in error.why
    assert error.hint == "cancel it first: jobmon cancel f#1 C"


@sentence("rerun: a job that has not run yet is refused")
def _() -> None:
    night = Driver(diamond()).settle()
    assert "has not run yet" in refused(night, "rerun", "B").why
    queued = Driver(diamond(), Limits(slots=0)).settle()
    assert "has not run yet" in refused(queued, "rerun", "A").why
    asked = Driver(flow(job("M", kind="manual"))).settle()
    assert refused(asked, "rerun", "M").hint == "jobmon done f#1 M"


@sentence("rerun: a job that waits for its retry starts now, its retries counted anew")
def _() -> None:
    night = Driver(diamond(A={"retry": RetryDef(1, delay=999.0)})).ends(A=1).verb("rerun", "A")
    assert (night["A"].state, night["A"].attempt, night["A"].tries) == (State.STARTING, 2, 1)
    assert night.start("A").end("A", 1).states["A"] == "retry_wait"


@sentence("rerun: attempts are never erased, their numbers go on")
def _() -> None:
    night = Driver(diamond()).ends(A=1).verb("rerun", "A").ends(A=1).verb("rerun", "A").ends(A=0)
    assert night["A"].attempt == 3


@sentence("rerun: lifts the cancel of its run")
def _() -> None:
    night = Driver(diamond()).ends(A=0).start("B").verb("cancel")
    assert "still stopping" in refused(night, "rerun", "A").why
    night.stopped("B").verb("rerun", "B")
    assert night.run.cancel == ""
    assert night.ends(B=0, C=0, D=0, E=0).run.state == "succeeded"


@sentence("rerun: effects=once is no obstacle when a person asks")
def _() -> None:
    night = Driver(diamond(A={"effects": "once", "retry": RetryDef(5)})).ends(A=1)
    assert night.states["A"] == "failed"
    assert "because you say so" in night.plan("rerun", "A").touched[0].note
    assert night.verb("rerun", "A").states["A"] == "starting"


@sentence("rerun: of a held job waits for the release")
def _() -> None:
    night = Driver(diamond()).start("A").verb("hold", "A").end("A", 1).verb("rerun", "A")
    assert night.states["A"] == "queued"


@sentence("rerun only: a new attempt of this job alone")
def _() -> None:
    night = Driver(diamond()).ends(A=0, B=0, C=0, D=0, E=0).verb("rerun", "B", only=True)
    assert night.states["B"] == "starting"
    assert night.ends(B=0).run.state == "succeeded"
    assert [night[name].attempt for name in "ABCDE"] == [1, 2, 1, 1, 1]


@sentence("rerun only: downstream keeps its state and gets the flag stale")
def _() -> None:
    night = Driver(diamond()).ends(A=0, B=0, C=1, D=0).verb("rerun", "B", only=True)
    assert [night.states[name] for name in "CDE"] == ["failed", "succeeded", "upstream_failed"]
    assert [night[name].stale for name in "ABCDE"] == [False, False, True, True, True]


@sentence("rerun only: a stale upstream_failed job does not come back by itself")
def _() -> None:
    night = Driver(diamond()).ends(A=0, B=1).verb("rerun", "B", only=True).ends(B=0)
    assert night.states["C"] == "upstream_failed"
    assert night.run.state == "failed"


@sentence("rerun only: a rerun of the stale job clears the flag")
def _() -> None:
    night = Driver(diamond()).ends(A=0, B=1).verb("rerun", "B", only=True).ends(B=0)
    night.verb("rerun", "C")
    assert not night["C"].stale
    assert not night["E"].stale
    assert night["D"].stale


@sentence("rerun only: what was queued behind it waits for it again")
def _() -> None:
    night = Driver(diamond()).verb("hold", "C").ends(A=0, B=0).verb("rerun", "B", only=True)
    assert night.states["C"] == "waiting"
    night.start("B").end("B")
    assert night.states["C"] == "queued"


@sentence("rerun failed: every failed, lost, cancelled, upstream_failed, expired job run is reset")
def _() -> None:
    jobs = [job(name) for name in ("ok", "failed", "lost", "cancelled", "expired", "skipped")]
    night = Driver(flow(*jobs, job("doomed", "failed"), job("branch", "ok", when="1 > 2")))
    night.news("expire", "expired").verb("skip", "skipped").start("lost", "cancelled")
    night.news("lose", "lost", reason="reboot").verb("cancel", "cancelled").stopped("cancelled")
    night.ends(ok=0, failed=1)
    assert night.run.state == "failed"
    touched = {touch.name for touch in night.plan("rerun", failed=True).touched}
    assert touched == {"failed", "lost", "cancelled", "expired", "doomed"}
    night.verb("rerun", failed=True)
    assert night.in_state("starting") == ["failed", "lost", "cancelled", "expired"]


@sentence("rerun failed: succeeded and skipped ones are kept")
def _() -> None:
    night = Driver(flow(job("ok"), job("no"), job("passed", "ok"), job("end", "passed", "no")))
    night.verb("skip", "passed").ends(ok=0, no=1).verb("rerun", failed=True).ends(no=0, end=0)
    assert night["ok"].attempt == 1
    assert night.states["passed"] == "skipped"
    assert night.run.state == "succeeded"


@sentence("rerun failed: a branch skipped because of a reset job is decided again")
def _() -> None:
    handled = flow(job("A"), job("H", "A", trigger="one_failed"), job("I", "H"))
    night = Driver(handled).start("A").verb("cancel", "A").stopped("A")
    assert night.states["I"] == "skipped"
    night.verb("rerun", failed=True).ends(A=1)
    assert night.states["H"] == "starting"


@sentence("rerun failed: refused while jobs are stopping, and when nothing failed")
def _() -> None:
    night = Driver(flow(job("A"), job("B"))).ends(A=1).start("B").verb("cancel", "B")
    assert "B is still stopping" in refused(night, "rerun", failed=True).why
    fine = Driver(flow(job("A"))).ends(A=0)
    assert "none of it failed" in refused(fine, "rerun", failed=True).why


@sentence("rerun failed: what answered the earlier failure answers the next one too")
def _() -> None:
    handled = flow(
        job("A", on_failure="alarm"),
        job("alarm", trigger="one_failed"),
        job("report", "A", trigger="all_done"),
        job("Z", finally_=True),
    )
    night = Driver(handled).ends(A=1, alarm=0, report=0, Z=0)
    assert night.run.state == "succeeded"
    night.verb("rerun", failed=True).ends(A=1)
    assert night.states == {
        "A": "failed", "alarm": "starting", "report": "succeeded", "Z": "waiting",
    }  # fmt: skip
    assert [night[name].stale for name in ("A", "alarm", "report", "Z")] == [
        False, False, True, False,
    ]  # fmt: skip
    night.ends(alarm=1, Z=0)
    assert [night[name].attempt for name in ("A", "alarm", "report", "Z")] == [2, 2, 1, 2]
    assert night.run.state == "failed"


@sentence("rerun failed: a handler is not needed again when its job succeeds")
def _() -> None:
    night = Driver(flow(job("A", on_failure="alarm"), job("alarm", trigger="one_failed")))
    night.ends(A=1, alarm=0).verb("rerun", failed=True).ends(A=0)
    assert night.states == {"A": "succeeded", "alarm": "skipped"}
    assert night.run.state == "succeeded"


@sentence("rerun failed: refused while the answer to the earlier failure still runs")
def _() -> None:
    night = Driver(flow(job("A"), job("Z", finally_=True))).ends(A=1).start("Z")
    error = refused(night, "rerun", failed=True)
    assert error.why == "Z is running, for the earlier end"
    assert error.hint == "wait for it, or cancel it: jobmon cancel f#1 Z"


@sentence("rerun failed: what an operator skipped, and what it may revive, is not called stale")
def _() -> None:
    night = Driver(flow(job("A"), job("B", "A"), job("S", "A"), job("Z", finally_=True)))
    night.verb("skip", "S", "Z").ends(A=1).verb("rerun", "A", failed=True)
    assert [night[name].stale for name in ("B", "S", "Z")] == [False] * 3
    assert night.ends(A=0).states["B"] == "starting"


@sentence("reruns use the current code, say so and list what changed since the last attempt")
def _() -> None:
    night = Driver(diamond()).ends(A=0, B=1)
    newer = night.board.add_definition(diamond(B={"source": "better", "retry": RetryDef(1)}))
    planned = night.plan("rerun", "B", definition=newer)
    assert planned.notes == ("uses the current code (changed since: B)",)
    assert planned.touched[0].note == "attempt 2; new code: command, retry"
    night.fold(*planned.events).settle()
    assert night.board.jobdef((1, 1)).source == "better"
    assert night.board.jobdef((1, 0)).source == "run A"


@sentence("reruns flag finished jobs done with old code")
def _() -> None:
    night = Driver(diamond()).ends(A=0, B=1)
    newer = night.board.add_definition(diamond(A={"source": "other"}))
    notes = night.plan("rerun", "B", definition=newer).notes
    assert notes[1] == "done with old code, kept: A"


@sentence("reruns say that they use the current code, also when nothing of it changed")
def _() -> None:
    night = Driver(diamond()).ends(A=0, B=1)
    same = "uses the current code (unchanged for these jobs)"
    assert night.plan("rerun", "B", definition=night.run.definition).notes == (same,)
    gone = "uses the code it has: no other is at hand (unchanged for these jobs)"
    assert night.plan("rerun", "B").notes == (gone,)


@sentence("reruns list the files that changed, and flag what is kept of an older state of them")
def _() -> None:
    night = Driver(diamond()).ends(A=0, B=1)
    command = Command(
        verb="rerun",
        target_run=1,
        jobs=(1,),
        definition=night.run.definition,
        files={0: ("a.sql",), 1: ("b.py", "b.cfg"), 2: ("c.py",)},
    )
    planned = plan(night.board, command, night.now)
    assert planned.notes == (
        "uses the current code (changed since: B, C)", "done with old code, kept: A",
    )  # fmt: skip
    assert planned.touched[0].note == "attempt 2; changed files: b.py, b.cfg"
    night.fold(*planned.events)
    assert [night[name].old_code for name in "ABC"] == [True, False, False]


@sentence("the flag of old code goes with a rerun, a mark, or when the old code is back")
def _() -> None:
    def flagged() -> Driver:
        night = Driver(diamond()).ends(A=0, B=1)
        newer = night.board.add_definition(diamond(A={"source": "other"}))
        night.verb("rerun", "B", definition=newer).ends(B=1)
        assert night["A"].old_code
        return night

    assert not flagged().verb("rerun", "A")["A"].old_code
    assert not flagged().verb("mark", "A", outcome="failed")["A"].old_code
    assert flagged().verb("rerun", "B")["A"].old_code
    back = flagged()
    assert not back.verb("rerun", "B", definition=back.run.definition)["A"].old_code


@sentence("a run otherwise keeps the graph it started with")
def _() -> None:
    night = Driver(diamond()).ends(A=0, B=1)
    newer = night.board.add_definition(flow(job("A"), job("B", "A"), job("C"), job("D", "B")))
    planned = night.plan("rerun", "B", definition=newer)
    assert "the run keeps the graph it started with; it changed at: C" in planned.notes
    night.fold(*planned.events).settle()
    assert night.states["C"] == "waiting"


@sentence("reruns of a job that left the code use its old command and say so")
def _() -> None:
    night = Driver(diamond()).ends(A=0, B=0, C=0, D=0, E=1)
    newer = night.board.add_definition(flow(job("A")))
    planned = night.plan("rerun", "E", definition=newer)
    assert "no longer in the code" in planned.touched[0].note
    night.fold(*planned.events).settle()
    assert night.board.jobdef((1, 4)).source == "run E"


# mark, done


@sentence("mark success / failed: sets the outcome with a note")
def _() -> None:
    night = Driver(diamond()).ends(A=1).verb("mark", "A", outcome="success", value={"n": 1})
    assert night.states["A"] == "succeeded"
    assert (night["A"].reason, night["A"].output) == ("marked success by anna: because", {"n": 1})
    assert night.verb("mark", "A", outcome="failed").states["A"] == "failed"


@sentence("mark: downstream is re-evaluated at once")
def _() -> None:
    night = Driver(diamond()).ends(A=0, B=1)
    assert night.states["E"] == "upstream_failed"
    night.verb("mark", "B", outcome="success")
    assert (night.states["C"], night.states["E"]) == ("starting", "waiting")
    night.ends(C=0).start("D").verb("mark", "C", outcome="failed")
    assert night.states["E"] == "upstream_failed"


@sentence("mark: a queued successor goes back when its upstream is marked failed")
def _() -> None:
    night = Driver(diamond()).verb("hold", "B").ends(A=0).verb("mark", "A", outcome="failed")
    assert night.states["B"] == "upstream_failed"


@sentence("mark: a successor skipped by its condition asks it again")
def _() -> None:
    night = Driver(flow(job("A"), job("B", "A", when='output["A"] > 0')))
    night.start("A").end("A", output=0)
    assert night.states["B"] == "skipped"
    assert night.verb("mark", "A", outcome="success", value=1).states["B"] == "starting"


@sentence("mark: refused on a running job (cancel first)")
def _() -> None:
    night = Driver(diamond()).start("A")
    error = refused(night, "mark", "A", outcome="success")
    assert (error.why, error.hint) == ("it is running", "cancel it first: jobmon cancel f#1 A")


@sentence("mark: what is so already is refused, an unknown outcome too")
def _() -> None:
    night = Driver(diamond()).ends(A=0)
    assert "succeeded already" in refused(night, "mark", "A", outcome="success").why
    assert "outcome is 'great'" in refused(night, "mark", "A", outcome="great").why


@sentence("mark: in a cancelled run nothing starts before a rerun")
def _() -> None:
    night = Driver(flow(job("A"), job("B", "A"), job("C"))).ends(A=1).start("C").verb("cancel")
    night.stopped("C")
    assert "nothing of it starts" in night.plan("mark", "A", outcome="success").notes[0]
    assert night.verb("mark", "A", outcome="success").states["B"] == "upstream_failed"


@sentence("mark: resolves a lost job")
def _() -> None:
    night = Driver(diamond()).start("A").news("lose", "A", reason="reboot").settle()
    assert night.run.state == "blocked"
    assert night.verb("mark", "A", outcome="success").states["B"] == "starting"


@sentence("done: completes a manual step")
def _() -> None:
    night = Driver(flow(job("M", kind="manual"), job("B", "M"))).settle()
    assert night.run.state == "blocked"
    assert night.verb("done", "M", value={"n": 1}).states == {"M": "succeeded", "B": "starting"}
    assert night["M"].output == {"n": 1}


@sentence("done: refused where no person is asked")
def _() -> None:
    night = Driver(flow(job("A"), job("M", "A", kind="manual"))).settle()
    assert "no manual step" in refused(night, "done", "A").why
    assert "does not wait for a person" in refused(night, "done", "M").why


# all of them


@sentence("each recorded with who, when, why")
def _() -> None:
    events: tuple[Event, ...] = Driver(diamond()).settle().plan("cancel").events
    assert {(event.who, event.why, event.at) for event in events} == {("anna", "because", 100.0)}


@sentence("each has a preview of what it will touch")
def _() -> None:
    night = Driver(diamond()).ends(A=0, B=1)
    before = dict(night.board.jobs)
    seen = preview(night.board, night.plan("mark", "B", outcome="success"), night.now)
    assert [(touch.name, touch.state, touch.becomes) for touch in seen.touched] == [
        ("B", "failed", "succeeded"),
        ("C", "upstream_failed", "queued"),
        ("D", "upstream_failed", "queued"),
        ("E", "upstream_failed", "waiting"),
    ]
    assert night.board.jobs == before


@sentence("a verb either acts or says why not: on several jobs, all or none")
def _() -> None:
    night = Driver(diamond()).settle()
    assert "A" in refused(night, "skip", "B", "A").what


@sentence("a verb without its target is refused, not guessed")
def _() -> None:
    night = Driver(diamond())
    for verb in ("skip", "rerun", "done"):
        assert "no job was named" in refused(night, verb).why
    assert "no such verb" in refused(night, "jump").why
    for wrong in (Command(verb="hold"), Command(verb="hold", target_run=9)):
        with pytest.raises(JobmonError):
            plan(night.board, wrong, night.now)
    with pytest.raises(JobmonError, match="jobs 0 to 4"):
        plan(night.board, Command(verb="hold", target_run=1, jobs=(7,)), night.now)


@pytest.mark.parametrize("check", [c for _, c in SENTENCES], ids=[text for text, _ in SENTENCES])
def test_verb(check: Check) -> None:
    check()


def test_the_grace_of_a_stop_is_known_until_it_ends() -> None:
    """A restart carries out the kill that was asked for, not a gentler cancel."""
    night = Driver(flow(job("A", grace=30.0))).start("A").verb("kill", "A")
    assert night["A"].grace == 0.0
    assert night.end("A", 0)["A"].grace is None
