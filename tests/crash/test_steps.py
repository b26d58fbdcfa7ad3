"""One kill -9 at every named step, of the runtime and of an initiator, and what must follow.

Whatever follows, the accounting of the campaign must come out even: no job twice, none forgotten,
`lost` exactly where an initiator died with its attempt open.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jobmon.runtime import client, failpoint
from jobmon.runtime.errors import NoRuntimeError
from tests.crash.accounts import Account
from tests.crash.audit import audit
from tests.crash.ground import Ground, wait_until
from tests.crash.plan import Planned

LIMIT = 20.0
NTH = {
    "recovered": (1,),
    "gathered": (1, 3, 6),
    "decided": (2, 4),
    "committed": (1, 2, 3, 4, 6),
    "submitting": (1, 2, 5),
    "submitted": (1, 2, 5),
    "acted": (1, 3, 5),
}
"""Which passing of each step is the last: the first ones lie in recovery and before the run."""
FAN = [
    Planned("a", (), 0, 0, "all_success"),
    *[Planned(f"b{i}", (0,), 0.02 * i, 3 if i == 2 else 0, "all_success") for i in range(3)],
    Planned("c", (1, 2, 3), 0, 0, "all_done"),
]
ONE = [Planned("a", (), 0.1, 0, "all_success"), Planned("b", (0,), 0, 0, "all_success")]


class Story:
    """A folder with one flow, one run of it, and the deaths it goes through."""

    def __init__(self, home: Path, jobs: list[Planned]) -> None:
        self.ground = Ground(home, {"flow": jobs})
        self.run = ""
        self.orphans: set[str] = set()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, die_at: str = "", number: int = 1) -> subprocess.Popen[bytes]:
        """A runtime that dies at `die_at`; or, when that is an initiator's, hands it down."""
        once = str(self.ground.home / f"died{number}")
        env = {"JOBMON_DIE_AT": die_at, "JOBMON_DIE_ONCE": once} if die_at else {}
        self._process = self.ground.start(**env)
        return self._process

    def order(self) -> bool:
        """Ask for the run under one key, as often as it takes. False: nobody answered."""
        process = self._process
        assert process is not None
        wait_until(lambda: process.poll() is not None or self.ground.answers(), LIMIT)
        try:
            with client.connect(self.ground.state) as connection:
                self.run = connection.call("run", flow="flow", idem="one")["run"]
        except NoRuntimeError:
            return False
        return True

    def died(self, process: subprocess.Popen[bytes], number: int = 1) -> None:
        """It died, and there where it was meant to."""
        assert process.wait(LIMIT) == -9
        assert (self.ground.home / f"died{number}").exists()

    def states(self) -> dict[str, str]:
        """{job: state}."""
        return dict(self.ground.rows("SELECT name, state FROM job_runs"))

    def until(self, wanted: Any, what: str) -> None:
        """Wait for it."""
        assert wait_until(wanted, LIMIT), f"{what}: {self.states()}"

    def over(self) -> bool:
        """The run is there and has ended."""
        return bool(self.run) and not self.ground.open_runs()

    def call(self, op: str, **args: Any) -> None:
        """One request to the runtime that was started last."""
        assert wait_until(self.ground.answers, LIMIT), "it answers"
        with client.connect(self.ground.state) as connection:
            connection.call(op, **args)

    def outcomes(self, job: int) -> list[str]:
        """The outcome of every attempt of a job."""
        query = f"SELECT outcome FROM attempts WHERE job = {job} ORDER BY n"
        return [outcome for (outcome,) in self.ground.rows(query)]

    def effects(self, job: int) -> list[str]:
        """What the job wrote: "start 1", "end 1", the number being the attempt's."""
        found = ((word, attempt.split(".")) for word, attempt in self.ground.effects())
        return [f"{word} {n}" for word, (_, index, n) in found if int(index) == job]

    def end(self) -> None:
        """Have the runtime leave."""
        if self._process and self._process.poll() is None:
            self.call("down")
            assert self._process.wait(LIMIT) == 0

    def close(self) -> None:
        """Leave nothing running, whatever a test proved."""
        if self._process:
            self._process.kill()
            self._process.wait()
        self.ground.close()

    def account(self) -> Account:
        """End, and settle the books."""
        self.end()
        return audit(self.ground, [self.run], self.orphans)


@pytest.fixture
def story(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Story]:
    made = Story(tmp_path / "batch", getattr(request, "param", FAN))
    yield made
    made.close()


def even(account: Account) -> bool:
    return not any(account.violations.values())


class TestRuntime:
    @pytest.mark.parametrize(
        ("step", "nth"), [(step, nth) for step in failpoint.STEPS for nth in NTH[step]]
    )
    def test_a_death_at_any_step_leaves_the_books_even(
        self, story: Story, step: str, nth: int
    ) -> None:
        first = story.start(f"{step}:{nth}")
        story.order()
        story.died(first)
        story.start()
        assert story.run or story.order()
        story.until(story.over, "the run ends")
        account = story.account()
        assert even(account), account.violations

    @pytest.mark.parametrize("again", ["recovered:1", "committed:1"])
    @pytest.mark.parametrize("step", ["submitting:1", "submitted:2", "committed:4"])
    def test_a_second_death_while_it_recovers_changes_nothing(
        self, story: Story, step: str, again: str
    ) -> None:
        first = story.start(step)
        story.order()
        story.died(first)
        second = story.start(again, 2)
        story.order()
        story.until(lambda: second.poll() is not None or story.over(), "dead or over")
        if second.poll() is not None:
            story.died(second, 2)
            story.start()
        assert story.run or story.order()
        story.until(story.over, "the run ends")
        account = story.account()
        assert even(account), account.violations

    def test_an_intent_that_reached_nobody_is_voided_and_issued_again(self, story: Story) -> None:
        first = story.start("submitting:1")
        story.order()
        story.died(first)
        story.start()
        assert story.order()
        story.until(story.over, "the run ends")
        assert story.outcomes(0) == ["void", "succeeded"]
        assert story.effects(0) == ["start 2", "end 2"]


