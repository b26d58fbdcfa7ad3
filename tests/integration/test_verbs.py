"""The verbs on real processes: A -> B -> C, B -> D, C and D -> E, each sentence of the contract.

Every job appends its attempt to ran.txt, so what ran is known from the jobs themselves. A job
whose `hang` file exists runs until that file is gone; one whose `break` file exists fails.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from jobmon.runtime.errors import RefusedError
from tests.batch import Batch, alive, until

FLOW = """
flow = Flow("five")
def job(name):
    return flow.shell(name, '''
        echo "$JOBMON_JOB.$JOBMON_ATTEMPT $$" >> ran.txt
        while [ -e "hang.$JOBMON_JOB" ]; do sleep 0.02; done
        test ! -e "break.$JOBMON_JOB"''', grace="5s")
a, b, c, d, e = map(job, "ABCDE")
a >> b >> c
b >> d
[c, d] >> e
"""
VERBS: list[tuple[str, Callable[[Five], None]]] = []


def sentence(text: str) -> Callable[[Callable[[Five], None]], None]:
    """Enter a row: what the contract says, and its proof."""
    return lambda proof: VERBS.append((text, proof))


class Five:
    """The flow in a batch folder, and its newest run."""

    def __init__(self, batch: Batch) -> None:
        self.batch, self.home = batch, batch.home
        batch.flow(FLOW)
        self.run = ""

    def start(self, *, hang: str = "", broken: str = "") -> Five:
        """Start a run in which these jobs hang or fail."""
        for name in hang:
            (self.home / f"hang.{name}").touch()
        for name in broken:
            (self.home / f"break.{name}").touch()
        self.run = self.batch.run("five")
        return self

    def let(self, *names: str) -> Five:
        """Let hanging jobs end."""
        for name in names:
            (self.home / f"hang.{name}").unlink()
        return self

    def mend(self, *names: str) -> Five:
        """Have broken jobs succeed from now on."""
        for name in names:
            (self.home / f"break.{name}").unlink()
        return self

    def over(self) -> Five:
        """Wait for the run's end."""
        self.batch.wait(self.run)
        return self

    def sees(self, job: str, state: str) -> Five:
        """Wait until the job is in that state."""
        self.batch.wait_job(self.run, job, state)
        return self

    def verb(self, verb: str, *jobs: str, **options: object) -> Five:
        """Do it; RefusedError when it is refused."""
        self.batch.verb(verb, self.run, *jobs, **options)
        return self

    def refused(self, verb: str, *jobs: str, **options: object) -> str:
        """Why the verb is refused."""
        with pytest.raises(RefusedError) as caught:
            self.verb(verb, *jobs, **options)
        return caught.value.why

    @property
    def states(self) -> str:
        """The five states, one letter each (upper case: ended)."""
        letters = {"upstream_failed": "U", "succeeded": "S", "failed": "F", "skipped": "K",
                   "cancelled": "C", "waiting": "w", "queued": "q", "running": "r"}  # fmt: skip
        return "".join(letters[s] for s in self.batch.states(self.run).values())

    @property
    def outcome(self) -> str:
        """The run's state."""
        return self.batch.show(self.run)["state"]

    def ran(self) -> str:
        """The jobs that really ran, in order; an attempt that ran twice fails here."""
        lines = (self.home / "ran.txt").read_text().split("\n")[:-1]
        attempts = [line.split()[0] for line in lines]
        assert max(Counter(attempts).values()) == 1
        return "".join(attempt[0] for attempt in attempts)

    def pid(self, job: str) -> int:
        """The process of the job's newest attempt."""
        path = self.home / "ran.txt"
        until(lambda: path.exists() and f"{job}." in path.read_text(), f"{job} wrote its pid")
        return int([x for x in path.read_text().splitlines() if x[0] == job][-1].split()[1])


@pytest.fixture
def five(batch: Batch) -> Five:
    return Five(batch)


@sentence("order: a job starts after all it depends on has ended")
def _(five: Five) -> None:
    five.start().over()
    rows = {row["job"]: row for row in five.batch.show(five.run)["attempts"]}
    edges = ["AB", "BC", "BD", "CE", "DE"]
    assert all(rows[up]["ended"] <= rows[down]["started"] for up, down in edges)
    assert five.outcome == "succeeded"


@sentence("hold: a job not yet started will not start, a running process is untouched")
def _(five: Five) -> None:
    five.start(hang="B").sees("B", "running").verb("hold", "C").let("B").sees("D", "succeeded")
    assert five.states == "SSqSw"
    assert five.outcome == "blocked"
    assert five.verb("release", "C").over().ran() == "ABDCE"


@sentence("hold on a run: nothing new starts")
def _(five: Five) -> None:
    five.start(hang="A").sees("A", "running").verb("hold").let("A").sees("A", "succeeded")
    assert five.sees("B", "queued").states == "Sqwww"
    assert five.verb("release").over().outcome == "succeeded"


