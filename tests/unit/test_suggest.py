"""What is proposed from runs that were seen: who waits for whom, how long they may take."""

from __future__ import annotations

import datetime as dt
from typing import Any

from jobmon.jobs import Flow
from jobmon.jobs.definition import FlowDef
from jobmon.runtime.crontab.evidence import Edge, commands, edges
from jobmon.runtime.crontab.proposal import proposal
from jobmon.runtime.crontab.seen import Seen

MONDAY = dt.datetime(2026, 11, 23).astimezone()


def run(
    name: str, day: int, at: str, took: float = 60.0, files: dict[str, bool] | None = None
) -> Seen:
    hour, minute = map(int, at.split(":"))
    begun = (MONDAY + dt.timedelta(days=day, hours=hour, minutes=minute)).timestamp()
    argv = ("/bin/sh", "-c", f"./{name}.sh")
    return Seen(name, begun, begun + took, True, files or {}, argv, "/srv")


def week(*each: Any) -> list[Seen]:
    return sorted((run(*one) for one in each), key=lambda one: one.begun)


def found(seen: list[Seen]) -> list[Edge]:
    return edges(seen, commands(seen))


def flows(seen: list[Seen]) -> dict[str, FlowDef]:
    names: dict[str, Any] = {}
    exec(proposal(seen), names)
    made = [value.definition() for value in names.values() if isinstance(value, Flow)]
    return {flow.name: flow for flow in made}


def test_who_begins_soon_after_another_on_most_days_follows_it() -> None:
    seen = week(
        *(("load", day, "06:10", 300.0) for day in range(7)),
        *(("売上", day, "06:20") for day in range(7)),
        *(("night", day, "23:00") for day in range(7)),
    )
    (edge,) = found(seen)
    assert edge[:5] == ("load", "売上", 7, 7, (300.0, 300.0, 300.0))
    flow = flows(seen)["load"]
    assert [(job.name, job.after) for job in flow.jobs] == [("load", ()), ("売上", ("load",))]
    assert flow.schedule is not None
    assert flow.schedule.expression == "10 6 * * *"
    assert "on 7 of 7 days" in proposal(seen)
    assert "by the time alone" in proposal(seen)


def test_two_days_are_a_chance() -> None:
    seen = week(
        *((name, day, at) for day in range(2) for name, at in (("a", "6:00"), ("b", "6:05")))
    )
    assert not found(seen)


def test_what_runs_all_day_comes_before_nobody() -> None:
    every = [("ping", day, f"{hour}:{minute:02}", 1.0) for day in range(4) for hour in range(5, 8)
             for minute in range(0, 60, 5)]  # fmt: skip
    assert not found(week(*every, *(("load", day, "06:11") for day in range(4))))


def test_who_names_a_file_that_another_wrote_follows_it_and_one_day_is_enough() -> None:
    seen = week(
        ("load", 0, "01:00", 60.0, {"/srv/在庫.csv": True}),
        ("sales", 0, "09:00", 60.0, {"/srv/在庫.csv": False, "/srv/other": False}),
        ("other", 0, "09:30", 60.0, {"/srv/other": False}),
    )
    (edge,) = found(seen)
    assert (edge.before, edge.after, edge.files) == ("load", "sales", (("/srv/在庫.csv", 1),))


def test_two_that_write_for_each_other_make_no_circle() -> None:
    a, b = {"/srv/x": True, "/srv/y": False}, {"/srv/x": False, "/srv/y": True}
    each = [("a", day, "6:00", 60.0, a) for day in range(4)]
    each += [("b", day, "6:10", 60.0, b) for day in range(4)]
    seen = week(*each)
    assert [(edge.before, edge.after) for edge in found(seen)] == [("a", "b")]


def test_a_start_before_the_other_was_through_is_told() -> None:
    seen = week(
        *(("load", day, "06:10", 1200.0 if day == 3 else 300.0) for day in range(5)),
        *(("sales", day, "06:20") for day in range(5)),
    )
    assert [(edge.days, edge.of, edge.early) for edge in found(seen)] == [(4, 5, 1)]
    assert "began 1 time while load still ran" in proposal(seen)


def test_a_time_limit_leaves_room_above_all_that_was_seen() -> None:
    seen = week(*(("load", day, "06:10", took) for day, took in enumerate([50, 60, 55, 400])))
    command = commands(seen)["load"]
    assert (command.usual, command.limit) == (57.5, 1200.0)
    (flow,) = flows(seen).values()
    assert flow.jobs[0].timeout == 1200.0
    assert flow.jobs[0].shell == "./load.sh"


def test_days_of_the_week_are_proposed_once_a_week_was_seen() -> None:
    seen = week(*(("load", day, "06:10") for day in (0, 1, 2, 3, 4, 7, 8)))
    (flow,) = flows(seen).values()
    assert flow.schedule is not None
    assert flow.schedule.expression == "10 6 * * mon,tue,wed,thu,fri"


def test_a_week_from_monday_to_sunday_is_enough_and_half_a_week_is_not() -> None:
    office = [("load", day, "06:10") for day in range(5)]
    whole = week(*office, *(("night", day, "23:00") for day in range(7)))
    proposed = {name: flow.schedule for name, flow in flows(whole).items()}
    assert [plan and plan.expression for plan in proposed.values()] == [
        "10 6 * * mon,tue,wed,thu,fri",
        "0 23 * * *",
    ]
    (flow,) = flows(week(*office)).values()
    assert flow.schedule is not None
    assert flow.schedule.expression == "10 6 * * *"
