"""A batch folder is loaded in a child: flows come out, and every mistake with file and line."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from jobmon.jobs.checking import check_folder
from jobmon.jobs.loader import Loaded, fresh, load_file, load_folder

HEAD = "from jobmon.jobs import Flow\n"
MORNING = f"""{HEAD}flow = Flow("morning")
a = flow.shell("a", "true")
a >> flow.shell("b", "true")
"""
MAKE = f"""{HEAD}
def make(name):
    flow = Flow(name)
    flow.shell("x", "true")
    return flow
"""
BIG = f"""{HEAD}
flow = Flow("big")
jobs = [flow.shell(f"j{{i}}", "true", timeout="10m") for i in range(10_000)]
for i in range(10, 10_000):
    [jobs[i - 1], jobs[i - 7], jobs[i - 10]] >> jobs[i]
"""
HUGE = f"""{HEAD}
flow = Flow("huge")
for i in range(60_000):
    flow.shell(f"j{{i}}", "true")
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A batch folder with one good flow file."""
    folder = tmp_path / "バッチ"
    (folder / "flows").mkdir(parents=True)
    write(folder, "morning", MORNING)
    return folder


def write(home: Path, name: str, text: str) -> Path:
    path = home / "flows" / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    return path


def said(loaded: Loaded) -> list[tuple[str, int, str]]:
    return [(m.file, m.line, m.text) for m in loaded.mistakes]


def test_flows_come_out_by_name(home: Path) -> None:
    write(home, "two", f'{HEAD}朝 = Flow("朝")\nnight = Flow("night")\nagain = night\n')
    (home / "flows" / "_helper.py").write_text("raise SystemExit", encoding="utf-8")
    loaded = load_folder(home)
    assert said(loaded) == []
    assert loaded.ok
    assert {n: (f.file, loaded.lines[n]) for n, f in loaded.flows.items()} == {
        "morning": ("flows/morning.py", 2),
        "朝": ("flows/two.py", 2),
        "night": ("flows/two.py", 3),
    }
    assert [(j.name, j.after, j.line) for j in loaded.flows["morning"].jobs] == [
        ("a", (), 3),
        ("b", ("a",), 4),
    ]


def test_a_folder_without_flows_is_empty(tmp_path: Path) -> None:
    loaded = load_folder(tmp_path)
    assert (loaded.flows, loaded.mistakes) == ({}, [])
    assert fresh(loaded.files)
    (tmp_path / "flows").mkdir()
    assert not fresh(loaded.files)


def test_helpers_are_imported_watched_and_named(home: Path) -> None:
    (home / "shared.py").write_text("SITES = ['jp', 'us']\n", encoding="utf-8")
    write(home, "_make", MAKE)
    write(
        home, "sites", "from shared import SITES\nfrom _make import make\n\nflow = make('sites')\n"
    )
    loaded = load_folder(home)
    helpers = (str(home / "flows" / "_make.py"), str(home / "shared.py"))
    assert loaded.flows["sites"].imports == helpers
    assert loaded.flows["sites"].file == "flows/sites.py"
    assert loaded.flows["sites"].jobs[0].line == 4
    assert set(helpers) < set(loaded.files)


def test_what_was_loaded_stays_fresh_until_a_file_changes(home: Path) -> None:
    helper = write(home, "_helper", "x = 1\n")
    os.utime(helper, ns=(1, 1))
    write(home, "uses", f"import _helper\n{HEAD}f = Flow('uses')\n")
    loaded = load_folder(home)
    assert fresh(loaded.files)
    helper.write_text("x = 2\n", encoding="utf-8")
    assert not fresh(loaded.files)
    loaded = load_folder(home)
    write(home, "another", MORNING.replace("morning", "another"))
    assert not fresh(loaded.files)


def test_a_flow_imported_from_another_file_is_that_file_s(home: Path) -> None:
    write(home, "evening", f"from morning import flow\n{HEAD}mine = Flow('evening')\n")
    loaded = load_folder(home)
    assert said(loaded) == []
    assert {n: f.file for n, f in loaded.flows.items()} == {
        "evening": "flows/evening.py",
        "morning": "flows/morning.py",
    }
    assert loaded.flows["morning"].jobs[0].line == 3


def test_a_file_may_have_the_name_of_a_standard_module(home: Path) -> None:
    write(home, "calendar", f"{HEAD}import calendar\ncalendar.month\nf = Flow('holidays')\n")
    loaded = load_folder(home)
    assert said(loaded) == []
    assert set(loaded.flows) == {"morning", "holidays"}


@pytest.mark.parametrize(
    ("body", "line", "text"),
    [
        ("def f(:\n  pass\n", 1, "syntax error: invalid syntax"),
        ("import json\ndef f():\n    json.loads('{')\nf()\n", 3, "JSONDecodeError: Expecting"),
        ("import nothing_here\n", 1, "ModuleNotFoundError: No module named 'nothing_here'"),
        ("import sys\nsys.exit(3)\n", 2, "ends the program while it is imported"),
        ("import os\n\nos._exit(3)\n", 3, "ends the program while it is imported"),
        ("import os\nos.kill(os.getpid(), 9)\n", 0, "loading it ended the process with signal 9"),
        ("import faulthandler\nfaulthandler._sigsegv()\n", 2, "ended the process with signal 11"),
        ("import os\nos.fork()\n", 2, "forks while it is imported"),
        ("x = 1\nwhile True:\n    x += 1\n", 0, "was still loading after 1 s"),
        ("import time\ntime.sleep(99)\n", 2, "was still loading after 1 s"),
        ("name = input()\n", 1, "EOFError"),
        (f"{HEAD}Flow('x').main()\n", 2, "RuntimeError: flow.main() stands under"),
        (f"{HEAD}f = Flow('x')\nf.shell('a', 'b', x=1)\n1 / 0\n", 3, "unknown option 'x'"),
        (f"{HEAD}f = Flow('x')\na = f.shell('a', 'b')\n[a] >> [a]\n", 4, "TypeError: unsupported"),
        (
            f"{HEAD}f = Flow('morning')\n",
            2,
            "two flows are called 'morning': the other is",
        ),
    ],
)
def test_a_bad_file_is_named_with_its_line_and_takes_no_other_with_it(
    home: Path, body: str, line: int, text: str
) -> None:
    write(home, "悪い", body)
    write(home, "zoo", MORNING.replace('"morning"', '"zoo"'))
    write(home, "次", MORNING.replace('"morning"', '"次"'))
    loaded = load_folder(home, timeout=1 if "still" in text else 10)
    assert {"morning", "zoo", "次"} == set(loaded.flows)
    found = [m for m in loaded.mistakes if text in m.text]
    assert len(found) == 1
    assert found[0].file == "flows/悪い.py"
    assert found[0].line == line or (not line and "still" in text)
    assert found[0].hint
    assert not loaded.ok


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("f.shel('a', 'b')", "did you mean 'shell'?"),
        ("f.shell('a', 'b', '10m')", 'it takes name, line; options are keywords: timeout="10m"'),
        ("f.shell('a')", "it takes name, line; options are keywords"),
        ("Flow('m9', {'day': 'today'})", "options are keywords: params={...}"),
        ("f.shell('a', 'b') >> 'b'", "an edge joins the jobs themselves"),
        ("from jobmon.jobs import Retri", "did you mean 'Retry'?"),
        ("import jobmon.jobs as j; j.Retri", "did you mean 'Retry'?"),
        ("import Retri", "install it where jobmon is installed, or put Retri.py beside the flow"),
        ("f.shell('a', 'b', retry=Retry(3))", "from jobmon.jobs import Retry"),
        ("f.shell(naem, 'b')", "did you mean 'name'?"),
        ("from jobmon.jobs import Retry; Retry(3, dely=1)", "did you mean 'delay'?"),
        ("[f.shell('a', 'b')] >> [f.shell('c', 'd')]", "between two lists put a job"),
        ("1 / 0", "python3 flows/slip.py shows the whole traceback"),
    ],
)
def test_a_slip_of_the_pen_is_told_what_to_write(home: Path, line: str, hint: str) -> None:
    write(home, "slip", f"{HEAD}f = Flow('slip')\nname = 'a'\n{line}\n")
    (mistake,) = load_folder(home).mistakes
    assert (mistake.file, mistake.line) == ("flows/slip.py", 4)
    assert hint in mistake.hint


def test_a_process_started_at_import_is_ended(home: Path) -> None:
    pid = home / "pid"
    write(
        home,
        "starts",
        "import subprocess\np = subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
        f"open({str(pid)!r}, 'w').write(str(p.pid))\n",
    )
    loaded = load_folder(home)
    assert ("flows/starts.py", 0, "leaves a process running") in said(loaded)
    with pytest.raises(ProcessLookupError):
        wait_until_gone(int(pid.read_text()))


def wait_until_gone(pid: int) -> None:
    """Raises ProcessLookupError once the process is dead or only waits to be reaped."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        os.kill(pid, 0)
        status = Path(f"/proc/{pid}/stat")
        if status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z":
            raise ProcessLookupError
        os.sched_yield()


