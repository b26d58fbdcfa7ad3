"""Crontabs as they are found: read as cron reads them, named, made into flows that fire alike."""

from __future__ import annotations

import datetime as dt
import os
import shlex
import subprocess
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from croniter import croniter

from jobmon.jobs import Flow
from jobmon.jobs.definition import CronDef, FlowDef, Literal
from jobmon.runtime.crontab import flowfile, lines, shadow
from jobmon.runtime.crontab.flowfile import Person
from jobmon.runtime.crontab.lines import Entry
from jobmon.runtime.timetable import fire_times
from jobmon.runtime.timetable.pattern import pattern
from jobmon.tui.cli import cli

DATA = Path(__file__).parents[1] / "data" / "crontabs"
FILES = sorted(path.name for path in DATA.iterdir() if path.suffix != ".md")
YEAR = (dt.datetime(2026, 11, 26, tzinfo=dt.UTC), dt.datetime(2027, 11, 26, tzinfo=dt.UTC))
ANNA = Person("anna", {"anna": "/home/anna", "root": "/root"})
ROOT = Person("root", {"root": "/root", "www-data": "/var/www"})


def entries(text: str, *, system: bool = False) -> list[Entry]:
    return [line for line in lines.read(text, system=system) if isinstance(line, Entry)]


def imported(text: str, person: Person = ROOT) -> tuple[dict[str, FlowDef], flowfile.FlowFile]:
    """The flows of the file that is made of a crontab, by name."""
    made = flowfile.made(lines.read(text, system=lines.is_system(text)), "a test", person)
    names: dict[str, Any] = {}
    exec(made.text, names)
    flows = [value for value in names.values() if isinstance(value, Flow)]
    return {flow.name: flow.definition() for flow in flows}, made


def fired(cron: CronDef, since: dt.datetime, until: dt.datetime) -> list[float]:
    slots = fire_times(cron, since.timestamp(), "UTC")
    return [slot.at for slot in takewhile(lambda slot: slot.at <= until.timestamp(), slots)]


def expected(expression: str, since: dt.datetime, until: dt.datetime) -> list[float]:
    """What croniter says."""
    times = croniter(expression, since)
    found = iter(lambda: times.get_next(float), None)
    return list(takewhile(lambda at: at <= until.timestamp(), found))


def spans(cron: CronDef) -> list[tuple[dt.datetime, dt.datetime]]:
    """The year; of what fires all day long a day of every other month.

    croniter takes seconds for a year of such a line: `make soak` asks for it.
    """
    often = len(pattern(cron.expression).times) > 4
    if not often or "WHOLE_YEAR" in os.environ:
        return [YEAR]
    days = [YEAR[0] + dt.timedelta(days=62 * n) for n in range(6)]
    return [(day, day + dt.timedelta(hours=26)) for day in days]


CASES = [
    (file, entry.number, entry.expression)
    for file in FILES
    for text in [(DATA / file).read_text(encoding="utf-8")]
    for entry in entries(text, system=lines.is_system(text))
]


def test_there_are_at_least_thirty_lines_of_them_those_of_the_system_included() -> None:
    assert len(CASES) >= 50
    assert {"etc-crontab", "e2scrub_all", "php-common", "sysstat"} <= set(FILES)


@pytest.mark.parametrize("file", FILES)
def test_every_line_fires_for_a_year_when_croniter_says(file: str) -> None:
    text = (DATA / file).read_text(encoding="utf-8")
    flows, made = imported(text)
    by_number = {one.number: one for one in made.told}
    checked = 0
    for entry in entries(text, system=lines.is_system(text)):
        told = by_number[entry.number]
        name = told.what.removeprefix("flow ").split(";")[0]
        if not told.done:
            assert flows.get(name.split(" without")[0], FlowDef(name="", jobs=())).schedule is None
            continue
        cron = flows[name].schedule
        assert cron is not None
        plain = entry.expression if "~" not in entry.expression else cron.expression
        for span in spans(cron) if not cron.tz else ():
            assert fired(cron, *span) == expected(plain, *span), entry.raw
        checked += 1
    assert checked


def test_a_zone_of_the_crontab_is_the_zone_of_the_flow() -> None:
    flows, _ = imported("CRON_TZ=Asia/Tokyo\n0 9 * * 1-5 /x/a.sh\n")
    (cron,) = [flow.schedule for flow in flows.values()]
    assert cron == CronDef("0 9 * * 1-5", "Asia/Tokyo")


def test_where_the_clocks_change_it_fires_once_where_cron_may_not() -> None:
    day = (dt.datetime(2027, 3, 14, 0, tzinfo=dt.UTC), dt.datetime(2027, 3, 15, 4, tzinfo=dt.UTC))
    (at,) = fired(CronDef("30 2 * * *", "America/New_York"), *day)
    assert dt.datetime.fromtimestamp(at, dt.UTC).isoformat() == "2027-03-14T07:00:00+00:00"
    gaps = {b - a for a, b in pairwise(fired(CronDef("*/15 * * * *", "America/New_York"), *day))}
    assert gaps == {900.0}


