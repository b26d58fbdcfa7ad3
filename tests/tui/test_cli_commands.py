"""The command line against canned documents: what is asked, printed, and exited with."""

import json
import re
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from jobmon.runtime.errors import (
    ERRORS,
    NoRuntimeError,
    NotFoundError,
    OtherRuntimeError,
    RefusedError,
    UsageError,
)
from jobmon.tui import demonstration, verbs
from jobmon.tui.cli import cli
from jobmon.tui.completion import shell_class
from tests.tui.cli_fakes import NOW, PLAIN, FakeDesk, job, ls, morning, show

TOUCHED = {
    "touched": [
        {"run": "morning#1", "job": "load", "state": "failed", "becomes": "waiting", "note": ""},
        {"run": "morning#1", "job": "publish", "state": "upstream_failed", "becomes": "waiting",
         "note": "done with old code"},
    ],
    "notes": ["load: the command changed"],
}  # fmt: skip
STATUS = {
    "schema": "jobmon.status/1", "running": True, "pid": 77, "version": "0.1.0", "proto": [1, 1],
    "home": "/batch", "started": NOW - 3600, "uptime": 3600.0,
    "slots": {"total": 8, "busy": 2}, "counts": {"running": 1}, "jobs": {"running": 2},
    "flows": 3, "mistakes": [], "db": "/batch/.jobmon/state.db", "troubles": [],
}  # fmt: skip


def invoke(desk, *args, **more):
    return CliRunner().invoke(cli, list(args), obj=desk, **more)


def all_commands():
    return [c for c in cli.commands.values() if not isinstance(c, click.Group)]


# Every command


@pytest.mark.parametrize("command", all_commands(), ids=lambda c: c.name)
def test_every_command_explains_itself(command):
    result = invoke(FakeDesk(), command.name, "--help")
    assert result.exit_code == 0
    assert command.get_short_help_str(70).endswith(".")
    assert "..." not in command.get_short_help_str(60)
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{command.name} {parameter.name}"


@pytest.mark.parametrize("command", verbs.COMMANDS, ids=lambda c: c.name)
def test_every_verb_can_be_previewed_explained_and_read_by_programs(command):
    options = {name for p in command.params for name in p.opts}
    assert {"--preview", "--why", "--json"} <= options


@pytest.mark.parametrize("error", ERRORS.values(), ids=lambda e: e.code)
def test_an_error_is_one_sentence_a_hint_and_its_code(error):
    desk = FakeDesk(show=error("show it", "because", "do that"))
    result = invoke(desk, "show", "morning#1")
    assert result.exit_code == error.exit_code
    assert result.stderr == "jobmon: show it: because\n  do that\n"
    assert result.stdout == ""


def test_every_line_of_a_reason_is_a_line():
    desk = FakeDesk()
    desk.answers["run"] = UsageError("start f", "day: no date\nn: no number", "jobmon ls --flows")
    lines = invoke(desk, "run", "f").stderr.splitlines()
    assert lines == ["jobmon: start f: day: no date", "  n: no number", "  jobmon ls --flows"]


def test_an_error_is_a_document_with_json():
    desk = FakeDesk(show=NotFoundError("show it", "because", "do that"))
    result = invoke(desk, "show", "morning#1", "--json")
    assert json.loads(result.stderr) == {
        "schema": "jobmon.error/1", "code": "not_found", "what": "show it", "why": "because",
        "hint": "do that", "exit_code": 4,
    }  # fmt: skip


def test_a_wrong_command_line_exits_2_in_both_forms():
    assert invoke(FakeDesk(), "show").exit_code == 2
    assert invoke(FakeDesk(), "nonsense").exit_code == 2
    result = invoke(FakeDesk(), "show", "--json")
    assert result.exit_code == 2
    assert json.loads(result.stderr)["code"] == "usage"


def test_version():
    assert invoke(FakeDesk(), "--version").stdout == "jobmon 0.1.0\n"


def test_hostile_errors_are_inert():
    desk = FakeDesk(show=RefusedError("a\x1b[31m", "b\u202e", "c\x9b"))
    assert not set("\x1b\u202e\x9b") & set(invoke(desk, "show", "x").output)


# Looking


def test_jobmon_alone_is_status_queue_and_where_to_go():
    desk = FakeDesk(PLAIN, status=STATUS, ls=ls(morning()))
    out = invoke(desk).stdout
    assert "runtime up" in out
    assert "morning#1" in out
    assert "jobmon --help" in out


