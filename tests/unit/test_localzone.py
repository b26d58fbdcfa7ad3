"""The zone of the machine, wherever it says its name."""

from __future__ import annotations

import zoneinfo
from pathlib import Path

import pytest
import tzdata

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


def test_a_copy_without_a_name_is_recognised_by_what_its_clocks_show(machine: Path) -> None:
    for name, alias in (("Asia/Tokyo", "Japan"), ("Australia/Lord_Howe", "Australia/LHI")):
        (machine / "localtime").write_bytes(zone_file(name))
        assert localzone.local_zone({}) in (name, alias)
    (machine / "localtime").write_bytes(b"no such file")
    assert localzone.local_zone({})[0] in "+-"


def zone_file(name: str) -> bytes:
    found = (Path(place) / name for place in (*zoneinfo.TZPATH, tzdata_folder()))
    return next(path for path in found if path.is_file()).read_bytes()


def tzdata_folder() -> Path:
    return Path(tzdata.__file__).parent / "zoneinfo"


@pytest.mark.parametrize("said", ["JST-9", "nowhere/at all", "\udcff"])
def test_what_is_no_name_is_the_present_offset(machine: Path, said: str) -> None:
    found = localzone.local_zone({"TZ": said})
    assert found[0] in "+-"
    assert zone("", found).utcoffset(None) is not None
    (machine / "timezone").write_bytes(b"\xff\x00")
    assert localzone.local_zone({}) == found
