"""The command line against a real runtime: whole commands as a person or a script types them."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from jobmon.runtime.states import State
from jobmon.tui.mirror import Mirror
from tests.batch import Batch

HEAVY = {
    "textual", "rich.console", "asyncio", "msgspec", "psutil", "croniter", "filelock", "holidays",
    "apprise",
}  # fmt: skip
SCHEMAS = Path(__file__).parents[1] / "data" / "schemas"
FLOW = """
flow = Flow("夜間", params={"day": "today"})
a = flow.shell("集計", "echo day=$day; echo oops >&2", effects="idempotent")
b = flow.exec("b", ["sh", "-c", "test -e go"], effects="idempotent")
c = flow.shell("c", "true", effects="idempotent")
a >> b >> c
"""
MANUAL = """
flow = Flow("by_hand")
a = flow.shell("a", "true")
check = flow.manual("check", "look at it")
a >> check
"""
HELD = """
flow = Flow("held")
a = flow.shell("a", "while ! test -e go; do sleep 0.02; done; echo done")
"""


PLAIN: dict[str, Any] = {
    "LANG": "C",
    "LC_ALL": "C",
    "PYTHONUTF8": "0",
    "PYTHONCOERCECLOCALE": "0",
}


class Ran:
    """A finished command."""

    def __init__(self, process: subprocess.CompletedProcess[str]) -> None:
        self.code, self.out, self.err = process.returncode, process.stdout, process.stderr

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.out)


def environment(**more: str) -> dict[str, str]:
    wanted = {"PATH", "HOME", "TMPDIR"}
    kept = {name: value for name, value in os.environ.items() if name in wanted}
    return kept | {"LANG": "C.UTF-8", "TZ": "Asia/Tokyo"} | more


def command(home: Path, *args: str) -> list[str]:
    return [sys.executable, "-m", "jobmon.tui.cli", "--home", str(home), *args]


def jobmon(batch: Batch, *args: str, code: int | None = 0, **env: str) -> Ran:
    """Run a command; its exit code must be `code` (None: any)."""
    ran = Ran(
        subprocess.run(
            command(batch.home, *args), capture_output=True, text=True, timeout=60, check=False,
            env=environment(**env), stdin=subprocess.DEVNULL,
        )
    )  # fmt: skip
    assert code is None or ran.code == code, (ran.code, ran.out, ran.err)
    return ran


def run_to_end(batch: Batch, flow: str, *args: str) -> str:
    jobmon(batch, "run", flow, "--follow", *args, code=None)
    return batch.call("view", name="ls")["runs"][0]["run"]


@pytest.fixture
def night(batch: Batch) -> Batch:
    """A folder whose flow 夜間 fails at b until the file `go` is there; run once."""
    batch.flow(FLOW)
    batch.flow(MANUAL, "by_hand")
    run_to_end(batch, "夜間")
    return batch


# A morning's work, end to end


def test_a_run_fails_is_explained_mended_and_rerun(night: Batch) -> None:
    told = jobmon(night, "show", "夜間").out
    assert re.search(r"✓ 集計 +succeeded", told)
    assert re.search(r"└─ ✗ b +failed", told)
    assert re.search(r"└─ ⊘ c +upstream failed", told)
    why = jobmon(night, "explain", "夜間", "b").out
    assert "exit code 1" in why
    assert "jobmon rerun" in why
    (night.home / "go").touch()
    assert "b" in jobmon(night, "rerun", "夜間#1", "--failed", "--why", "mended").out
    assert jobmon(night, "show", "夜間#1", "-f").code == 0
    who = jobmon(night, "events", "--run", "夜間#1").out
    assert "mended" in who


def test_following_prints_every_change_and_exits_with_the_outcome(night: Batch) -> None:
    failed = jobmon(night, "run", "夜間", "-f", code=1)
    words = re.findall(r" 夜間#2 (\S+) +\S (\w+(?: failed)?)", failed.out)
    assert words[:4] == [("集計", w) for w in ("queued", "starting", "running", "succeeded")]
    assert words[-1] == ("c", "upstream failed")
    (night.home / "go").touch()
    assert jobmon(night, "run", "夜間", "-f", code=0).out.count("succeeded") == 4


def test_a_manual_step_is_answered_by_yes_or_by_done(night: Batch) -> None:
    jobmon(night, "run", "by_hand", "-f", "--yes", code=0)
    jobmon(night, "run", "by_hand")
    night.wait_job("by_hand#2", "check", "waiting_human")
    assert "waits for you" in jobmon(night, "ls").out
    jobmon(night, "done", "by_hand", "--why", "looked")
    night.wait("by_hand#2", "succeeded")
    jobmon(night, "done", "by_hand", code=5)


def test_logs_are_the_jobs_own_words_with_time_and_stream(night: Batch) -> None:
    lines = jobmon(night, "logs", "夜間", "集計").out.splitlines()
    assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3} │ day=\d{4}-\d\d-\d\d", lines[0])
    assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3} ! oops", lines[1])
    assert jobmon(night, "logs", "夜間", "集計", "--raw", "-n", "1").out == "oops\n"
    assert jobmon(night, "logs", "夜間", "c", code=5).err.startswith("jobmon: show the log of c")
    assert "its attempts: 1" in jobmon(night, "logs", "夜間", "集計", "--attempt", "9", code=4).err


def test_logs_follow_a_job_to_its_end(batch: Batch) -> None:
    batch.flow(HELD, "held")
    jobmon(batch, "run", "held")
    process = subprocess.Popen(
        command(batch.home, "logs", "held", "a", "-f"), stdout=subprocess.PIPE, text=True,
        env=environment(),
    )  # fmt: skip
    batch.wait_job("held#1", "a", "running")
    (batch.home / "go").touch()
    out, _ = process.communicate(timeout=30)
    assert out.endswith("│ done\n")
    assert process.returncode == 0


def test_json_lines_of_a_log_name_run_job_and_attempt(night: Batch) -> None:
    lines = [
        json.loads(x) for x in jobmon(night, "logs", "夜間", "集計", "--json").out.splitlines()
    ]
    assert {(x["run"], x["job"], x["attempt"]) for x in lines} == {("夜間#1", "集計", 1)}


def test_events_follow_and_start_after_a_number(night: Batch) -> None:
    last = jobmon(night, "events", "--json").json["events"][-1]["seq"]
    process = subprocess.Popen(
        command(night.home, "events", "-f", "--json", "--since", str(last)),
        stdout=subprocess.PIPE, text=True, env=environment(),
    )  # fmt: skip
    assert process.stdout
    jobmon(night, "run", "by_hand")
    first = json.loads(process.stdout.readline())
    assert (first["seq"], first["run_key"]) == (last + 1, "by_hand#1")
    process.terminate()
    process.communicate(timeout=10)


# Exit codes and refusals


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("show", "nothing"), 4, "find the run nothing"),
        (("ls", "nothing"), 4, "夜間"),
        (("done", "夜間"), 5, "none waits"),
        (("run", "夜閒"), 4, "flow"),
        (("run", "夜間", "-p", "day=someday"), 2, "day"),
        (("run", "夜間", "-p", "dya=2026-11-23"), 2, "dya"),
        (("rerun", "夜間", "c"), 5, "b"),
        (("hold", "夜間", "集計"), 5, "集計"),
        (("explain", "夜間", "zz"), 4, "zz"),
    ],
)
def test_what_cannot_be_done_says_why(
    night: Batch, args: tuple[str, ...], code: int, said: str
) -> None:
    told = jobmon(night, *args, code=code)
    assert said in told.err
    assert told.out == ""
    assert "Traceback" not in told.err
    assert json.loads(jobmon(night, *args, "--json", code=code).err)["exit_code"] == code


def test_a_folder_that_is_not_there_exits_4(batch: Batch) -> None:
    assert "is not a folder" in jobmon(Batch(batch.home / "x"), "--home", "/no", "ls", code=4).err


def test_check_names_file_and_line_and_exits_1(night: Batch) -> None:
    assert jobmon(night, "check").code == 0
    night.flow('flow = Flow("bad")\nflow.shell("x", "true", trigger="sometimes")\n', "bad")
    night.flow('flow = Flow("閏日", schedule="0 0 29 2 *")\nflow.shell("x", "true")\n', "leap")
    told = jobmon(night, "check", code=1).out
    assert "flows/bad.py:3" in told
    body = jobmon(night, "check", "--json", code=1).json
    assert body["mistakes"][0]["line"] == 3


# With and without a runtime


def test_up_is_one_runtime_and_down_leaves_jobs_running(batch: Batch) -> None:
    batch.flow(HELD, "held")
    assert jobmon(batch, "status", "--check", code=6).out.startswith("no runtime")
    assert "runtime started" in jobmon(batch, "up").out
    assert "runs already" in jobmon(batch, "up").out
    jobmon(batch, "run", "held")
    batch.wait_job("held#1", "a", "running")
    assert "1 jobs go on" in jobmon(batch, "down").out.replace("1 job goes", "1 jobs go")
    jobmon(batch, "down", code=6)
    assert "running" in jobmon(batch, "ls").out  # from the state on disk
    told = jobmon(batch, "status", "--json").json
    assert (told["running"], told["jobs"]) == (False, {"running": 1})
    (batch.home / "go").touch()
    jobmon(batch, "up")
    batch.wait("held#1", "succeeded")


def test_down_drain_waits_for_what_runs(batch: Batch) -> None:
    batch.flow(HELD, "held")
    jobmon(batch, "run", "held")
    batch.wait_job("held#1", "a", "running")
    process = subprocess.Popen(command(batch.home, "down", "--drain"), env=environment())
    (batch.home / "go").touch()
    assert process.wait(timeout=30) == 0
    assert batch.show("held#1")["state"] == "succeeded"


def test_reading_needs_no_runtime_and_starts_none(night: Batch) -> None:
    jobmon(night, "down")
    for line in ("ls", "show 夜間", "explain 夜間 b", "graph 夜間", "logs 夜間 集計", "events",
                 "ls --flows", "status"):  # fmt: skip
        assert jobmon(night, *line.split()).out
    assert jobmon(night, "status", "--json").json["running"] is False


def test_a_killed_runtime_is_followed_into_its_successor(batch: Batch) -> None:
    batch.flow(HELD, "held")
    jobmon(batch, "up")
    process = subprocess.Popen(
        command(batch.home, "run", "held", "-f"), stdout=subprocess.PIPE, text=True,
        stderr=subprocess.PIPE, env=environment(),
    )  # fmt: skip
    assert process.stdout
    told = [process.stdout.readline() for _ in range(3)]
    batch.kill()
    (batch.home / "go").touch()
    jobmon(batch, "up")
    out, err = process.communicate(timeout=40)
    assert process.returncode == 0, err
    words = [line.split()[4] for line in [*told, *out.splitlines()] if " a " in line]
    assert words == ["queued", "starting", "running", "succeeded"]  # each told once
    assert "the runtime is gone" in err


def test_doctor_finds_a_sound_folder_sound(night: Batch) -> None:
    body = jobmon(night, "doctor", "--json", code=None).json
    verdicts = {row["check"]: row["verdict"] for row in body["checks"]}
    assert {verdicts[name] for name in ("python", "versions", "lock", "database", "runtime")} == {
        "ok"
    }
    (night.home / ".jobmon").chmod(0o755)
    body = jobmon(night, "doctor", "--json", code=None).json
    folder = next(row for row in body["checks"] if row["check"] == "folder")
    assert folder["verdict"] == "warn"
    assert "chmod 700" in folder["todo"]


# What the output can show


def test_a_plain_locale_gets_ascii_and_never_an_error(night: Batch) -> None:
    for args in (("show", "@latest"), ("ls",), ("graph", "by_hand"), ("status",)):
        assert jobmon(night, *args, **PLAIN).out.isascii()
    assert "\\u591c" in jobmon(night, "show", "@latest", **PLAIN).out


def test_a_pipe_has_no_colour_and_a_reader_that_leaves_is_no_error(night: Batch) -> None:
    assert "\x1b" not in jobmon(night, "show", "夜間").out
    line = " ".join(["exec 2>&1;", *command(night.home, "events", "-n", "9999"), "| head -1"])
    ran = subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, timeout=30, env=environment(),
        check=False,
    )  # fmt: skip
    assert ran.stdout.count("\n") == 1
    assert "Traceback" not in ran.stdout


def on_terminal(batch: Batch, *args: str, keys: bytes = b"", **env: str) -> tuple[int, str]:
    """Run a command on a terminal of 80x24 and return its exit code and what it wrote."""
    pid, fd = pty.fork()
    if pid == 0:
        given = environment(TERM="xterm-256color", COLUMNS="80", LINES="24", **env)
        line = command(batch.home, *args)
        os.execve(line[0], line, given)
    os.write(fd, keys)
    written = b""
    with contextlib.suppress(OSError):  # EIO: the other side closed
        while chunk := os.read(fd, 65536):
            written += chunk
    os.close(fd)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), written.decode()


def unpainted(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r", "")


def test_pages_fit_a_terminal_to_the_cell(night: Batch) -> None:
    for args in (("ls",), ("show", "夜間"), ("graph", "夜間"), ("explain", "夜間", "b"),
                 ("status",), ("ls", "--flows"), ("show", "夜間", "b")):  # fmt: skip
        code, out = on_terminal(night, *args)
        assert code == 0
        assert "\x1b[" in out or args[0] == "ls"
        shown = unpainted(out).replace(str(night.home), "/batch")  # a path is never cut
        widest = max(shown.splitlines(), key=cell_len)
        assert cell_len(widest) <= 80, widest


def test_no_color_is_obeyed_on_a_terminal(night: Batch) -> None:
    _, out = on_terminal(night, "show", "夜間", NO_COLOR="1")
    assert "\x1b[" not in out


def test_the_live_view_ends_with_the_whole_run(night: Batch) -> None:
    (night.home / "go").touch()
    code, out = on_terminal(night, "run", "夜間", "-f")
    assert code == 0
    assert re.search(r"✓ 集計 +succeeded", unpainted(out))


TOLD = ("state", "reason", "attempt", "tries", "started", "ended", "code", "held", "stale", "warn")


def test_the_fold_of_a_runs_events_is_its_document(night: Batch) -> None:
    night.flow(HELD.replace('"a", "', '"a", "true") >> flow.shell("b", "'), "held")
    jobmon(night, "run", "held")
    night.wait_job("held#1", "b", "running")
    jobmon(night, "hold", "held", "--why", "look first")
    jobmon(night, "cancel", "held")
    night.wait("held#1", "cancelled")
    jobmon(night, "rerun", "held", "a", "--only")
    night.wait("held#1", "blocked")
    for run in ("held#1", "夜間#1"):
        stored = jobmon(night, "show", run, "--json").json
        mirror = Mirror(jobmon(night, "show", run, "--json").json, stored["id"])
        mirror.blank()
        for event in jobmon(night, "events", "--run", run, "-n", "999", "--json").json["events"]:
            mirror.apply(event)
        told = mirror.document
        for key in ("state", "held", "warn", "started", "ended", "counts"):
            assert told[key] == stored[key], key
        for mine, row in zip(told["jobs"], stored["jobs"], strict=True):
            assert {k: mine[k] for k in TOLD} == {k: row[k] for k in TOLD}


def test_ctrl_c_detaches_and_the_run_goes_on(batch: Batch) -> None:
    batch.flow(HELD, "held")
    process = subprocess.Popen(
        command(batch.home, "run", "held", "-f"), stdout=subprocess.PIPE, text=True,
        stderr=subprocess.PIPE, env=environment(),
    )  # fmt: skip
    assert process.stdout
    while "running" not in process.stdout.readline():
        pass
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "jobmon show held#1 -f" in err
    (batch.home / "go").touch()
    batch.wait("held#1", "succeeded")


def test_a_destructive_verb_asks_on_a_terminal(batch: Batch) -> None:
    batch.flow(HELD, "held")
    jobmon(batch, "run", "held")
    batch.wait_job("held#1", "a", "running")
    code, out = on_terminal(batch, "cancel", "held", keys=b"n\n")
    assert code == 130
    assert "cancel this?" in out
    assert batch.states("held#1") == {"a": "running"}
    code, _ = on_terminal(batch, "cancel", "held", keys=b"y\n")
    assert code == 0
    batch.wait("held#1", "cancelled")


def test_hostile_output_is_inert_on_a_terminal(batch: Batch) -> None:
    batch.flow(r"""