def test_printing_is_a_warning_and_the_flow_is_there(home: Path) -> None:
    write(home, "noisy", f"import os\nprint('hello')\nos.write(1, b'x')\n{HEAD}f = Flow('noisy')\n")
    loaded = load_folder(home)
    assert said(loaded) == [("flows/noisy.py", 2, "prints while it is imported")]
    assert loaded.ok
    assert "noisy" in loaded.flows


def test_a_file_without_a_flow_is_a_warning(home: Path) -> None:
    write(home, "tools", "x = 1\n")
    loaded = load_folder(home)
    assert said(loaded) == [("flows/tools.py", 0, "declares no flow")]
    assert loaded.ok


LOOP = """
for name in NAMES:
    flow = Flow(name)
    flow.shell("x", "true")
"""


def test_flows_in_lists_are_found_and_lost_ones_are_told(home: Path) -> None:
    kept = "    FLOWS.append(flow)\nMORE = {'c': (Flow('c'),)}\n"
    write(home, "kept", f"{HEAD}NAMES, FLOWS = 'ab', []{LOOP}{kept}")
    write(home, "lost", f"{HEAD}NAMES = 'pq'{LOOP}def f():\n    Flow('r')\nf()\n")
    write(home, "none", f"{HEAD}Flow('s')\n")
    loaded = load_folder(home)
    assert loaded.ok
    assert set(loaded.flows) == {"morning", "a", "b", "c", "q"}
    lost = [("lost", 4, "p"), ("lost", 7, "r"), ("none", 2, "s")]
    assert said(loaded) == [
        (
            f"flows/{file}.py",
            line,
            f"flow {name!r} is held by no name of its file: it is not loaded",
        )
        for file, line, name in lost
    ]


