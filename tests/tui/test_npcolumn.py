"""Action characters beside rows: what one ENTER makes of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobmon.tui.actions import BY_ID, NP, Action
from jobmon.tui.commandline.npcolumn import Review, review

ROWS = list("abcdef")


def asked(previous: Action | None = None, /, **typed: str) -> str:
    """The requests, such as `a:r b:r`."""
    found = review(ROWS, typed, previous)
    assert not found.complaints
    return " ".join(f"{request.key}:{request.action.np}" for request in found.requests)


def refused(previous: Action | None = None, /, **typed: str) -> list[tuple[object, str]]:
    found = review(ROWS, typed, previous)
    assert not found.requests
    return list(found.complaints)


def test_nothing_typed_asks_for_nothing() -> None:
    assert review(ROWS, {}) == Review()
    assert review(ROWS, {"a": "  "}) == Review()


@pytest.mark.parametrize("np", NP)
def test_every_character_of_the_table_is_its_action(np: str) -> None:
    (request,) = review(ROWS, {"c": np}).requests
    assert request == ("c", NP[np])


def test_requests_come_in_the_order_of_rows() -> None:
    assert asked(d="c", a="r", b="k") == "a:r b:k d:c"


@pytest.mark.parametrize("text", ["R", " r ", "ｒ", "Ｒ\u3000"])
def test_case_width_and_spaces_make_no_difference(text: str) -> None:
    assert asked(a=text) == "a:r"


@pytest.mark.parametrize(
    ("first", "last"), [("//r", "//"), ("//", "//r"), ("//R", "//r"), ("／／ｒ", "／／")]
)
def test_a_block_is_all_rows_from_sign_to_sign(first: str, last: str) -> None:
    assert asked(b=first, e=last) == "b:r c:r d:r e:r"


def test_several_blocks_and_single_rows() -> None:
    assert asked(a="//rf", b="//", c="h", d="//", f="//c") == "a:rf b:rf c:h d:c e:c f:c"


def test_equals_repeats_what_is_above_it() -> None:
    assert asked(a="r", b="=", d="c", e="=") == "a:r b:r d:c e:c"
    assert asked(a="//k", b="//", f="=") == "a:k b:k f:k"
    assert asked(a="h", c="//=", e="//") == "a:h c:h d:h e:h"


def test_equals_repeats_the_last_enter() -> None:
    assert asked(BY_ID["job.hold"], b="=", c="r", d="=") == "b:h c:r d:r"


def test_an_unknown_character_names_its_row_and_what_there_is() -> None:
    ((key, text),) = refused(b="r", c="zz")
    assert key == "c"
    assert text.startswith("row 3: zz is no action; there are s log")
    assert "rf rerun failed" in text


@pytest.mark.parametrize(
    ("typed", "key", "text"),
    [
        ({"b": "="}, "b", "row 2: there is no action before = to repeat"),
        ({"b": "//r"}, "b", "row 2: the block has no other end; type // on its last row"),
        ({"a": "//", "b": "//"}, "b", "row 2: the block names no action"),
        ({"a": "//r", "b": "//c"}, "b", "row 2: the block begins with //r and ends with //c"),
        ({"a": "//r", "b": "c", "c": "//"}, "b", "row 2: c stands inside a block; clear it"),
        ({"a": "//r", "b": "//", "c": "//"}, "c", "row 3: the block has no other end"),
        ({"a": "//x!", "b": "//"}, "a", "row 1: x! is no action"),
        ({"gone": "r"}, "gone", "r: its row went"),
    ],
)
def test_what_is_not_clear_is_told(typed: dict[str, str], key: str, text: str) -> None:
    found = refused(**typed)
    assert found[0][0] == key
    assert found[0][1].startswith(text)


def test_one_unclear_row_keeps_all_others_from_happening() -> None:
    assert [key for key, _ in refused(a="r", b="zz", c="=", e="//", gone="r")] == ["b", "e", "gone"]


TEXTS = st.one_of(
    st.sampled_from(["", "//", "=", "//=", *NP, *(f"//{np}" for np in NP)]), st.text(max_size=4)
)


@given(st.dictionaries(st.sampled_from([*ROWS, "gone"]), TEXTS), st.sampled_from([None, NP["r"]]))
def test_whatever_is_typed_is_answered(typed: dict[str, str], previous: Action | None) -> None:
    found = review(ROWS, typed, previous)
    assert not (found.requests and found.complaints)
    places = [ROWS.index(str(request.key)) for request in found.requests]
    assert places == sorted(set(places))
    signs = [row for row in ROWS if typed.get(row, "").strip().startswith(("//", "／／"))]
    blocks = list(zip(signs[::2], signs[1::2], strict=False))
    for request in found.requests:
        inside = any(first <= str(request.key) <= last for first, last in blocks)
        assert inside or typed.get(str(request.key), "").strip()
