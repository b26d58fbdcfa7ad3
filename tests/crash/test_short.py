"""The crash campaign in short: some forty kills of the runtime and six of initiators."""

from pathlib import Path

from tests.crash.campaign import Wanted, campaign, report


def test_every_promise_holds_under_kills_at_any_moment(tmp_path: Path) -> None:
    wanted = Wanted(kills=40, jobs=130, initiator_kills=6, seed=20261123)
    result = campaign(wanted, tmp_path)
    assert result.good, report(wanted, result)
    assert result.figures["kills of the runtime"] >= 40
    assert result.figures["voided and issued again"] > 0, "kills hit launches"
    assert result.figures["adopted by a later runtime"] > 0, "and running jobs"
