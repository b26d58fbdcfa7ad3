"""Logs made by hand: their lines as the initiator writes them, files and sources of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jobmon.tui.logfiles.file import LogFile
from jobmon.tui.logfiles.source import LocalLog, Piece
from jobmon.tui.screens.log.view import LogView
from tests.tui.cli_fakes import NOW

START = NOW - 3600


def line(**fields: object) -> bytes:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def out(text: str, t: float = START, s: str = "out", **fields: object) -> bytes:
    return line(t=round(t, 3), s=s, m=text, **fields)


def sample(t: float, **fields: object) -> bytes:
    return line(t=round(t, 3), cpu=1.5, rss=20_000_000, **fields)


def ending(code: int = 0, **fields: Any) -> bytes:
    record = {"reason": "exit", "code": code, "signal": None, "error": "", "output": None}
    record |= {"started": START, "ended": START + 75, "lines": 3, "bytes": 42, "dropped": 0}
    return line(exit=record | fields)


HEAD = line(jobmon=1, attempt="31.0.1", t=START) + line(spawned={"pid": 7, "ticks": 9, "t": START})


class Remote:
    """A log far away: it counts what is asked, and gives whole lines only, a few at a time."""

    def __init__(self, data: bytes, most: int = 40_000) -> None:
        self.data, self.most, self.asked = data, most, 0

    def read(self, offset: int, limit: int) -> Piece:
        self.asked += 1
        data = self.data[offset : offset + min(limit, self.most)]
        data = data[: data.rfind(b"\n") + 1]
        return Piece(data, offset + len(data), len(self.data))


def read_all(log: LogFile, view: LogView | None = None) -> LogFile:
    """Read until nothing is wanted any more, as the app does."""
    while log.extend():
        (view.extended if view else log.settle)()
    (view.extended if view else log.settle)()
    return log


def written(path: Path, *data: bytes) -> LogFile:
    path.write_bytes(b"".join(data))
    return LogFile(LocalLog(path))


def shown(log: LogFile) -> list[str]:
    """The text of every line."""
    entries = [log.line(number) for number in range(len(log.index))]
    return [entry.text if entry else "…" for entry in entries]