@pytest.mark.parametrize(
    "command", [("ls",), ("status",), ("show", "morning#1"), ("ls", "--flows")]
)
def test_json_is_the_document_itself(command):
    views = {"ls": ls(morning()), "status": STATUS, "show": morning(),
             "flows": {"schema": "jobmon.flows/1", "flows": [], "mistakes": []}}  # fmt: skip
    desk = FakeDesk(**views)
    result = invoke(desk, *command, "--json")
    assert json.loads(result.stdout) == views["flows" if "--flows" in command else command[0]]


def test_json_cannot_steer_a_terminal_and_still_reads_back():
    body = ls(show([], why="\x9b31m \u202e \x1b 売上"))
    result = invoke(FakeDesk(ls=body), "ls", "--json")
    assert result.stdout.replace("\n", "").isprintable()
    assert "売上" in result.stdout
    assert json.loads(result.stdout) == body


def test_ls_asks_for_what_was_said():
    desk = FakeDesk(ls=ls(), flows=FLOWS)
    result = invoke(desk, "ls", "morning", "-n", "5", "--all")
    assert desk.given("view ls") == [{"flow": "morning", "limit": 5, "all": True}]
    assert "no run of morning yet" in result.stdout


FLOWS = {"schema": "jobmon.flows/1", "mistakes": [], "flows": [
    {"flow": "morning", "file": "flows/morning.py", "jobs": 8, "held": False},
    {"flow": "売上 日次", "file": "flows/sales.py", "jobs": 3, "held": True,
     "until": NOW + 86400 * 400, "by": "aki@pts/1: stocktaking"},
]}  # fmt: skip


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_flow_that_is_not_there_is_not_found(more):
    result = invoke(FakeDesk(ls=ls(), flows=FLOWS), "ls", "mornign", *more)
    assert result.exit_code == 4
    assert "did you mean morning?" in result.stderr
    assert result.stdout == ""


def test_a_flow_on_hold_says_until_when_and_by_whom():
    out = invoke(FakeDesk(flows=FLOWS), "ls", "--flows").stdout
    assert re.search(r"売上 日次 held +until \d{4}-\d\d-\d\d by aki@pts/1: stocktaking", out)


@pytest.mark.parametrize("line", ["ls -n -3", "events -n -1"])
def test_a_number_of_rows_is_not_negative(line):
    assert invoke(FakeDesk(ls=ls()), *line.split()).exit_code == 2


def test_a_preview_of_a_run_names_no_run():
    desk = FakeDesk()
    desk.answers["run"] = {"run": "morning#0", "id": 0, "jobs": ["a"], "applied": False}
    body = json.loads(invoke(desk, "run", "morning", "--preview", "--json").stdout)
    assert (body["run"], body["id"]) == (None, None)
    out = invoke(desk, "run", "morning", "--preview").stdout
    assert out.startswith("would start a run of morning: 1 job\n")


def test_what_is_offered_can_be_pasted_whatever_the_flow_is_called():
    desk = FakeDesk()
    desk.answers["run"] = {"run": "売上 日次#3", "id": 3, "jobs": ["a"], "applied": True}
    assert "jobmon show '売上 日次#3' -f" in invoke(desk, "run", "売上 日次").stdout


def test_flags_of_a_job_are_said():
    desk = FakeDesk(show=show([job("a", "succeeded", old_code=True)]))
    assert "succeeded old code" in invoke(desk, "show", "morning#1").stdout


def test_show_of_a_job_names_the_jobs_when_there_is_none():
    result = invoke(FakeDesk(show=morning()), "show", "morning#1", "lod")
    assert result.exit_code == 4
    assert "its jobs: collect, load, publish" in result.stderr
    assert "did you mean load?" in result.stderr


def test_show_of_a_job_lists_its_attempts():
    attempts = [{"job": "load", "n": n, "outcome": o, "reason": "", "created": NOW - 50,
                 "started": NOW - 50, "ended": NOW - 47, "code": c, "signal": None, "lines": 3,
                 "bytes": 90, "rusage": {"maxrss": 1e7}, "log": f"attempts/1/1.{n}.jsonl"}
                for n, o, c in ((1, "failed", 75), (2, "succeeded", 0))]  # fmt: skip
    desk = FakeDesk(show=morning() | {"attempts": attempts})
    out = invoke(desk, "show", "morning#1", "load").stdout
    assert "75" in out
    assert "attempts/1/1.2.jsonl" in out
    assert "collect" in out  # what it comes after