@pytest.mark.parametrize(
    ("written", "command", "stdin"),
    [
        (r"date +\%Y", "date +%Y", None),
        ("mail joe%Joe,%%Where?", "mail joe", "Joe,\n\nWhere?"),
        (r"a \% b%in \% put", "a % b", "in % put"),
        ("a%", "a", ""),
        ("echo '%'", "echo '", "'"),
    ],
)
def test_a_percent_sign_is_a_new_line_of_the_input(
    written: str, command: str, stdin: str | None
) -> None:
    assert lines.split_stdin(written) == (command, stdin)


def test_input_by_percent_reaches_the_command_of_the_flow() -> None:
    flows, _ = imported("* * * * * cat; echo end # so%拝啓%%it's\n")
    (job,) = next(iter(flows.values())).jobs
    done = subprocess.run(["/bin/sh", "-c", job.shell], capture_output=True, check=True)
    assert done.stdout.decode() == "拝啓\n\nit's\nend\n"


def test_variables_hold_for_what_is_below_them() -> None:
    text = (
        "0 1 * * * /x/a.sh\nPATH = '/opt/a b:/bin'\nMAILTO=x\nSHELL=/bin/bash\n0 2 * * * /x/b.sh\n"
    )
    flows, _ = imported(text, ANNA)
    a, b = flows["a"].jobs[0], flows["b"].jobs[0]
    assert a.env["PATH"] == Literal("/usr/bin:/bin")
    assert (a.kind, a.shell, a.cwd) == ("shell", "/x/a.sh", "/home/anna")
    assert b.env == {"PATH": Literal("/opt/a b:/bin"), "SHELL": Literal("/bin/bash")}
    assert b.argv == tuple(map(Literal, ("/bin/bash", "-c", "/x/b.sh")))


def test_a_flow_does_as_cron_did_when_runs_overlap_or_were_missed() -> None:
    flows, _ = imported("0 1 * * * /x/a.sh\n")
    assert (flows["a"].overlap, flows["a"].catchup) == ("allow", "none")


@pytest.mark.parametrize(
    ("person", "argv"),
    [
        (ROOT, ("runuser", "-u", "www-data", "--", "/bin/sh", "-c", "/x/a.sh --all")),
        (ANNA, ("sudo", "-n", "-u", "www-data", "/bin/sh", "-c", "/x/a.sh --all")),
    ],
)
def test_another_user_s_line_says_how_it_becomes_that_user(
    person: Person, argv: tuple[str, ...]
) -> None:
    flows, _ = imported("0 1 * * * www-data /x/a.sh --all\n", person)
    assert flows["a"].jobs[0].argv == tuple(map(Literal, argv))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("@reboot /x/a.sh", "systemd"),
        ("0 0 */2 * 1 /x/a.sh", "both"),
        ("0 0 1 * */2 /x/a.sh", "both"),
        ("0 0 30 2 * /x/a.sh", "never comes"),
        ("61 * * * * /x/a.sh", "out of range"),
        ("@fortnightly /x/a.sh", "not known"),
        ("* * * * /x/a.sh", "fields"),
        ("0 0 * * *", "fields"),
        ("hello world of five six seven", "not acceptable"),
    ],
)
def test_what_cannot_be_done_is_said_and_starts_nothing(line: str, why: str) -> None:
    flows, made = imported(line + "\n")
    (told,) = made.told
    assert not told.done
    assert why in told.what
    assert [flow.schedule for flow in flows.values()] in ([], [None])
    assert line.split()[-1] in made.text


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("# 在庫の取り込み\n0 6 * * * cd /srv/店 && ./bin/load.sh 在庫.csv", "在庫の取り込み"),
        ("# loads the stock\n0 6 * * * cd /srv && ./bin/load.sh", "load"),
        ("0 6 * * * python3 /srv/店/日次.py --day 1", "日次"),
        ("0 6 * * * test -x /usr/bin/certbot -a \\! -d /run && perl -e 'sleep int(rand(9))' && "
         "certbot -q renew", "certbot"),
        ("0 6 * * * test -x /x || { cd / && run-parts --report /etc/cron.daily; }", "cron.daily"),
        ("0 6 * * * FOO=1 nice -n 10 timeout 2h /x/a.b.sh >> /var/log/a.log 2>&1", "a.b"),
        ("0 6 * * * /bin/bash -lc 'cd app && bundle exec rake nightly'", "bundle"),
        ("0 6 * * * python3 -c 'print(1)'", "line-1"),
        ("0 6 * * * it's not closed", "it's"),
        ("0 6 * * * /x/a@b#c", "a-b-c"),
    ],
)  # fmt: skip
def test_a_flow_is_called_by_its_comment_or_by_what_does_the_work(text: str, name: str) -> None:
    flows, _ = imported(text + "\n")
    assert list(flows) == [name]


def test_names_are_each_there_once_and_the_file_is_the_same_each_time() -> None:
    text = "0 1 * * * /x/a.sh\n0 2 * * * /y/a.sh\n0~9 3 * * * /z/a.sh\n"
    flows, made = imported(text)
    assert list(flows) == ["a", "a-2", "a-3"]
    assert imported(text)[1].text == made.text


