"""The documentation names everything there is: states, verbs, options, settings, exit codes."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import jobmon.jobs
from jobmon.jobs import options
from jobmon.jobs.definition import EFFECTS, KINDS, ON_LOST, TRIGGERS
from jobmon.runtime import config, errors, testing
from jobmon.runtime.model import RUN_STATES
from jobmon.runtime.settings import tables
from jobmon.runtime.settings.declared import NOTIFY_ON
from jobmon.runtime.settle import CLASSES
from jobmon.runtime.states import TABLE, TERMINAL, Input, State
from jobmon.tui.cli import cli
from jobmon.tui.settings import ScreenSettings

ROOT = Path(__file__).parents[2]
OPERATOR = {Input.CANCEL, Input.SKIP, Input.MARK_SUCCESS, Input.MARK_FAILED, Input.RESET}
COMMON = {"help", "version", "home", "view", "sockets"}


def doc(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def row(page: str, key: str) -> str:
    """The table row whose first cell is `key` in code."""
    found = re.search(rf"^\| `{re.escape(key)}[`(].*$", page, re.MULTILINE)
    assert found, f"no table row for {key}"
    return found[0]


def sections(page: str) -> dict[str, str]:
    parts = re.split(r"^### (.+)$", page, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("state", State)
def test_every_job_state_has_a_row(state: State) -> None:
    jobs, _, _ = doc("states.md").partition("## Runs")
    assert len(row(jobs, state).split("|")) == 5
    terminal = jobs.partition("Seven states")[2]
    assert (f"\n| `{state}` |" in terminal) == (state in TERMINAL)


@pytest.mark.parametrize("state", [s for s in State if s not in TERMINAL])
def test_every_way_out_of_a_state_is_told(state: State) -> None:
    ways_out = row(doc("states.md"), state).split("|")[3]
    for (source, given), move in TABLE.items():
        if source is state and given not in OPERATOR and move.to is not state:
            assert f"`{move.to}`" in ways_out, f"{given} to {move.to}"


@pytest.mark.parametrize("state", RUN_STATES)
def test_every_run_state_has_a_row(state: str) -> None:
    assert row(doc("states.md").partition("## Runs")[2], state)


def commands(group: click.Group, path: str = "jobmon") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        elif not command.hidden:
            yield f"{path} {name}", command


@pytest.mark.parametrize(("path", "command"), list(commands(cli)), ids=lambda v: str(v)[:30])
def test_every_command_and_its_options_are_explained(path: str, command: click.Command) -> None:
    page = doc("verbs.md")
    heading = " ".join(path.split()[:2])
    section = sections(page)[heading]
    shared = page.partition("## Start")[0]
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.name not in COMMON:
            long = max(parameter.opts, key=len)
            assert f"`{long}" in section or f"| `{long}" in shared, f"{path} {long}"


def test_no_command_is_documented_that_is_not_there() -> None:
    there = {" ".join(path.split()[:2]) for path, _ in commands(cli)}
    assert set(sections(doc("verbs.md"))) == there


@pytest.mark.parametrize("setting", config.SETTINGS, ids=lambda s: s.key)
def test_every_setting_has_a_row(setting: config.Setting) -> None:
    found = row(doc("settings.md"), setting.key)
    if setting.key.startswith("runtime."):
        assert f"`JOBMON_{setting.key.removeprefix('runtime.').upper()}`" in found


def test_the_settings_example_sets_every_key_and_is_valid(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", doc("settings.md"), re.DOTALL)
    (tmp_path / "jobmon.toml").write_text(example, encoding="utf-8")
    settings = config.load(tmp_path, {})
    assert settings.slots == 8
    keys = [setting.key.partition(".")[2] for setting in config.SETTINGS if "." in setting.key]
    assert all(f"\n{key} =" in example or f".{key}]" in example for key in keys)
    assert all(f"[{key}" in example for key in tables.ROWS)
    for rows in tables.ROWS.values():
        assert all(re.search(rf"^{key} =", example, re.MULTILINE) for key in rows)
    assert settings.pools["database"] == 4
    assert settings.deployments["morning-osaka"].params == {"shop": "osaka", "limit": 50}
    own = ScreenSettings.of(settings.screen, {}, {"night"}, settings.screen["columns"]).keys
    assert own["job.rerun"] == ("f9",)


@pytest.mark.parametrize("table", tables.ROWS)
def test_every_key_of_a_table_has_a_row(table: str) -> None:
    told = part(doc("settings.md"), table.capitalize())
    assert all(row(told, key) for key in tables.ROWS[table])
    words = {"notify": NOTIFY_ON, "deployments": (*tables.OVERLAP, *tables.CATCHUP, *tables.SHIFT)}
    assert all(re.search(rf'`"?{word}"?`', told) for word in words.get(table, ()))


def part(page: str, heading: str) -> str:
    return page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("option", sorted(options.JobOptions.__annotations__))
def test_every_job_option_has_a_row(option: str) -> None:
    assert row(part(doc("flows.md"), "Options of a job"), option)


@pytest.mark.parametrize("option", ["params", *options.FlowOptions.__annotations__])
def test_every_flow_option_has_a_row(option: str) -> None:
    assert row(part(doc("flows.md"), "Options of a flow"), option)


@pytest.mark.parametrize("name", jobmon.jobs.__all__)
def test_every_name_of_the_language_has_a_row(name: str) -> None:
    assert row(part(doc("flows.md"), "The names"), name)


def test_every_word_an_option_takes_is_explained() -> None:
    page = doc("flows.md")
    assert all(row(part(page, "Trigger rules"), trigger) for trigger in TRIGGERS)
    for word in (*EFFECTS, *ON_LOST, *options.OVERLAP, *options.CATCHUP):
        assert f'`"{word}"`' in page, word
    for kind in KINDS:
        assert f"flow.{kind}(" in page
    for code, name in CLASSES.items():
        assert re.search(rf"^\| {name} \|.*\| {code} \|", page, re.MULTILINE)


def test_every_variable_a_job_gets_has_a_row() -> None:
    source = (ROOT / "runtime" / "launch.py").read_text(encoding="utf-8")
    given = set(re.findall(r'"(JOBMON_[A-Z_]+)":', source))
    assert given
    assert all(row(part(doc("flows.md"), "Jobs"), name) for name in given)


def test_every_exit_code_has_a_row() -> None:
    codes = {value for name, value in vars(errors).items() if name.startswith("EXIT_")}
    page = part(doc("json.md"), "Exit codes")
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)} == codes


def test_every_document_has_a_row() -> None:
    rooms = (ROOT / "runtime", ROOT / "tui")
    sources = [path.read_text(encoding="utf-8") for room in rooms for path in room.rglob("*.py")]
    schemas = {name for text in sources for name in re.findall(r"jobmon\.[a-z]+/\d+", text)}
    page = doc("json.md")
    assert all(row(page, schema) for schema in schemas)
    assert set(re.findall(r"`(jobmon\.[a-z]+/\d+)`", page)) == schemas


def test_the_commands_that_print_no_document_are_named() -> None:
    told = doc("json.md").partition("\n## ")[0]
    without = [
        path.removeprefix("jobmon ")
        for path, command in commands(cli)
        if "as_json" not in {parameter.name for parameter in command.params}
    ]
    assert sorted(without) == [
        "completion", "demo", "exec", "import-crontab", "init", "keys", "service install",
        "suggest", "wall",
    ]  # fmt: skip
    assert all(f"`{name}`" in told for name in without)


def test_every_key_a_document_always_has_is_named() -> None:
    page = doc("json.md")
    for path in (ROOT / "tests" / "data" / "schemas").glob("*.json"):
        for keys in json.loads(path.read_text(encoding="utf-8"))["required"].values():
            assert all(f"`{key}`" in page for key in keys), path.name


def test_everything_for_tests_is_explained() -> None:
    page = doc("testing.md")
    given = inspect.signature(testing.Simulation).parameters
    assert all(row(page, name) for name, p in given.items() if p.kind is p.KEYWORD_ONLY)
    assert all(f"`{name}`" in page for name in testing.__all__)


@pytest.mark.parametrize("room", ["runtime", "tui"])
def test_the_modules_that_development_names_are_there(room: str) -> None:
    table = doc("development.md").partition(f"\n| Module of `{room}/` |")[2].partition("\n\n")[0]
    names = {
        name
        for row in table.splitlines()[2:]
        for name in re.findall(r"`([\w/]+(?:\.py|/))`", row.split("|")[1])
    }
    assert len(names) > 20
    assert {name for name in names if not (ROOT / room / name).exists()} == set()
