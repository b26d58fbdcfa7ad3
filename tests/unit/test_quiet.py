"""The settings of a copied batch folder: the same but for what is loud, whatever they hold."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from jobmon.runtime.testing.quiet import _toml, quieten

TEXTS = st.text(st.characters(exclude_categories=("Cs",)))
VALUES = st.recursive(
    st.booleans()
    | st.integers(-(2**62), 2**62)
    | st.floats(allow_nan=False)
    | TEXTS
    | st.dates()
    | st.datetimes()
    | st.times(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(VALUES)
def test_a_value_is_read_as_it_was(value: Any) -> None:
    assert tomllib.loads(f"a = {_toml(value)}")["a"] == value


def test_what_is_loud_goes_and_nothing_starts_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "jobmon.toml"
    path.write_text(
        '[env]\n"𠮷野家" = "a\\"b"\n[[notify]]\nurls = ["x"]\n[report]\ncron = "* * * * *"\n'
        '[hook]\nport = 1\n[deployments."夜 間"]\nflow = "x"\nactive = true\n',
        encoding="utf-8",
    )
    quieten(path, ["朝"])
    assert tomllib.loads(path.read_text(encoding="utf-8")) == {
        "env": {"𠮷野家": 'a"b'},
        "deployments": {"朝": {"active": False}, "夜 間": {"flow": "x", "active": False}},
    }