@pytest.mark.parametrize(
    ("change", "code"),
    [({}, 0), ({"running": False}, 6), ({"troubles": ["no room"]}, 1), ({"mistakes": ["x"]}, 1)],
)
def test_status_check_tells_by_its_exit_code(change, code):
    desk = FakeDesk(status=STATUS | change)
    assert invoke(desk, "status", "--check").exit_code == code
    assert invoke(desk, "status").exit_code == 0


def test_status_tells_a_runtime_that_is_silent_from_none_and_keeps_to_one_line():
    silent = {"running": False, "troubles": ["a runtime is there, but it did not answer"]}
    told = invoke(FakeDesk(status=STATUS | silent), "status").stdout
    assert told.startswith("no runtime answers")
    assert "jobmon up" not in told  # it would not help
    broken = {"mistakes": ["flows/a.py:1: a syntax error\n  correct: oops("]}
    line = invoke(FakeDesk(status=STATUS | broken), "status", "--check", "--quiet").stdout
    assert line.endswith("flows/a.py:1: a syntax error\n")


def test_explain_prints_the_reasons():
    desk = FakeDesk(explain={"schema": "jobmon.explain/1", "run": "morning#1", "job": "report",
                             "state": "waiting", "reasons": ["needs publish, which is running"],
                             "next": [], "card": None})  # fmt: skip
    result = invoke(desk, "explain", "morning#1", "report")
    assert "needs publish, which is running" in result.stdout
    assert desk.given("view explain") == [{"run": "morning#1", "job": "report"}]


# Acting


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("hold morning#1 load", {"verb": "hold", "run": "morning#1", "jobs": ["load"]}),
        ("hold morning#1", {"verb": "hold", "run": "morning#1"}),
        ("hold --flow morning", {"verb": "hold", "flow": "morning"}),
        ("release --flow morning", {"verb": "release", "flow": "morning"}),
        ("release - load", {"verb": "release", "run": "-", "jobs": ["load"]}),
        ("skip morning a b", {"verb": "skip", "run": "morning", "jobs": ["a", "b"]}),
        ("cancel morning#1 --hard", {"verb": "cancel", "options": {"hard": True}}),
        ("cancel morning#1 a --grace 2", {"options": {"grace": 2.0}, "jobs": ["a"]}),
        ("kill morning#1 a", {"verb": "kill", "jobs": ["a"]}),
        ("rerun morning#1 load", {"verb": "rerun", "jobs": ["load"], "options": {}}),
        ("rerun morning#1 load --only", {"options": {"only": True}}),
        ("rerun morning#1 --failed", {"options": {"failed": True}}),
        ("mark morning#1 load success --why seen",
         {"verb": "mark", "options": {"outcome": "success"}, "why": "seen"}),
        ("mark morning#1 load failed --note wrong",
         {"options": {"outcome": "failed"}, "why": "wrong"}),
        ("skip morning#1 load --output {\"rows\":3}", {"options": {"value": {"rows": 3}}}),
        ("done morning#1 adjust", {"verb": "done", "jobs": ["adjust"]}),
    ],
)  # fmt: skip
def test_a_verb_says_to_the_runtime_what_was_typed(line, asked):
    desk = FakeDesk(show=morning())
    desk.answers["verb"] = TOUCHED | {"applied": True}
    result = invoke(desk, *line.split(" "))
    assert result.exit_code == 0, result.output
    (given,) = desk.given("verb")
    assert given.items() >= asked.items()
    assert given["preview"] is False
    assert "publish" in result.stdout
    assert "note: load: the command changed" in result.stdout


@pytest.mark.parametrize("name", ["hold", "release", "skip", "cancel", "kill", "rerun", "done"])
def test_a_preview_changes_nothing(name):
    desk = FakeDesk(show=morning())
    desk.answers["verb"] = TOUCHED | {"applied": False}
    result = invoke(desk, name, "morning#1", "load", "--preview")
    assert "would touch" in result.stdout
    assert [given["preview"] for given in desk.given("verb")] == [True]


