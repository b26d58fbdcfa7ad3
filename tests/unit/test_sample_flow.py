"""The morning flow has the shape the README draws."""

from __future__ import annotations

from jobmon.jobs.samples.morning import flow
from jobmon.runtime.testing import simulate

LEFT = {"load": {"rows": 90}, "アクセス集計": {"views": 7}}


def test_the_sample_is_the_diamond_with_eight_steps() -> None:
    after = {job.name: set(job.after) for job in flow.definition().jobs}
    assert after == {
        "collect": set(),
        "load": {"collect"},
        "publish": {"load"},
        "アクセス集計": set(),
        "statistics": {"load", "アクセス集計"},
        "prices yokohama": {"load"},
        "prices kobe": {"load"},
        "adjust statuses": {"publish", "statistics", "prices yokohama", "prices kobe"},
    }


def test_the_sample_uses_every_kind_of_job() -> None:
    kinds = {job.kind for job in flow.definition().jobs}
    assert kinds == {"shell", "exec", "python", "manual"}


def test_the_day_is_a_typed_parameter() -> None:
    (day,) = flow.definition().params
    assert (day.name, day.type, day.default) == ("day", "date", "today")


def test_two_refusals_of_a_shop_do_not_stop_the_morning() -> None:
    night = simulate(flow, fail={"collect": [75, 75, 0]}, outputs=LEFT)
    assert night.outcome == "succeeded"
    assert night.attempts["collect"] == 3
    assert night.order[-1] == "adjust statuses"


def test_without_the_prices_of_kobe_the_morning_is_not_failed() -> None:
    night = simulate(flow, fail={"prices kobe": 1}, outputs=LEFT)
    assert night.states["prices kobe"] == "failed"
    assert night.outcome == "succeeded"


def test_the_morning_waits_for_a_person() -> None:
    night = simulate(flow, outputs=LEFT, manual="wait")
    assert night.states["adjust statuses"] == "waiting_human"
    assert night.outcome == "blocked"
