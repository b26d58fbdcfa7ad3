"""The morning flow has the shape the README draws."""

from __future__ import annotations

from jobmon.jobs.samples.morning import flow


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