@pytest.mark.parametrize(
    "line",
    ["rerun morning#1", "rerun morning#1 load --failed", "rerun morning#1 --failed --only",
     "skip morning#1", "hold", "hold morning#1 --flow morning", "hold --flow f --until soon",
     "mark morning#1 load maybe", "mark morning#1 load failed --output 1",
     "skip morning#1 load --output {", "run morning -p day"],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_before_the_runtime_is_asked(line):
    desk = FakeDesk(show=morning())
    assert invoke(desk, *line.split(" ")).exit_code == 2
    assert not desk.given("verb")


def test_a_refusal_names_the_reason_and_exits_5():
    desk = FakeDesk(show=morning())
    desk.answers["verb"] = RefusedError("rerun report", "publish is running", "jobmon cancel ...")
    result = invoke(desk, "rerun", "morning#1", "report")
    assert result.exit_code == 5
    assert "publish is running" in result.stderr


def test_a_verb_with_json_prints_a_document():
    desk = FakeDesk(show=morning())
    desk.answers["verb"] = TOUCHED | {"applied": True}
    body = json.loads(invoke(desk, "cancel", "morning#1", "--json").stdout)
    assert body["schema"] == "jobmon.verb/1"
    assert body["applied"] is True


def test_done_without_a_job_takes_the_one_that_waits():
    desk = FakeDesk(show=show([job("a", "succeeded"), job("adjust", "waiting_human")]))
    desk.answers["verb"] = TOUCHED | {"applied": True}
    assert invoke(desk, "done", "morning#1").exit_code == 0
    assert desk.given("verb")[0]["jobs"] == ["adjust"]
    assert invoke(FakeDesk(show=morning()), "done", "morning#1").exit_code == 5
    two = FakeDesk(show=show([job("a", "waiting_human"), job("b", "waiting_human")]))
    assert invoke(two, "done", "morning#1").exit_code == 2


# Asking


@pytest.fixture
def at_terminal(monkeypatch):
    monkeypatch.setattr(verbs, "_can_ask", lambda desk: desk.ink.terminal)


def asking_desk(touched=TOUCHED, effects="idempotent"):
    body = morning()
    for row in body["jobs"]:
        row["effects"] = effects
    desk = FakeDesk(PLAIN, show=body)
    desk.answers["verb"] = lambda args: touched | {"applied": not args["preview"]}
    return desk


ONE = {"touched": TOUCHED["touched"][:1], "notes": []}


@pytest.mark.usefixtures("at_terminal")
@pytest.mark.parametrize(
    ("line", "touched", "effects", "asks"),
    [
        ("cancel morning#1", ONE, "idempotent", True),
        ("kill morning#1 load", ONE, "idempotent", True),
        ("skip morning#1 load", ONE, "idempotent", True),
        ("mark morning#1 load success", ONE, "idempotent", True),
        ("rerun morning#1 load", TOUCHED, "idempotent", True),
        ("rerun morning#1 load", ONE, "", True),
        ("rerun morning#1 load", ONE, "once", True),
        ("rerun morning#1 load", ONE, "idempotent", False),
        ("hold morning#1 load", ONE, "idempotent", False),
        ("release morning#1 load", ONE, "idempotent", False),
        ("done morning#1 load", ONE, "idempotent", False),
        ("cancel morning#1 --yes", ONE, "idempotent", False),
    ],
)
def test_who_is_asked_first(line, touched, effects, asks):
    desk = asking_desk(touched, effects)
    no = invoke(desk, *line.split(" "), input="n\n")
    applied = [given for given in desk.given("verb") if not given["preview"]]
    assert bool(applied) is not asks
    assert no.exit_code == (130 if asks else 0)
    if asks:
        assert "load" in no.stdout  # what would be touched stands before the question
        assert invoke(asking_desk(touched, effects), *line.split(" "), input="y\n").exit_code == 0


# Start and stop


@pytest.mark.parametrize("known", [True, False])
def test_the_demo_says_how_to_make_jobmon_known_where_it_is_not(monkeypatch, tmp_path, known):
    activate = tmp_path / "my env" / "bin" / "activate"
    activate.parent.mkdir(parents=True)
    activate.touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.prefix", str(tmp_path / "my env"))
    monkeypatch.setattr("shutil.which", lambda _: "/usr/bin/jobmon" if known else None)
    lines = demonstration._next(FakeDesk(), "demo", "morning#1", failed=False)
    commands = [line.strip() for line in lines[1:3]]
    assert commands[:1] == (["cd demo"] if known else [". 'my env/bin/activate'"])
    assert known or commands[1] == "cd demo"


def test_run_says_its_key_and_how_to_watch():
    desk = FakeDesk()
    desk.answers["run"] = {"run": "morning#2", "id": 2, "jobs": ["a", "b"]}
    result = invoke(desk, "run", "morning", "-p", "day=2025-11-23", "-p", "x=a=b", "--why", "late")
    (given,) = desk.given("run")
    assert given["params"] == {"day": "2025-11-23", "x": "a=b"}
    assert given["why"] == "late"
    assert "morning#2" in result.stdout
    assert "jobmon show morning#2 -f" in result.stdout


def test_up_and_down():
    desk = FakeDesk(status=STATUS)
    desk.up = False

    def leave(_args):
        desk.up = False
        return {}

    desk.answers["down"] = leave
    assert "runtime started: pid 77" in invoke(desk, "up").stdout
    assert "runs already" in invoke(desk, "up").stdout
    assert "2 jobs go on" in invoke(desk, "down").stdout
    assert invoke(desk, "down").exit_code == 6


def test_another_runtime_exits_3(monkeypatch):
    def taken(*, start=False):
        raise OtherRuntimeError("serve /batch", "pid 12 does", "") if start else NoRuntimeError("x")

    desk = FakeDesk()
    monkeypatch.setattr(desk, "connect", taken)
    result = invoke(desk, "up")
    assert result.exit_code == 3
    assert "pid 12" in result.stderr


# Completion


@pytest.mark.parametrize(
    ("args", "incomplete", "expected"),
    [
        (["show"], "mor", ["morning#1", "morning"]),
        (["rerun", "morning#1"], "l", ["load"]),
        (["rerun", "morning#1", "load"], "", ["collect", "publish", "アクセス集計", "report"]),
        (["logs", "morning#1"], "ア", ["アクセス集計"]),
        (["run"], "", ["morning"]),
        (["sta"], "sta", ["status"]),
    ],
)
def test_runs_jobs_flows_and_commands_complete(args, incomplete, expected):
    from click.shell_completion import ShellComplete

    desk = FakeDesk(show=morning(), ls=ls(morning()), flows={"flows": [{"flow": "morning"}]})
    words = [] if args == ["sta"] else args
    found = ShellComplete(cli, {"obj": desk}, "jobmon", "X").get_completions(words, incomplete)
    assert [item.value for item in found] == expected


def test_completion_is_silent_when_nothing_can_be_known():
    from click.shell_completion import ShellComplete

    assert not ShellComplete(cli, {"obj": FakeDesk()}, "jobmon", "X").get_completions(["show"], "")


def test_bash_completes_words_with_an_at_sign_and_a_colon(tmp_path):
    """Bash takes `flow@2026-11-23T06:10` apart at @ and : and wants only the last part back."""
    answer = tmp_path / "jobmon"
    answer.write_text("#!/bin/sh\necho plain,flow@2026-11-23T06:10+0900\n")
    answer.chmod(0o755)
    script = invoke(FakeDesk(), "completion", "bash").stdout
    ask = f'COMP_LINE="jobmon show flow@2026-11-23T06:"; COMP_POINT=${{#COMP_LINE}}\n{script}\n'
    ask += f'_jobmon_completion {answer} && echo "${{COMPREPLY[0]}}"'
    ran = subprocess.run(
        ["bash", "-c", ask], capture_output=True, text=True, timeout=20, check=False
    )
    assert ran.stdout == "10+0900\n", ran.stderr


@pytest.mark.parametrize(
    ("line", "words", "last"),
    [("jobmon show ", ["show"], ""), ("jobmon show mor", ["show"], "mor"), ("jobmon ", [], "")],
)
def test_bash_words_are_those_before_the_cursor(monkeypatch, line, words, last):
    monkeypatch.setenv("COMP_WORDS", line)
    assert shell_class("bash")(cli, {}, "jobmon", "X").get_completion_args() == (words, last)


def test_completion_scripts_are_printed():
    assert "_JOBMON_COMPLETE" in invoke(FakeDesk(), "completion", "bash").stdout


# Start-up

HEAVY = (
    "textual", "rich.console", "asyncio", "msgspec", "psutil", "croniter", "filelock", "holidays",
)  # fmt: skip


@pytest.mark.parametrize("command", ["status", "ls"])
def test_the_quick_commands_load_nothing_heavy(command, tmp_path):
    program = """
import sys
from jobmon.tui.cli import cli
try:
    cli.main(["--home", sys.argv[1], sys.argv[2]])
except SystemExit:
    heavy = [name for name in sys.argv[3:] if name in sys.modules]
    sys.exit(f"loaded {heavy}" if heavy else 0)
"""
    ran = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path), command, *HEAVY],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
