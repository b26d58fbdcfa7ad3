"""What the flows do in a bad night. / 夜に何かあったとき、フローがどうなるか。

`simulate` runs a flow in virtual time, in milliseconds, with no process; `batch_folder` is a copy
of this folder in which flows run for real. Both come with jobmon. Run them here with: pytest
"""

import pytest

LOADED = {"rows": 36, "yen": 77_890}


def test_the_morning_goes_well(simulate):
    night = simulate("morning").outputs(load=LOADED)
    assert night.order == ["collect", "load", "publish", "totals", "tell"]
    assert night.outcome == "succeeded"
    assert night.notifications == []


def test_collect_may_fail_twice(simulate):
    night = simulate("morning").fail("collect", times=2).outputs(load=LOADED)
    assert night.outcome == "succeeded"
    assert night.attempts["collect"] == 3


def test_without_load_nothing_goes_out(simulate):
    night = simulate("morning").fail("load").at("2026-11-24 06:10")
    assert night.states["publish"] == "upstream_failed"
    assert [told.kind for told in night.notifications] == ["failed"]


@pytest.mark.parametrize(("changed", "state"), [(0, "skipped"), (3, "succeeded")])
def test_only_changes_of_prices_are_told(simulate, changed, state):
    night = simulate("watch").outputs(prices={"changed": changed})
    assert night.states["tell"] == state


def test_a_backup_that_was_not_made_is_not_verified(simulate):
    night = simulate("backup").fail("save")
    assert night.order == ["sample", "save"]


def test_the_morning_for_real(batch_folder):
    ran = batch_folder.run("morning", day="2026-11-24")
    assert ran.outcome == "succeeded"
    assert ran.logs["totals"].startswith("36 rows, 売上 ")
    assert (batch_folder.home / "out/2026-11-24/公開.csv").exists()


def test_the_automations_for_real(batch_folder):
    pytest.importorskip("polars", reason='pip install "jobmon[jobs]"')
    assert batch_folder.run("report").outcome == "succeeded"
    assert (batch_folder.home / "売上.xlsx").exists()
    assert batch_folder.run("backup", day="2026-11-24").outcome == "succeeded"
    assert (batch_folder.home / "backup/20261124").is_dir()
    assert batch_folder.run("watch").states == {"prices": "succeeded", "tell": "skipped"}
    prices = batch_folder.home / "data/prices.json"
    prices.write_text(prices.read_text(encoding="utf-8").replace("150", "160"), encoding="utf-8")
    assert batch_folder.run("watch").outputs["prices"]["changed"] == 1
