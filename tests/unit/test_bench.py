"""The table of `make bench`: every promised figure has a row, and a row says what was found."""

from __future__ import annotations

import pytest

from bench import __main__ as bench
from bench import peers, screen, table, targets
from bench.table import Sample
from bench.targets import TARGETS, Target
from bench.throughput import layered
from bench.workload import Scale

SIZES = {"many": 10_000, "history": 1_000_000}
PROMISED = (
    "fan-out", "layers", "CPU a job", "chain", "first start", "status", "ls", "1,000,000 lines",
    "idle", "PSS", "wake-ups", "waiting", "hold", "rerun", "last 50", "newest 50", "on disk", "lag",
)  # fmt: skip
RATIO = Target("r", "rate", "jobs/s", "xargs", 0.35, 0.5, by_ratio=True, more=True)
TIME = Target("t", "time", "ms", "", 100, 60)


@pytest.mark.parametrize("figure", PROMISED)
def test_every_promised_figure_has_a_row(figure: str) -> None:
    assert any(figure in target.figure for target in TARGETS)


def test_keys_name_one_row_each_and_every_part_can_be_asked_for() -> None:
    assert len({t.key for t in TARGETS}) == len(TARGETS)
    assert bench._names("fanout,idle") == ["fanout", "idle"]


@pytest.mark.parametrize(
    ("target", "sample", "said"),
    [
        (RATIO, Sample(600, 1000), "moonshot"),
        (RATIO, Sample(400, 1000), "reached"),
        (RATIO, Sample(300, 1000), "MISSED"),
        (TIME, Sample(60), "moonshot"),
        (TIME, Sample(99), "reached"),
        (TIME, Sample(101), "MISSED"),
        (Target("i", "information", "MB"), Sample(1), ""),
    ],
)
def test_the_verdict_follows_the_bounds(target: Target, sample: Sample, said: str) -> None:
    (row,) = table.rows({target.key: [sample]}, SIZES, [target])
    assert row[-1] == said


def test_ratios_are_of_one_round_each() -> None:
    """The second round was disturbed on both sides: its ratio is as good as the others."""
    samples = [Sample(500, 1000), Sample(50, 100), Sample(600, 1000)]
    (row,) = table.rows({"r": samples}, SIZES, [RATIO])
    assert row[:7] == ("rate", "500", "jobs/s", "1,000", "xargs", "0.5", ">= 0.35 x")


def test_rows_that_were_not_measured_are_left_out() -> None:
    found = {"edge": [Sample(1.5, 0.5)], "lag": [Sample(4)]}
    assert [row[1] for row in table.rows(found, SIZES)] == ["1.5", "4"]


def test_both_forms_show_every_row() -> None:
    found = {target.key: [Sample(1.0, 2.0)] for target in TARGETS}
    cells = table.rows(found, SIZES)
    plain, markdown = table.plain(cells).splitlines(), table.markdown(cells).splitlines()
    assert len(plain) == len(TARGETS) + 1
    assert len(markdown) == len(TARGETS) + 2
    assert {line.count("|") for line in markdown} == {len(table.HEADS) + 1}
    assert "1,000,000 job runs" in table.plain(cells)
    assert max(map(len, plain)) <= 140


def test_the_layered_graph_is_the_same_in_every_run_and_goes_downward() -> None:
    above = layered()
    assert above == layered()
    assert len(above) == 1000
    assert all(up // 100 == i // 100 - 1 for i, ups in enumerate(above) for up in ups)
    assert all(len(set(ups)) == (3 if i >= 100 else 0) for i, ups in enumerate(above))


@pytest.mark.parametrize("name", sorted(peers.PEERS))
def test_a_peer_is_given_as_many_jobs(name: str) -> None:
    _file, text, _options = peers.PEERS[name](25)
    assert "25" in text or text.count("true") == 25 or text.count("build") == 25


def test_targets_bound_the_same_direction() -> None:
    for target in targets.TARGETS:
        if target.reach is not None and target.moonshot is not None:
            assert (target.moonshot > target.reach) == target.more, target.key


def test_the_table_of_the_monitor_has_every_bound_that_is_promised() -> None:
    reach = {target.key: target.reach for target in screen.TARGETS}
    assert len(reach) == len(screen.TARGETS)
    promised = {
        "idle.bytes": 0, "idle.cpu": 1, "work.queue.cpu": 5, "work.queue.tick": 1.5,
        "work.equalizer.cpu": 5, "work.equalizer.tick": 1.5, "rows.first": 0.5, "log.open": 1,
        "switches.rss": 5,
    }  # fmt: skip
    assert {key: reach[key] for key in promised} == promised
    assert screen._names("idle,work") == ["idle", "work"]


def test_the_figures_of_the_monitor_say_their_sizes() -> None:
    found = {target.key: [Sample(1.0, 2.0)] for target in screen.TARGETS}
    figures = [row[0] for row in table.rows(found, Scale()._asdict(), screen.TARGETS)]
    assert "a log of 1,000,000 lines opens" in figures
    assert "5,000 job runs: start to first paint" in figures
