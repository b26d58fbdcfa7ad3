"""Wrapped commands where there is no room: they run all the same, and no output is lost."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from jobmon.runtime.errors import StateError
from jobmon.runtime.wrapped import output, wrapper
from jobmon.runtime.wrapped.wish import Wish


def test_what_cannot_be_recorded_goes_to_memory_when_temporary_files_have_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "full"))
    monkeypatch.setattr(wrapper, "MEMORY", str(tmp_path))
    with wrapper.scratch("load") as place:
        assert Path(place).parent == tmp_path
        assert not os.listdir(place)
    monkeypatch.setattr(wrapper, "MEMORY", str(tmp_path / "none"))
    with pytest.raises(StateError, match="load"):
        wrapper.scratch("load")
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("room", [True, False])
def test_quiet_output_is_kept_in_order_or_passed_on(
    room: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    monkeypatch.setattr(output, "IN_MEMORY", 20)
    kept = output.Output(quiet=True)
    with monkeypatch.context() as there:
        there.setattr(tempfile, "tempdir", str(tmp_path if room else tmp_path / "full"))
        for n in range(9):
            kept.tell("out", b"%d\n" % n)
    if room:
        assert capfdbinary.readouterr().out == b""
    kept.release()
    kept.tell("err", b"end\n")
    assert capfdbinary.readouterr() == (b"".join(b"%d\n" % n for n in range(9)), b"end\n")


def test_a_folder_that_is_gone_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(StateError, match="load"):
        wrapper.run(Wish("load", ("true",)))