@sentence("skip: a job that has not started becomes skipped and satisfies its successors")
def _(five: Five) -> None:
    five.start(hang="A").sees("A", "running").verb("skip", "B").let("A").over()
    assert five.states == "SKSSS"
    assert "B" not in five.ran()


@sentence("skip: a running job must be cancelled first")
def _(five: Five) -> None:
    five.start(hang="A").sees("A", "running")
    assert "running" in five.refused("skip", "A")
    five.let("A").over()


@sentence("cancel: TERM to every process, cancelled only when none is alive, no retry")
def _(five: Five) -> None:
    five.start(hang="B").sees("B", "running")
    pid = five.pid("B")
    five.verb("cancel", "B").over()
    assert not alive(pid)
    assert five.states == "SCUUU"


@sentence("cancel on a run: running jobs are stopped, unstarted ones cancelled")
def _(five: Five) -> None:
    five.start(hang="B").sees("B", "running").verb("cancel").over()
    assert (five.states, five.outcome) == ("SCCCC", "cancelled")


@sentence("kill: KILL at once, without the grace")
def _(five: Five) -> None:
    five.start(hang="B").sees("B", "running").verb("kill", "B").over()
    row = five.batch.show(five.run)["attempts"][-1]
    assert (row["outcome"], row["signal"]) == ("cancelled", 9)


@sentence("rerun: the job and everything downstream run again, the rest keeps its state")
def _(five: Five) -> None:
    five.start().over().verb("rerun", "C")
    five.over()
    assert five.ran() in ("ABCDECE", "ABDCECE")
    assert five.states == "SSSSS"


@sentence("rerun: what was upstream_failed runs once the cause is repaired")
def _(five: Five) -> None:
    five.start(broken="C").over()
    assert (five.states, five.outcome) == ("SSFSU", "failed")
    five.mend("C").verb("rerun", "C").over()
    assert five.states == "SSSSS"
    assert Counter(five.ran()) == Counter("ABCDCE")


@sentence("rerun: refused when an upstream is not satisfied, naming it")
def _(five: Five) -> None:
    five.start(broken="B").over()
    assert "B" in five.refused("rerun", "C")


@sentence("rerun only: a new attempt of this job alone, downstream keeps its state and is stale")
def _(five: Five) -> None:
    five.start().over().verb("rerun", "B", only=True).over()
    assert Counter(five.ran()) == Counter("ABCDEB")
    stale = [row["job"] for row in five.batch.show(five.run)["jobs"] if row["stale"]]
    assert stale == ["C", "D", "E"]


@sentence("rerun failed: failed, cancelled and upstream_failed jobs run, succeeded ones are kept")
def _(five: Five) -> None:
    five.start(broken="CD").over()
    assert five.states == "SSFFU"
    five.mend("C", "D").verb("rerun", failed=True).over()
    assert five.states == "SSSSS"
    assert Counter(five.ran()) == Counter("ABCDCDE")


@sentence("rerun adds attempts, it never erases")
def _(five: Five) -> None:
    five.start(broken="A").over().mend("A").verb("rerun", "A").over()
    own = [row for row in five.batch.show(five.run)["attempts"] if row["job"] == "A"]
    assert [(row["n"], row["outcome"]) for row in own] == [(1, "failed"), (2, "succeeded")]
    assert all(Path(row["log"]).exists() for row in own)


@sentence("mark success: the outcome is set with a note, downstream goes on at once")
def _(five: Five) -> None:
    five.start(broken="B").over().verb("mark", "B", outcome="success", why="done by hand").over()
    assert five.states == "SSSSS"
    assert five.ran().count("B") == 1


@sentence("mark failed: successors that ran keep their state, the run has failed")
def _(five: Five) -> None:
    five.start().over().verb("mark", "E", outcome="failed", why="wrong numbers").over()
    assert (five.states, five.outcome) == ("SSSSF", "failed")


@sentence("mark: refused on a running job")
def _(five: Five) -> None:
    five.start(hang="A").sees("A", "running")
    assert "running" in five.refused("mark", "A", outcome="success")
    five.let("A").over()


@sentence("a preview says what would be touched and changes nothing")
def _(five: Five) -> None:
    five.start().over()
    answer = five.batch.call("verb", verb="rerun", run=five.run, jobs=["B"], preview=True)
    assert [row["job"] for row in answer["touched"]] == ["B", "C", "D", "E"]
    assert not answer["applied"]
    assert five.states == "SSSSS"


@sentence("each verb is recorded with who, when and why")
def _(five: Five) -> None:
    five.start(hang="A").sees("A", "running").verb("hold", "B", why="the site is down")
    events = five.batch.call("view", name="events", args={"run": five.run})["events"]
    held = next(event for event in events if event["kind"] == "job.hold")
    assert held["why"] == "the site is down"
    assert "@" in held["who"]
    assert held["at"] > 0
    five.let("A").verb("release", "B").over()


@pytest.mark.parametrize(("text", "proof"), VERBS, ids=[text for text, _ in VERBS])
def test_the_contract(five: Five, text: str, proof: Callable[[Five], None]) -> None:
    """`text` is true of real processes."""
    proof(five)
