"""When the jobs of a run begin and end, by the clock and by what earlier runs took."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping

import pytest

from jobmon.runtime.forecasting.forecast import Leg, Stretch, Timeline, timeline

DIAMOND: Mapping[str, str] = {"A": "", "B": "A", "C": "B", "D": "B", "E": "CD", "X": ""}


def at(now: float, edges: Mapping[str, str] = DIAMOND, **legs: Leg | None) -> Timeline:
    names = list(edges)
    parents = [[names.index(up) for up in ups] for ups in edges.values()]
    found = [legs.get(name, Leg(median=10.0, p90=15.0)) for name in names]
    return timeline(parents, range(len(names)), found, now)


def of(found: Timeline, name: str, edges: Mapping[str, str] = DIAMOND) -> Stretch:
    stretch = found.stretches[list(edges).index(name)]
    assert stretch is not None
    return stretch


def path(found: Timeline, edges: Mapping[str, str] = DIAMOND) -> str:
    return "".join(list(edges)[i] for i in found.path)


def test_what_is_to_come_follows_from_medians_and_nine_of_ten() -> None:
    found = at(100.0, D=Leg(median=30.0, p90=31.0))
    assert of(found, "A") == (100.0, 110.0, 115.0, True)
    assert of(found, "D") == (120.0, 150.0, 161.0, True)
    assert of(found, "E") == (150.0, 160.0, 176.0, True)
    assert path(found) == "ABDE"
    assert found.end == of(found, "E")


def test_ends_are_as_they_were_and_a_running_job_goes_on_from_its_start() -> None:
    found = at(100.0, A=Leg(50.0, 58.0), B=Leg(95.0, None, 10.0, 20.0))
    assert of(found, "A") == (50.0, 58.0, 58.0, True)
    assert of(found, "B") == (95.0, 105.0, 115.0, True)
    assert of(found, "C") == (105.0, 115.0, 130.0, True)


def test_a_job_over_its_usual_time_ends_now_at_the_earliest() -> None:
    found = at(100.0, A=Leg(10.0, None, 20.0, 30.0))
    assert of(found, "A") == (10.0, 100.0, 100.0, True)
    assert of(found, "B").start == 100.0


def test_a_retry_begins_when_it_is_due() -> None:
    assert of(at(100.0, A=Leg(130.0, None, 10.0)), "A")[:2] == (130.0, 140.0)


def test_without_a_history_nothing_behind_is_sure() -> None:
    found = at(100.0, B=Leg(), X=Leg(median=5.0))
    assert of(found, "B") == (110.0, 110.0, None, False)
    assert of(found, "E") == (120.0, 130.0, None, False)
    assert of(found, "X") == (100.0, 105.0, None, True)


def test_what_waits_for_a_person_is_not_sure() -> None:
    found = at(100.0, A=Leg(median=10.0, open=True))
    assert not of(found, "A").sure
    assert not of(found, "E").sure


def test_without_any_history_the_longest_chain_is_the_path() -> None:
    found = at(100.0, DIAMOND, **dict.fromkeys(DIAMOND, Leg()))
    assert path(found) in {"ABCE", "ABDE"}


def test_a_job_that_will_not_run_holds_nothing_up() -> None:
    found = at(100.0, C=None, D=Leg(median=1.0))
    assert found.stretches[2] is None
    assert of(found, "E").start == 121.0
    assert path(found) == "ABDE"


def test_a_job_that_begins_with_the_first_of_its_parents() -> None:
    found = at(100.0, C=Leg(median=50.0), D=Leg(median=5.0), E=Leg(median=1.0, first=True))
    assert of(found, "E").start == 125.0


def test_spare_time_is_what_a_job_may_lose_before_the_run_ends_later() -> None:
    found = at(100.0, D=Leg(median=30.0))
    spare = dict(zip(DIAMOND, found.spare, strict=True))
    assert spare == {"A": 0.0, "B": 0.0, "C": 20.0, "D": 0.0, "E": 0.0, "X": 50.0}


def test_a_run_without_jobs_has_no_end() -> None:
    assert timeline([], [], [], 5.0).end is None


@pytest.mark.parametrize("seed", range(20))
def test_no_job_begins_before_its_parents_end_and_the_path_is_tight(seed: int) -> None:
    dice = random.Random(seed)
    parents = [[p for p in range(i) if dice.random() < 0.3] for i in range(30)]
    legs = [Leg(median=dice.uniform(1, 9)) for _ in parents]
    found = timeline(parents, range(30), legs, 0.0)
    stretches = [s for s in found.stretches if s is not None]
    for i, ups in enumerate(parents):
        assert stretches[i].start == max((stretches[p].end for p in ups), default=0.0)
        assert found.spare[i] >= 0
    for a, b in zip(found.path, found.path[1:], strict=False):
        assert stretches[b].start == stretches[a].end
    assert found.end is not None
    assert found.end.end == max(s.end for s in stretches)
    assert all(found.spare[i] == pytest.approx(0.0, abs=1e-9) for i in found.path)


def test_a_large_graph_takes_no_time() -> None:
    parents = [list(range(max(0, i - 5), i)) for i in range(2_000)]
    legs = [Leg(median=1.0)] * len(parents)
    began = time.process_time()
    timeline(parents, range(2_000), legs, 0.0)
    assert time.process_time() - began < 0.5
