"""Settings are read from jobmon.toml; what is wrong is told by key, and a secret never."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobmon.runtime import config
from jobmon.runtime.errors import UsageError


@pytest.mark.parametrize(
    "text",
    [
        '[secrets]\nTOKEN = "hunter2"',
        '[secrets]\nTOKEN = {value = "hunter2"}',
        '[secrets]\nTOKEN = {file = ["hunter2"]}',
        'secrets = "hunter2"',
        '[env]\nPASSWORD = "hunter2"\nTOKEN = 5',
    ],
)
def test_a_wrong_value_that_may_be_a_secret_is_not_shown(text: str, tmp_path: Path) -> None:
    (tmp_path / config.CONFIG_NAME).write_text(text)
    with pytest.raises(UsageError) as caught:
        config.load(tmp_path, {})
    assert "hunter2" not in str(caught.value)
    assert str(tmp_path / config.CONFIG_NAME) in str(caught.value)
    name = "TOKEN" if "TOKEN" in text else "NAME"
    assert f"write {name} = " in caught.value.hint


def test_a_secret_typed_in_is_told_where_it_belongs(tmp_path: Path) -> None:
    (tmp_path / config.CONFIG_NAME).write_text('[secrets]\nTOKEN = "hunter2"')
    with pytest.raises(UsageError) as caught:
        config.load(tmp_path, {})
    assert caught.value.hint == 'write TOKEN = { file = "PATH" }'


def test_exit_codes_are_given_to_failure_classes(tmp_path: Path) -> None:
    file = tmp_path / config.CONFIG_NAME
    file.write_text("[classes]\nexternal = [111, 2]\nrule = [9]")
    assert config.load(tmp_path, {}).classes == {111: "external", 2: "external", 9: "rule"}
    for wrong in ("odd = [1]", "data = 3", "data = [0]", "data = [true]", "data=[3]\nrule=[3]"):
        file.write_text(f"[classes]\n{wrong}")
        with pytest.raises(UsageError, match="classes must be"):
            config.load(tmp_path, {})


def test_any_other_wrong_value_is_shown(tmp_path: Path) -> None:
    (tmp_path / config.CONFIG_NAME).write_text('[runtime]\nslots = "many"')
    with pytest.raises(UsageError, match="not 'many'"):
        config.load(tmp_path, {})
