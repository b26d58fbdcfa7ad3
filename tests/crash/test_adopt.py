"""Running jobs and a dead runtime: adopted, all of them, without a gap."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.batch import Batch, until
from tests.crash.ground import attempt_file, claim_of, kill_initiator, ticks_of, up

TALKER = """\
n=0
until test -e go; do n=$((n+1)); echo "line $n"; sleep 0.1; done
echo "$JOBMON_ATTEMPT_ID" >>effects
echo "last $n"
exit "$1"
"""


def events(batch: Batch, kind: str) -> list[dict[str, Any]]:
    lines = [p.read_text() for p in sorted((batch.state / "log").glob("events-*.jsonl"))]
    found = map(json.loads, "".join(lines).splitlines())
    return [event for event in found if event["kind"] == kind]


class TestTwenty:
    @pytest.fixture
    def run(self, wide: Batch) -> str:
        (wide.home / "talker.sh").write_text(TALKER)
        wide.flow(
            'flow = Flow("f")\n'
            "for i in range(20):\n"
            '    flow.exec(f"j{i}", ["sh", "talker.sh", str(i % 4)], tolerate=True)\n'
        )
        return wide.run("f")

    def lines(self, batch: Batch, run: str) -> list[int]:
        """How many lines each job has in its log."""
        files = [attempt_file(batch, run, f"j{i}") for i in range(20)]
        return [path.read_text().count('"line ') if path.exists() else 0 for path in files]

    def test_all_are_adopted_and_nothing_of_them_is_missing(self, wide: Batch, run: str) -> None:
        until(lambda: min(self.lines(wide, run)) >= 2, "all twenty have printed")
        wide.kill()
        before = self.lines(wide, run)
        until(
            lambda: all(
                now >= old + 2 for now, old in zip(self.lines(wide, run), before, strict=True)
            ),
            "all twenty go on printing without a runtime",
        )
        up(wide)
        started = events(wide, "runtime.started")[-1]["data"]
        assert (started["open"], started["adopted"]) == (20, 20)
        assert set(wide.states(run).values()) == {"running"}
        (wide.home / "go").touch()
        shown = wide.wait(run)
        assert [row["code"] for row in shown["jobs"]] == [i % 4 for i in range(20)]
        assert [a["n"] for a in shown["attempts"]] == [1] * 20
        ids = (wide.home / "effects").read_text().split()
        assert len(ids) == len(set(ids)) == 20
        for i in range(20):
            texts = [r["m"] for r in wide.log(run, f"j{i}") if r.get("s") == "out"]
            count = len(texts) - 1
            assert texts == [*(f"line {n}" for n in range(1, count + 1)), f"last {count}"]

    def test_a_runtime_killed_over_and_over_changes_nothing(self, wide: Batch, run: str) -> None:
        until(lambda: min(self.lines(wide, run)) >= 1, "all twenty have printed")
        for _ in range(4):
            wide.kill()
            wide.client().close()
        (wide.home / "go").touch()
        shown = wide.wait(run)
        assert [row["code"] for row in shown["jobs"]] == [i % 4 for i in range(20)]
        assert [a["n"] for a in shown["attempts"]] == [1] * 20
        assert len((wide.home / "effects").read_text().split()) == 20


LEAVER = """
if [ $JOBMON_ATTEMPT = 2 ]; then echo second >>effects; exit 0; fi
(trap '' TERM; echo child begins >>effects
 until test -e go; do sleep 0.02; done
 sleep 1; echo child ends >>effects) >/dev/null 2>&1 &
echo $$ >pid
until test -e go; do sleep 0.02; done
"""


@pytest.mark.parametrize("watched", [True, False])
def test_lost_is_said_once_nothing_of_the_attempt_lives(batch: Batch, watched: bool) -> None:
    """The leader of an orphaned attempt ends before its child: a rerun waits for both.

    Also when the leader ends while no runtime is there to see it.
    """
    (batch.home / "leaver.sh").write_text(LEAVER)
    batch.flow(
        'flow = Flow("f")\n'
        'flow.exec("a", ["sh", "leaver.sh"], effects="idempotent", on_lost="rerun")\n'
    )
    run = batch.run("f")
    until((batch.home / "effects").exists, "the child runs")
    batch.wait_job(run, "a", "running")
    claim = claim_of(attempt_file(batch, run, "a"))
    assert claim is not None
    assert kill_initiator(claim)
    until(lambda: batch.show(run)["jobs"][0]["unsupervised"], "it is known to be unsupervised")
    if not watched:
        batch.kill()
    (batch.home / "go").touch()
    leader = int((batch.home / "pid").read_text())
    until(lambda: ticks_of(leader) is None, "the leader is dead")
    batch.client().close()
    assert batch.wait(run)["state"] == "succeeded"
    effects = (batch.home / "effects").read_text().splitlines()
    assert effects == ["child begins", "child ends", "second"]