@pytest.mark.parametrize("story", [ONE], indirect=True)
class TestInitiator:
    """The leader is job 0; job 1 waits for it and shows whether success was made up."""

    def settle(self, story: Story, step: str) -> None:
        story.start(step)
        assert story.order()
        story.until((story.ground.home / "died1").exists, "the initiator dies")

    def test_before_the_claim_it_never_started_and_is_issued_again(self, story: Story) -> None:
        self.settle(story, "before-claim")
        story.until(story.over, "the run ends")
        assert story.outcomes(0) == ["void", "succeeded"]
        assert story.effects(0) == ["start 2", "end 2"]
        assert even(story.account())

    @pytest.mark.parametrize(
        ("step", "effects"),
        [
            ("after-claim", []),
            ("after-spawn", ["start 1", "end 1"]),
            ("after-wait", ["start 1", "end 1"]),
        ],
    )
    def test_with_the_attempt_open_it_is_lost_until_a_person_decides(
        self, story: Story, step: str, effects: list[str]
    ) -> None:
        self.settle(story, step)
        story.until(lambda: story.states()["a"] == "lost", "a is lost")
        assert list(story.ground.open_runs().values()) == ["blocked"]
        assert story.states()["b"] == "waiting"
        assert story.effects(0) == effects, "it was waited for, and not started again"
        story.call("verb", verb="rerun", run=story.run, jobs=["a"], options={})
        story.until(story.over, "the run ends")
        assert story.outcomes(0) == ["lost", "succeeded"]
        assert story.effects(0) == [*effects, "start 2", "end 2"]
        story.orphans = {"1.0.1"}
        assert even(story.account())

    def test_after_the_exit_record_nothing_is_lost(self, story: Story) -> None:
        self.settle(story, "after-exit-record")
        story.until(story.over, "the run ends")
        assert story.outcomes(0) == ["succeeded"]
        assert story.effects(0) == ["start 1", "end 1"]
        assert even(story.account())

    @pytest.mark.parametrize(
        ("step", "conclusion"),
        [("after-spawn", "lost"), ("after-wait", "lost"), ("after-exit-record", "succeeded")],
    )
    def test_with_the_runtime_dead_as_well_the_next_one_concludes_the_same(
        self, story: Story, step: str, conclusion: str
    ) -> None:
        runtime = story.start(step)
        assert story.order()
        story.until(lambda: story.effects(0), "a runs")
        runtime.kill()
        runtime.wait()
        story.until((story.ground.home / "died1").exists, "the initiator dies")
        story.start()
        story.until(lambda: story.states()["a"] == conclusion, f"a is {conclusion}")
        assert story.effects(0) == ["start 1", "end 1"]
        if conclusion == "lost":
            story.orphans = {"1.0.1"}
            story.call("verb", verb="rerun", run=story.run, jobs=["a"], options={})
        story.until(story.over, "the run ends")
        assert even(story.account())


SLOW = [Planned("a", (), 1.5, 0, "all_success"), Planned("b", (0,), 0, 0, "all_success")]


@pytest.mark.parametrize("story", [SLOW], indirect=True)
def test_a_job_without_its_initiator_is_watched_to_its_end(story: Story) -> None:
    runtime = story.start("after-spawn")
    assert story.order()
    story.until(lambda: story.effects(0), "a runs")
    query = "SELECT json_extract(body, '$.unsupervised') FROM job_runs WHERE job = 0"
    story.until(lambda: story.ground.rows(query) == [(1,)], "it is said to be unsupervised")
    runtime.kill()
    runtime.wait()
    story.start()
    story.until(lambda: story.states()["a"] == "lost", "a is lost")
    assert story.effects(0) == ["start 1", "end 1"], "lost only once nothing of it ran any more"


def test_what_is_declared_idempotent_starts_again_by_itself(tmp_path: Path) -> None:
    story = Story(tmp_path / "batch", ONE)
    file = story.ground.home / "flows" / "flow.py"
    text = file.read_text().replace("trigger=", "effects='idempotent', on_lost='rerun', trigger=")
    file.write_text(text)
    try:
        story.start("after-claim")
        assert story.order()
        story.until(story.over, "the run ends")
        assert story.outcomes(0) == ["lost", "succeeded"]
        story.orphans = {"1.0.1"}
        assert even(story.account())
    finally:
        story.close()


@pytest.mark.parametrize("story", [ONE], indirect=True)
def test_an_initiator_of_a_dead_runtime_leaves_once_its_job_is_done(story: Story) -> None:
    runtime = story.start()
    assert story.order()
    story.until(lambda: story.effects(0), "a runs")
    runtime.kill()
    runtime.wait()
    story.until(lambda: not story.ground.processes(), "every process of the folder has left")
    attempts = story.ground.state / "attempts"
    last = (attempts / "1" / "0.1.jsonl").read_text().splitlines()[-1]
    assert json.loads(last)["exit"]["code"] == 0
    assert not list(attempts.glob(".room*"))