flow = Flow("evil")
flow.exec("a", ["printf", "\\033[31mred\\033]0;t\\007 \\302\\233 [bold]x[/] \\342\\200\\256\\n"])
""", "evil")  # fmt: skip
    jobmon(batch, "run", "evil", "-f")
    _, out = on_terminal(batch, "logs", "evil", "a", NO_COLOR="1")
    assert not set("\x1b\x07\x9b\u202e") & set(out)
    assert "[bold]x[/]" in out


# Documents keep their keys


def required(name: str) -> dict[str, list[str]]:
    return json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))["required"]


def missing(name: str, body: dict[str, Any]) -> list[str]:
    """The keys of the schema that the document lacks; rows are looked at one by one."""
    lacking = [] if body["schema"] == f"jobmon.{name}/1" else [f"schema: {body['schema']}"]
    for place, keys in required(name).items():
        at: Any = body.get(place.removesuffix("[]")) if place else body
        rows = at if place.endswith("[]") else [at]
        assert rows, f"{name}: nothing in {place} to look at"
        lacking += [f"{place}.{key}" for row in rows for key in keys if key not in row]
    return sorted(set(lacking))


def test_every_document_has_the_keys_it_had(night: Batch) -> None:
    night.flow('flow = Flow("bad")\nflow.shell("x", "true", trigger="sometimes")\n', "bad")
    night.flow('flow = Flow("閏日", schedule="0 0 29 2 *")\nflow.shell("x", "true")\n', "leap")
    digest = night.show("夜間")["definition"]
    asked = {
        "report": {},
        "notify": {},
        "snapshot": {},
        "history": {"flow": "夜間"},
        "definition": {"hash": digest},
    }
    given = {
        "ls": jobmon(night, "ls", "--json").json,
        "show": jobmon(night, "show", "夜間", "--json").json,
        "explain": jobmon(night, "explain", "夜間", "b", "--json").json,
        "flows": jobmon(night, "ls", "--flows", "--json").json,
        "schedule": jobmon(night, "schedule", "閏日", "--json").json,
        "graph": jobmon(night, "graph", "夜間", "--json").json,
        "events": jobmon(night, "events", "--json").json,
        "log": json.loads(jobmon(night, "logs", "夜間", "集計", "--json").out.splitlines()[0]),
        "run": jobmon(night, "run", "夜間", "--preview", "--json").json,
        "verb": jobmon(night, "rerun", "夜間", "b", "--preview", "--json").json,
        "check": jobmon(night, "check", "--json", code=1).json,
        "status": jobmon(night, "status", "--json").json,
        "limits": jobmon(night, "limits", "--json").json,
        "up": jobmon(night, "up", "--json").json,
        "gc": jobmon(night, "gc", "--preview", "--json").json,
        "doctor": jobmon(night, "doctor", "--json", code=None).json,
        "error": json.loads(jobmon(night, "show", "nothing", "--json", code=4).err),
        **{name: night.call("view", name=name, args=args) for name, args in asked.items()},
        "down": jobmon(night, "down", "--json").json,
    }
    assert {name: missing(name, body) for name, body in given.items()} == {
        name: [] for name in given
    }
    assert {path.stem for path in SCHEMAS.glob("*.json")} == set(given) | {"event", "drill"}


def test_states_in_documents_are_the_states(night: Batch) -> None:
    jobs = jobmon(night, "show", "夜間", "--json").json["jobs"]
    assert {job["state"] for job in jobs} <= {state.value for state in State}


# Quick


@pytest.mark.parametrize("name", ["status", "ls"])
def test_asking_the_runtime_loads_nothing_heavy(night: Batch, name: str) -> None:
    line = [sys.executable, "-X", "importtime", *command(night.home, name)[1:]]
    ran = subprocess.run(
        line, capture_output=True, text=True, timeout=60, check=False,
        env=environment(),
    )  # fmt: skip
    assert ran.stdout
    loaded = {row.rpartition("|")[2].strip() for row in ran.stderr.splitlines()}
    assert "click" in loaded
    assert not loaded & HEAVY


def test_status_and_ls_answer_quickly(night: Batch) -> None:
    """A loose bound: the figure itself is measured by the bench, beside python's own start."""
    for args in (("status",), ("ls",)):
        times = []
        for _ in range(5):
            began = time.perf_counter()
            jobmon(night, *args)
            times.append(time.perf_counter() - began)
        assert min(times) < 1.0
