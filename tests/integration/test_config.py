"""Settings are read from jobmon.toml; what is wrong is told by key, and a secret never."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobmon.jobs import options
from jobmon.runtime import config
from jobmon.runtime.errors import UsageError
from jobmon.runtime.settings import tables
from jobmon.runtime.settings.declared import Deployment


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


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("[deployments.大阪]", "大阪"),
        ("[deployments.osaka-大阪]", "osaka-大阪"),
        ("[pools]\n倉庫 = 1", "倉庫"),
        ("pools = {倉庫 = 1}", "倉庫"),
        ("[report]\ntz = 東京", "東京"),
    ],
)
def test_a_name_without_its_quotes_is_told_with_them(text: str, name: str, tmp_path: Path) -> None:
    (tmp_path / config.CONFIG_NAME).write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        config.load(tmp_path, {})
    assert caught.value.hint == f'what is not plain ASCII needs quotes: "{name}"'
    (tmp_path / config.CONFIG_NAME).write_text("[pools]\nx y = 1 # 倉庫", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        config.load(tmp_path, {})
    assert caught.value.hint == "mend the file and try again"


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


WRONG = [
    ('[deployments.night]\ncorn = "1"', "deployments.night.corn is not known", "cron"),
    ('[deployments.night]\ncron = "6 * *"', "deployments.night.cron must be five fields", ""),
    ('[deployments."夜 1"]\ntz = "Asia/Tokio"', 'deployments."夜 1".tz must be a zone', ""),
    ("[deployments.a.params]\nx = [1]", "deployments.a.params must be", ""),
    ('[deployments."a@b"]', 'deployments."a@b" is no name', "leave out"),
    ('[rates]\nshop = "3/fortnight"', 'rates.shop must be .*"30/min"', ""),
    ('[calendars.x]\nweekend = ["sunday"]', "calendars.x.weekend must be .* sun", ""),
    ('[calendar.x]\ncountry = "JP"', "no setting calendar.x", "calendars"),
    ('[report]\ntz = "UTC"', "report has no cron", "cron"),
    ('[hook]\nport = 70000\ntoken = "T"', "hook.port must be", ""),
]


@pytest.mark.parametrize(("text", "why", "hint"), WRONG)
def test_what_is_wrong_in_a_table_is_told_by_its_place(
    text: str, why: str, hint: str, tmp_path: Path
) -> None:
    (tmp_path / config.CONFIG_NAME).write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=why) as caught:
        config.load(tmp_path, {})
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        '[[notify]]\nurls = ["hunter2"]',
        '[[notify]]\nurls = ["slack://a"]\non = ["hunter2"]',
        '[[notify]]\nurls = { secret = "hunter2" }',
        '[[notify]]\nurls = ["slack://a"]\n"x://hunter2" = 1',
        '[hook]\nport = 8787\ntoken = "hunter2"',
        'hook = "hunter2"',
    ],
)
def test_what_may_be_a_password_is_not_shown_in_any_table(text: str, tmp_path: Path) -> None:
    (tmp_path / config.CONFIG_NAME).write_text(text)
    with pytest.raises(UsageError) as caught:
        config.load(tmp_path, {})
    assert "hunter2" not in f"{caught.value} {caught.value.hint}"
    assert text[1:5].strip("[]")[:4] in str(caught.value)


def test_a_profile_lies_over_the_settings_table_by_table(tmp_path: Path) -> None:
    (tmp_path / config.CONFIG_NAME).write_text(
        "[runtime]\nslots = 3\nkeep_days = 7\n"
        '[secrets]\nKEY = { file = "k" }\nOTHER = { file = "o" }\n'
        '[[notify]]\nurls = ["json://one"]\n[[notify]]\nurls = ["json://two"]\n'
        '[deployments.a]\ncron = "1 1 * * *"\nparams = { shop = "osaka", day = 2026-05-03 }\n'
    )
    (tmp_path / "jobmon.prod.toml").write_text(
        '[runtime]\nslots = 9\n[secrets]\nKEY = { env = "K" }\n[[notify]]\nurls = "json://prod"\n'
        "[deployments.a]\nactive = false\nparams = { shop = '東京' }\n"
    )
    settings = config.load(tmp_path, {"JOBMON_PROFILE": "prod"})
    assert (settings.profile, settings.slots, settings.keep_days) == ("prod", 9, 7)
    assert settings.secrets == {"KEY": {"env": "K"}, "OTHER": {"file": "o"}}
    assert [rule.urls for rule in settings.notify] == [("json://prod",)]
    row = settings.deployments["a"]
    assert (row.active, row.cron, row.flow) == (False, "1 1 * * *", "a")
    assert row.params == {"shop": "東京", "day": "2026-05-03"}
    plain = config.load(tmp_path, {})
    assert (plain.profile, plain.slots, len(plain.notify)) == ("", 3, 2)


def test_a_profile_that_is_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "jobmon.prod.toml").write_text("")
    with pytest.raises(UsageError, match=r"no file for the profile test") as caught:
        config.load(tmp_path, {"JOBMON_PROFILE": "test"})
    assert "prod" in caught.value.hint
    with pytest.raises(UsageError, match="no name of a profile"):
        config.load(tmp_path, {"JOBMON_PROFILE": "../prod"})


def test_a_mistake_in_the_file_of_a_profile_names_that_file(tmp_path: Path) -> None:
    (tmp_path / config.CONFIG_NAME).write_text("[runtime]\nslots = 3\n")
    (tmp_path / "jobmon.prod.toml").write_text('[rates]\nshop = "much"')
    with pytest.raises(UsageError, match=r"jobmon\.prod\.toml: rates\.shop"):
        config.load(tmp_path, {}, "prod")


def test_lengths_of_time_and_rates_are_written_as_people_do(tmp_path: Path) -> None:
    (tmp_path / config.CONFIG_NAME).write_text(
        '[rates]\na = "30/min"\nb = "30/10s"\nc = "5/day"\n'
        '[deployments.x]\nstart_within = "1h30m"\ncatchup_window = 90\ndeadline = 06:10:00\n'
    )
    settings = config.load(tmp_path, {})
    assert settings.rates == {"a": (30, 60.0), "b": (30, 10.0), "c": (5, 86400.0)}
    row = settings.deployments["x"]
    assert (row.start_within, row.catchup_window, row.deadline) == (5400.0, 90.0, "06:10")


def test_the_words_of_a_row_are_those_of_a_flow() -> None:
    assert (tables.OVERLAP, tables.CATCHUP, tables.SHIFT) == (
        options.OVERLAP,
        options.CATCHUP,
        options.SHIFT,
    )
    assert set(tables.ROWS["deployments"]) == set(Deployment._fields) - {"name"}
