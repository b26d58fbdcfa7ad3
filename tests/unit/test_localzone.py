"""The zone of the machine, wherever it says its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobmon.runtime import localzone
from jobmon.runtime.timetable.zones import zone


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine that says nothing yet."""
    monkeypatch.setattr(localzone, "LINK", tmp_path / "localtime")
    monkeypatch.setattr(localzone, "NAMED", tmp_path / "timezone")
    return tmp_path


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Asia/Tokyo", "Asia/Tokyo"),
        (":Europe/Berlin", "Europe/Berlin"),
        ("/usr/share/zoneinfo/America/New_York", "America/New_York"),
        ("", "UTC"),
    ],
)
def test_the_variable_goes_before_all(machine: Path, said: str, name: str) -> None:
    (machine / "timezone").write_text("Asia/Kathmandu\n")
    assert localzone.local_zone({"TZ": said}) == name


def test_the_link_then_the_file_name_the_zone(machine: Path) -> None:
    (machine / "timezone").write_text("Asia/Kathmandu\n")
    assert localzone.local_zone({}) == "Asia/Kathmandu"
    (machine / "localtime").symlink_to("/usr/share/zoneinfo/Australia/Lord_Howe")
    assert localzone.local_zone({}) == "Australia/Lord_Howe"


@pytest.mark.parametrize("said", ["JST-9", "nowhere/at all", "\udcff"])
def test_what_is_no_name_is_the_present_offset(machine: Path, said: str) -> None:
    found = localzone.local_zone({"TZ": said})
    assert found[0] in "+-"
    assert zone("", found).utcoffset(None) is not None
    (machine / "timezone").write_bytes(b"\xff\x00")
    assert localzone.local_zone({}) == found