def test_comments_stand_above_their_jobs() -> None:
    _, made = imported("# first: the stock\n#   second line\n0 1 * * * /x/a.sh\n#0 2 * * * /old\n")
    rows = made.text.splitlines()
    at = rows.index("# first: the stock")
    assert rows[at + 1 : at + 4] == ["# second line", "# 0 1 * * * /x/a.sh", "a = Flow("]
    assert "# 0 2 * * * /old" in rows


@pytest.mark.parametrize("file", FILES)
def test_system_crontabs_are_known_by_their_users(file: str) -> None:
    text = (DATA / file).read_text(encoding="utf-8")
    assert lines.is_system(text) == (file not in ("office", "conveniences"))


@pytest.mark.parametrize("command", ["mybackup --full", "mail -s a b", "root", "anna x"])
def test_a_program_is_not_taken_for_a_user(command: str) -> None:
    assert not lines.is_system(f"0 1 * * * {command}\n")
    assert lines.is_system("0 1 * * * anna x\n", {"anna"})


def test_a_shadow_changes_nothing_but_the_commands() -> None:
    text = (
        '# 朝\nSHELL=/bin/bash\n\n10 6 * * 1-5\t/x/a.sh --day "$(date +\\%F)"\n'
        '@reboot /x/start\n0 22 * * *  mail -s "It\'s 10pm" joe%Joe,%%Hi\nbroken\n'
    )
    made = shadow.shadow(text, lines.read(text, system=False), ["/usr/bin/jobmon"])
    before, after = text.splitlines(), made.text.splitlines()
    changed = [n for n, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
    assert changed == [3, 4, 5]
    mine = entries(made.text)
    assert [one.when for one in mine] == [one.when for one in entries(text)]
    assert [one.stdin for one in mine] == [one.stdin for one in entries(text)]
    assert after[3].startswith("10 6 * * 1-5\t/usr/bin/jobmon exec a -- /bin/bash -c '/x/a.sh")


def test_cron_hands_a_wrapped_command_on_as_it_was() -> None:
    text = (DATA / "office").read_text(encoding="utf-8")
    made = shadow.shadow(text, lines.read(text, system=False), ["jobmon"])
    wrapped = [shlex.split(one.command) for one in entries(made.text)]
    assert [words[6] for words in wrapped] == [one.command for one in entries(text)]
    again = shadow.shadow(made.text, lines.read(made.text, system=False), ["jobmon"])
    assert again.text == made.text


@pytest.mark.parametrize("text", ["0 1 * * * /x/a.sh\r\n# 末\r\n", "0 1 * * * /x/a.sh\n# 末"])
def test_ends_of_lines_of_windows_and_none_at_the_end_matter_not(text: str) -> None:
    flows, made = imported(text)
    assert flows["a"].jobs[0].shell == "/x/a.sh"
    assert made.text.endswith("# 末\n")


def test_signs_that_no_file_may_hold_are_told_or_taken_out() -> None:
    flows, made = imported("0 1 * * * /x/\0a.sh\n# b\0\x85c\nX=\0\n")
    assert not flows
    assert [one.done for one in made.told] == [False, False]
    assert "# b  c\n" in made.text


def test_the_name_of_the_file_cannot_break_out_of_the_comment() -> None:
    made = flowfile.made(lines.read("0 1 * * * /x\n", system=False), 'a"""\\', ANNA)
    compile(made.text, "made", "exec")


def test_a_secret_is_told_and_not_shown() -> None:
    _, made = imported("DB_PASSWORD=hunter2\nAPI_KEY=k\nKEYMAP=jp\n0 1 * * * /x/a.sh\n")
    told = {one.text: one.done for one in made.told}
    assert told == {
        "DB_PASSWORD=...": False, "API_KEY=...": False, "KEYMAP=jp": True,
        "0 1 * * * /x/a.sh": True,
    }  # fmt: skip
    assert 'Secret("DB_PASSWORD")' in made.told[0].what


def test_a_shadow_has_the_bytes_of_the_crontab_and_is_nobody_else_s_to_read(tmp_path: Path) -> None:
    line = "0 1 * * * echo 売上表\n"
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(f"# 売上\n{line}".encode("cp932"))
    told = call(tmp_path, "import-crontab", "--shadow", str(old), "-o", str(new))
    assert "jobmon init ~/jobmon" in told  # else no screen would ever show the runs
    head, wrapped = new.read_bytes().splitlines()
    assert head == "# 売上".encode("cp932")
    assert wrapped.endswith("-c 'echo 売上表'".encode("cp932"))
    assert new.stat().st_mode & 0o777 == 0o600
    shown = call(tmp_path, "import-crontab", "--dry-run", str(old))  # needs no batch folder
    assert "echo 売上表" in shown


def call(home: Path, *words: str) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        patch.setenv("HOME", str(home))
        patch.delenv("JOBMON_HOME", raising=False)
        done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, done.output
    return done.stdout
