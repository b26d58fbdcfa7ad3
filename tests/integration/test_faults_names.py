"""Parameters and names that look like commands, paths or markup: data, or refused, never obeyed."""

from __future__ import annotations

import os

import pytest

from jobmon.runtime.errors import UsageError
from tests.batch import Batch
from tests.faults import jobmon

EVIL = {
    "substitution": "$(touch pwned)",
    "backticks": "`touch pwned`",
    "quote and command": '"; touch pwned; echo "',
    "apostrophe": "'; touch pwned; '",
    "newlines": "a\ntouch pwned\nb",
    "path upwards": "../../../../tmp/x",
    "option": "-rf",
    "glob": "* ~ $HOME {a,b}",
    "255 bytes": "x" * 255,
    "60 kB": "y" * 60_000,
    "markup": "[bold]x[/bold][/nothing]",
    "japanese": "売上 ステータス 調整",
    "escapes": "\x1b[2J\x1b]52;c;eA==\x07",
    "bidi": "\u202egnp.exe",
    "emoji": "👩‍👩‍👧 é",
}
ECHO = """
flow = Flow("echo", params={"given": "nothing"})
a = flow.shell("a", 'printf %s "$given" > shell; printf %s "$given"')
b = flow.exec("b", ["sh", "-c", 'printf %s "$1" > argv', "-", Param("given")])
@flow.python(effects="idempotent")
def c(given: str = Param("given")) -> dict:
    open("python", "w").write(given)
    return {"given": given}
a >> b >> c
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory):
    """One folder and its runtime for all values: they must not disturb each other either."""
    batch = Batch(tmp_path_factory.mktemp("names") / "batch")
    batch.flow(ECHO.replace('Param("given")', 'flow.params["given"]'), "echo")
    yield batch
    batch.close()


@pytest.mark.parametrize("name", EVIL)
def test_a_parameter_arrives_as_it_was_given_and_nothing_is_executed(
    shared: Batch, name: str
) -> None:
    value = EVIL[name]
    run = shared.run("echo", given=value)
    assert shared.wait(run)["state"] == "succeeded"
    for way in ("shell", "argv", "python"):
        assert (shared.home / way).read_text(encoding="utf-8") == value, way
    assert not list(shared.home.glob("**/pwned"))
    if name in {"escapes", "bidi", "markup"}:
        said = jobmon(shared.home, "show", run)
        assert said.returncode == 0
        assert not {"\x1b", "\u202e"} & set(said.stdout)


@pytest.mark.parametrize("value", ["a\0b", "x" * (1 << 17) * 2], ids=["NUL", "256 KiB"])
def test_a_parameter_no_process_can_get_is_refused_before_a_run_exists(
    shared: Batch, value: str
) -> None:
    with pytest.raises(UsageError) as refused:
        shared.run("echo", given=value)
    assert "given" in refused.value.why
    assert len(refused.value.why) < 1000


NAMES = [
    "$(id)",
    "`id`",
    "a\nb",
    "../../x",
    "-rf",
    "x" * 255,
    "a\0b",
    "[bold]",
    "a/b",
    "",
    " ",
    "a#1",
]


@pytest.mark.parametrize("kind", ["job", "flow", "param"])
@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_name_is_refused_by_file_and_line_or_is_only_a_name(
    shared: Batch, kind: str, name: str
) -> None:
    from jobmon.jobs.loader import load_folder

    flow, job, param = (name if kind == k else d for k, d in
                        (("flow", "f"), ("job", "j"), ("param", "p")))  # fmt: skip
    folder = shared.home / "named"
    (folder / "flows").mkdir(parents=True, exist_ok=True)
    (folder / "flows" / "named.py").write_text(
        "from jobmon.jobs import Flow\n"
        f"flow = Flow({flow!r}, params={{{param!r}: 'v'}})\nflow.shell({job!r}, 'true')\n"
    )
    loaded = load_folder(folder)
    if loaded.mistakes:
        assert loaded.mistakes[0].file == "flows/named.py"
        assert loaded.mistakes[0].line in (2, 3)
        assert loaded.mistakes[0].hint
    else:
        ((found, definition),) = loaded.flows.items()
        assert (found, definition.jobs[0].name) == (flow, job)
        assert not set("/\0\n") & set(found + job)
        assert not found.startswith("-")


def test_jobs_with_awkward_names_run_and_are_named_back(batch: Batch) -> None:
    """Names are people's: state files are called by numbers, whatever a name holds."""
    batch.flow(
        "flow = Flow('夜間')\na = flow.shell('売上[bold]', 'echo $JOBMON_JOB')\n"
        "b = flow.shell('x' * 60, 'true')\na >> b\n"
    )
    run = batch.run("夜間")
    assert batch.wait(run)["state"] == "succeeded"
    assert {r["m"] for r in batch.log(run, "売上[bold]") if "m" in r} == {"売上[bold]"}
    said = jobmon(batch.home, "show", run).stdout
    assert "売上[bold]" in said
    assert sorted(os.listdir(batch.state / "attempts" / "1")) == ["0.1.jsonl", "1.1.jsonl"]


@pytest.mark.parametrize("name", ["$(touch pwned)", "../../x", "-rf", "a\nb", "[bold]", "日本"])
def test_a_run_or_flow_nobody_knows_is_not_found_and_nothing_else(batch: Batch, name: str) -> None:
    batch.flow("flow = Flow('f')\nflow.shell('a', 'true')\n")
    for words in (("show", "--", name), ("run", "--", name)):
        ran = jobmon(batch.home, *words)
        assert ran.returncode == 4, ran.stderr
        assert "Traceback" not in ran.stderr
    assert not list(batch.home.glob("**/pwned"))