def test_code_that_others_can_change_is_not_run(home: Path) -> None:
    path = write(home, "open", "raise SystemExit\n")
    path.chmod(0o666)
    loaded = load_folder(home)
    assert said(loaded) == [("flows/open.py", 0, "can be changed by every user")]
    assert set(loaded.flows) == {"morning"}
    path.unlink()
    (home / "flows").chmod(0o777)
    loaded = load_folder(home)
    assert [text for _, _, text in said(loaded)] == ["can be changed by every user"]
    assert loaded.flows == {}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_code_of_another_user_is_not_run(home: Path) -> None:
    os.chown(write(home, "foreign", "raise SystemExit\n"), 12345, -1)
    loaded = load_folder(home)
    assert said(loaded) == [("flows/foreign.py", 0, "belongs to another user")]


def test_one_file_anywhere(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "alone.py"
    path.write_text(MORNING, encoding="utf-8")
    loaded = load_file(path, home)
    assert loaded.flows["morning"].file == str(path)
    assert said(load_file(tmp_path / "gone.py", home))[0][2] == (
        "cannot be read: No such file or directory"
    )


def test_the_time_to_load_grows_as_the_jobs_do(home: Path) -> None:
    def best(jobs: int) -> float:
        write(home, "big", BIG.replace("10_000", str(jobs)))
        taken = []
        for _ in range(2):
            begun = time.perf_counter()
            assert len(load_folder(home).flows["big"].jobs) == jobs
            taken.append(time.perf_counter() - begun)
        return min(taken)

    # Five times the jobs; were it by the square, it would be 25 times.
    assert best(10_000) < 12 * best(2_000)


def test_above_fifty_thousand_jobs_is_refused(home: Path) -> None:
    write(home, "huge", HUGE)
    loaded = load_folder(home, timeout=60)
    assert said(loaded) == [("flows/huge.py", 5, "more than 50,000 jobs in one flow")]


@pytest.mark.parametrize(
    ("schedule", "text"),
    [
        ('"10 6 * *"', "has not five fields"),
        ('"61 6 * * *"', "out of range"),
        ('"0 0 30 2 *"', "no such day ever comes"),
        ('Cron("10 6 * * *", tz="Asia/Tokio")', "there is no time zone 'Asia/Tokio'"),
    ],
)
def test_check_reads_schedules(home: Path, schedule: str, text: str) -> None:
    write(home, "timed", f"from jobmon.jobs import *\n\nf = Flow('timed', schedule={schedule})\n")
    (mistake,) = check_folder(home).mistakes
    assert (mistake.file, mistake.line) == ("flows/timed.py", 3)
    assert text in mistake.text


def test_check_accepts_a_good_schedule(home: Path) -> None:
    cron = 'Cron("10 6 * * 1-5", tz="Asia/Tokyo")'
    write(
        home, "timed", f"from jobmon.jobs import Cron, Flow\nf = Flow('timed', schedule={cron})\n"
    )
    assert check_folder(home).mistakes == []
