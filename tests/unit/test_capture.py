"""From bytes to records, however the bytes are cut: nothing is lost, nothing secret is shown."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobmon.runtime.initiator.capture import LINE_MOST, Mask, Stream


class Kept:
    """Stands in for the log file: keeps the records."""

    def __init__(self) -> None:
        self.lines = self.bytes = self.amount = 0
        self.raw = b""

    def put(self, records: bytes, amount: int) -> None:
        self.raw += records
        self.amount += amount

    def records(self) -> list[dict]:
        return [json.loads(line) for line in self.raw.split(b"\n")[:-1]]

    def text(self) -> str:
        return "".join(r["m"] + ("" if r.get("c") else "\n") for r in self.records())


def captured(pieces: list[bytes], secrets: tuple[bytes, ...] = ()) -> Kept:
    kept = Kept()
    stream = Stream("out", Mask(secrets) if secrets else None, kept)  # type: ignore[arg-type]
    for piece in pieces:
        if piece:
            stream.feed(piece)
    stream.end()
    return kept


LINES = st.lists(
    st.one_of(st.text(max_size=30), st.text('ab\\"\n\r\x1b\x9b日', max_size=30)), max_size=20
)


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_any_bytes_come_back_as_text(pieces: list[bytes]) -> None:
    kept = captured(pieces)
    whole = b"".join(pieces)
    text = whole.decode("utf-8", "backslashreplace")
    assert kept.text() == (text if not text or text.endswith("\n") else text + "\n")
    assert kept.bytes == len(whole)
    assert kept.lines == len(text.split("\n")) - text.endswith("\n") - (text == "")
    assert not set(kept.raw.decode()) & set("\x1b\x7f\x9b\u202e")


@given(LINES, st.integers(1, 9))
def test_text_comes_back_however_it_is_cut(lines: list[str], size: int) -> None:
    data = "\n".join(lines).encode()
    kept = captured([data[at : at + size] for at in range(0, len(data), size)])
    text = "\n".join(lines)
    assert kept.text() == (text if not text or text.endswith("\n") else text + "\n")
    assert kept.amount == len(data), "what a record stands for adds up"


@pytest.mark.parametrize("length", [LINE_MOST - 1, LINE_MOST, LINE_MOST + 1, 5 * LINE_MOST])
@pytest.mark.parametrize("size", [999, 1 << 16])
@pytest.mark.parametrize("filler", ["x", "\\", "日"])
def test_long_lines_are_split_and_marked(length: int, size: int, filler: str) -> None:
    text = f"before\n{filler * length}\nafter\n"
    data = text.encode()
    kept = captured([data[at : at + size] for at in range(0, len(data), size)])
    assert kept.text() == text
    assert max(len(r["m"]) for r in kept.records()) <= LINE_MOST


def test_an_unfinished_line_goes_on_in_the_next_record() -> None:
    kept = Kept()
    stream = Stream("err", None, kept)  # type: ignore[arg-type]
    stream.feed(b"Password: ")
    assert stream.flush_at is not None
    stream.flush()
    assert stream.flush_at is None
    stream.feed(b"ok\n")
    stream.flush()
    assert [(r["m"], r.get("c")) for r in kept.records()] == [("Password: ", 1), ("ok", None)]
    assert kept.records()[0]["s"] == "err"


SECRETS = (b"hunter2", b"hunter2-more", b"unte", "鍵".encode(), b"two\nlines", b"aaa")


def masked_at_once(data: bytes) -> bytes:
    """What masking means: from the left, at each place the longest secret that stands there."""
    shown, position = b"", 0
    by_length = sorted(SECRETS, key=len, reverse=True)
    while position < len(data):
        found = next((s for s in by_length if data.startswith(s, position)), None)
        shown += b"***" if found else data[position : position + 1]
        position += len(found) if found else 1
    return shown


PARTS = st.sampled_from(
    [*SECRETS, b"hunter", b"aa", b"-more", b"2", b"x", b"\n", b"\xe9", b"two\n"]
)


@given(st.lists(PARTS, max_size=12), st.integers(1, 20))
def test_secrets_are_masked_however_they_are_cut(parts: list[bytes], size: int) -> None:
    data = b"".join(parts)
    mask = Mask(SECRETS)
    shown = b"".join(mask.feed(data[at : at + size]) for at in range(0, len(data), size))
    assert shown + mask.end() == masked_at_once(data)
