"""Lines of a log as they lie in the file, looked into without decoding them. Pure.

A line of output that is not a piece of a longer one begins and ends in one way only; see
runtime/initiator/capture.py, which writes it. All others are for a decoder.
"""

from __future__ import annotations

from typing import Any

import msgspec

KEY = len('{"t":1763856000.1')
"""Bytes that lines of the same tenth of a second begin with."""
END = b'"}'
_decode = msgspec.json.Decoder(dict[str, Any]).decode


def plain(line: bytes) -> bool:
    """Whether it is a whole line of output."""
    key = line[:KEY]
    digits = key[5:15] + key[16:]
    return key[:5] == b'{"t":' and key[15:16] == b"." and digits.isdigit() and line.endswith(END)


def tenth(line: bytes) -> int:
    """The time of a plain line in whole tenths of a second."""
    return int(line[5:15]) * 10 + int(line[16:17])


def text(line: bytes) -> str:
    """What a plain line says."""
    if b"\\" in line:
        found = decode(line) or {}
        return str(found.get("m", ""))
    return line[line.find(b'"m":"') + 5 : -len(END)].decode(errors="replace")


def decode(line: bytes) -> dict[str, Any] | None:
    """The record of any line; None when it is damaged."""
    try:
        return _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
