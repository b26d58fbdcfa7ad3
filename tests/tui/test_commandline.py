"""The command line: what a typed line asks for, its completions, its line of help."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobmon.tui.actions import ACTIONS
from jobmon.tui.commandline import (
    At,
    Command,
    Complaint,
    Context,
    Filter,
    Find,
    Go,
    Locate,
    ReadOnly,
    Replay,
    Run,
    Simple,
    Sort,
    Theme,
    Verb,
    complete,
    help_line,
    parse,
)
from jobmon.tui.commandline.criteria import Condition, Criteria
from jobmon.tui.commandline.table import WORDS

CONTEXT = Context(
    now=1_764_000_000.0,
    flows=("morning", "daily", "売上（日次）", "two words"),
    runs=("daily#31", "morning#3"),
    jobs=("A", "B", "load.orders", "売上集計", "my job", "map#1"),
    columns=("job", "flow", "state", "elapsed", "eta"),
    themes=("night", "day"),
    params={"morning": ("day", "limit")},
    headings={"prg": "eta"},
    lanes=("progress", "pulse", "vertical"),
)


def read(text: str, context: Context = CONTEXT) -> Command:
    found = parse(text, context)
    assert not isinstance(found, Complaint), found.text
    return found


def refused(text: str) -> str:
    found = parse(text, CONTEXT)
    assert isinstance(found, Complaint)
    return found.text


@pytest.mark.parametrize(
    ("text", "view", "words"),
    [
        ("queue", "queue", ()),
        ("st ext*", "queue", ("ext*",)),
        ("da", "queue", ()),
        ("dag morning#31 B", "dag", ("morning#31", "B")),
        ("log daily#31 B 2", "log", ("daily#31", "B", "2")),
        ("log", "log", ()),
        ("eq", "equalizer", ()),
        ("wall", "wall", ()),
        ("hist daily", "history", ("daily",)),
        ("sched", "schedule", ()),
        ("lim", "limits", ()),
        ("sy", "syslog", ()),
        ("-", "-", ()),
        ("QUEUE", "queue", ()),
        (":queue", "queue", ()),
        ("  queue  ", "queue", ()),
        ("ｑｕｅｕｅ", "queue", ()),
        ("log\u3000ｄａｉｌｙ＃３１\u3000売上集計\u3000２", "log", ("daily#31", "売上集計", "2")),
        ("dag 売上（日次）＃７", "dag", ("売上（日次）#7",)),
        ("dag DAILY#31 a", "dag", ("daily#31", "A")),
        ("dag 'two words#2' \"my job\"", "dag", ("two words#2", "my job")),
        ("dag 未知（仮）#1", "dag", ("未知（仮）#1",)),
    ],
)
def test_screens(text: str, view: str, words: tuple[str, ...]) -> None:
    assert read(text) == Go(view, words)


@pytest.mark.parametrize(
    ("text", "verb"),
    [
        ("rerun", Verb("job.rerun")),
        ("rerun B", Verb("job.rerun", jobs=("B",))),
        ("rerun A B --only", Verb("job.rerun", jobs=("A", "B"), options={"only": True})),
        ("rerun daily#31 A B", Verb("job.rerun", "daily#31", ("A", "B"))),
        ("rerun daily A", Verb("job.rerun", "daily", ("A",))),
        ("rerun daily#31 --failed", Verb("job.rerun", "daily#31", options={"failed": True})),
        ("rerun other --fail", Verb("job.rerun", "other", options={"failed": True})),
        ("rerunfailed", Verb("run.rerun_failed", options={"failed": True})),
        ("rerunf daily#31", Verb("run.rerun_failed", "daily#31", options={"failed": True})),
        ("skip map#1", Verb("job.skip", jobs=("map#1",))),
        ("skip B --output '[1]'", Verb("job.skip", jobs=("B",), options={"value": [1]})),
        ("skip B --output=null", Verb("job.skip", jobs=("B",), options={"value": None})),
        ("hold", Verb("job.hold")),
        ("hold daily#31", Verb("job.hold", "daily#31")),
        ("hold --flow daily", Verb("job.hold", flow="daily")),
        ("release 売上集計", Verb("job.release", jobs=("売上集計",))),
        ("cancel daily#31 --hard", Verb("job.cancel", "daily#31", options={"hard": True})),
        ("cancel B --grace 1m", Verb("job.cancel", jobs=("B",), options={"grace": 60.0})),
        ("cancel B --grace ５", Verb("job.cancel", jobs=("B",), options={"grace": 5.0})),
        ("kill B --why 'wrong day'", Verb("job.kill", jobs=("B",), why="wrong day")),
        ("mark success", Verb("job.mark", options={"outcome": "success"})),
        ("mark daily#31 B fail", Verb("job.mark", "daily#31", ("B",), "", {"outcome": "failed"})),
        ("done", Verb("job.done")),
        ("explain daily#31", Verb("job.explain", "daily#31")),
        ("edit B", Verb("job.edit", jobs=("B",))),
        ("ｓｋｉｐ　ＬＯＡＤ．ｏｒｄｅｒｓ", Verb("job.skip", jobs=("load.orders",))),
    ],
)
def test_verbs(text: str, verb: Verb) -> None:
    assert read(text) == verb


def test_a_hold_of_a_flow_ends_at_the_next_such_time() -> None:
    found = read("hold --flow daily --until 06:00")
    assert isinstance(found, Verb)
    until = datetime.fromtimestamp(found.options["until"]).astimezone()
    assert (until.hour, until.minute) == (6, 0)
    assert 0 < found.options["until"] - CONTEXT.now <= 86_400
    assert read("hold --flow daily --until 2h") == Verb(
        "job.hold", flow="daily", options={"until": CONTEXT.now + 7200}
    )


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("run", Simple("run.start")),
        ("run morning", Run("morning")),
        ("run morning day=today limit=5", Run("morning", {"day": "today", "limit": "5"})),
        ("run morning note='a b=c'", Run("morning", {"note": "a b=c"})),
        ("run morning note=", Run("morning", {"note": ""})),
        ("ｒｕｎ　ＭＯＲＮＩＮＧ　ｌｉｍｉｔ＝５", Run("morning", {"limit": "5"})),
        ("run morning name=株式会社Ａ", Run("morning", {"name": "株式会社Ａ"})),
        ("run 'two words'", Run("two words")),
        ("find 429 Too", Find("429 Too")),
        ("find 'a  b'", Find("a  b")),
        ("find don't", Find("don't")),
        ("find", Find("")),
        ("locate B", Locate("B")),
        ("locate my job", Locate("my job")),
        ("sort", Sort()),
        ("sort elapsed,d flow", Sort((("elapsed", True), ("flow", False)))),
        ("sort PRG,D", Sort((("eta", True),))),
        ("sort ELA，Ｄ job,A", Sort((("elapsed", True), ("job", False)))),
        ("at now", At(None)),
        ("at -15m", At(CONTEXT.now - 900)),
        ("at －１５ｍ", At(CONTEXT.now - 900)),
        ("at 2025-11-24T02:10+0900", At(1763917800.0)),
        ("replay 60x", Replay(60)),
        ("replay ６０", Replay(60)),
        ("replay 0.5x", Replay(0.5)),
        ("replay off", Replay(0)),
        ("theme ni", Theme("night")),
        ("readonly", ReadOnly(True)),
        ("readonly off", ReadOnly(False)),
        ("help", Simple("app.help")),
        ("quit", Simple("app.quit")),
        ("bye", Simple("app.quit")),
        ("seen", Simple("lane.acknowledge")),
    ],
)
def test_everything_else(text: str, command: Command) -> None:
    assert read(text) == command


@pytest.mark.parametrize(
    ("text", "criteria"),
    [
        ("prefix load*", Criteria(prefix="load*", owner="bob")),
        ("prefix 売上＊", Criteria(prefix="売上＊", owner="bob")),
        ("prefix", Criteria(owner="bob")),
        ("prefix *", Criteria(owner="bob")),
        ("owner anna", Criteria(prefix="ext*", owner="anna")),
        ("owner", Criteria(prefix="ext*")),
        ("state fail", Criteria(prefix="ext*", owner="bob", states=("failed",))),
        (
            "state failed、run, waiting-human",
            Criteria(prefix="ext*", owner="bob", states=("failed", "running", "waiting_human")),
        ),
        (
            "state Waiting human RETRY failed",
            Criteria(prefix="ext*", owner="bob", states=("waiting_human", "retry_wait", "failed")),
        ),
        (
            "state upstream failed, retry wait",
            Criteria(prefix="ext*", owner="bob", states=("upstream_failed", "retry_wait")),
        ),
        ("state", Criteria(prefix="ext*", owner="bob")),
        ("reset", Criteria()),
    ],
)
def test_filters_change_those_in_force(text: str, criteria: Criteria) -> None:
    context = CONTEXT._replace(criteria=Criteria(prefix="ext*", owner="bob"))
    assert read(text, context) == Filter(criteria)


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("filter elapsed > 5m", Condition("elapsed", ">", "5m")),
        ("filter elapsed>=60", Condition("elapsed", ">=", "60")),
        ("filter ela<60", Condition("elapsed", "<", "60")),
        ("filter flow != daily", Condition("flow", "!=", "daily")),
        ("filter flow = 'a > b'", Condition("flow", "=", "a > b")),
        ("filter job ~ 売上", Condition("job", "~", "売上")),
        ("filter PRG > 50", Condition("eta", ">", "50")),
        ("filter eta =", Condition("eta", "=", "")),
        ("ｆｉｌｔｅｒ　ｊｏｂ　＝　Ｂ", Condition("job", "=", "B")),
    ],
)
def test_a_filter_adds_a_condition(text: str, condition: Condition) -> None:
    context = CONTEXT._replace(criteria=Criteria(prefix="ext*"))
    assert read(text, context) == Filter(Criteria(prefix="ext*", conditions=(condition,)))


def test_filter_off_drops_all_conditions_alone() -> None:
    context = CONTEXT._replace(criteria=Criteria(prefix="x").where(Condition("job", "=", "B")))
    assert read("filter off", context) == Filter(Criteria(prefix="x"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no command; help shows what there is"),
        ("q", "q may be queue, quit; write more of it"),
        ("re", "re may be reset, rerun, rerunfailed, release, replay, readonly"),
        ("rernu", "there is no command 'rernu'; did you mean 'rerun'?"),
        ("help me", "'me' is too much; write the word alone"),
        ("- queue", "'queue' is too much"),
        ("rerun 'B", "a quote or backslash leads nowhere; close the quote"),
        ("rerun daily#31", "rerun needs jobs of daily#31; write rerun daily#31 JOB"),
        ("skip daily", "skip needs jobs of daily"),
        ("rerun daily#31 B --failed", "all that failed are jobs of a run; name the run alone"),
        ("rerunfailed daily#31 B", "all that failed are jobs of a run"),
        ("rerun --failed --only", "--failed and --only exclude each other"),
        ("rerun B --hard", "there is no option '--hard'; choose from --only, --failed, --why"),
        ("rerun B --only=yes", "--only takes no value"),
        ("cancel B --grace", "--grace lacks its value; write --grace SECONDS"),
        ("cancel B --grace soon", "'soon' is no duration"),
        ("hold B --flow daily", "--flow means a whole flow"),
        ("hold B --until 06:00", "--until is for a flow"),
        ("hold --flow daily --until 2020-01-01 ", "2020-01-01 is over; write 06:00"),
        ("hold --flow daily --until soon", "'soon' is no time"),
        ("mark", "the outcome is missing; end with success or failed"),
        ("mark B good", "there is no outcome 'good'; choose from success, failed"),
        ("mark B failed --output 1", "a failed job has no output"),
        ("skip B --output {", "'{' is no JSON"),
        ("run morning day", "'day' is no parameter; write NAME=VALUE"),
        ("run morning =x", "'=x' is no parameter"),
        ("run morning day=1 day=2", "day is given twice"),
        ("state odd", "there is no state 'odd'; choose from waiting, queued"),
        ("filter", "a filter is a column, a sign and a value; write such as elapsed > 5m"),
        ("filter elapsd > 5", "there is no column 'elapsd'; did you mean 'elapsed'?"),
        ("filter elapsed >", "elapsed > lacks a value"),
        ("filter e = 1", "e may be elapsed, eta"),
        ("sort size", "there is no column to sort by 'size'"),
        ("sort job,x", "there is no direction 'x'"),
        ("sort job,a,d", "'job,a,d' is no order; write job,A or job,D"),
        ("sort ,d", "the column to sort by is missing"),
        ("locate", "the name is missing"),
        ("at", "the moment is missing; write at 02:10"),
        ("at noon", "'noon' is no moment; write 02:10, 11-24 02:10, 2026-11-24 02:10, -15m or now"),
        ("at 25:00", "'25:00' is no moment"),
        ("at 02-30 02:10", "'02-30 02:10' is no moment"),
        ("at 2099-01-01 00:00", "2099-01-01 00:00 is still to come; only what happened"),
        ("at -100000w", "-100000w is too long ago"),
        ("at 0001-01-01", "'0001-01-01' is no moment"),
        ("replay", "'' is no speed; write 1x to 3600x, or off"),
        ("replay 0", "'0' is no speed"),
        ("replay 5000x", "'5000x' is no speed"),
        ("theme", "the theme is missing; choose from night, day"),
        ("readonly on", "there is no argument 'on'; choose from off"),
    ],
)
def test_a_complaint_says_what_would_do(text: str, told: str) -> None:
    assert refused(text).startswith(told)


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Clocks of Berlin: on 2026-03-29 no 02:30, on 2026-10-25 two of them."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Europe/Berlin")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize(
    ("now", "text", "expected"),
    [
        ("2026-11-24T09:00+01:00", "02:10", "2026-11-24T02:10+01:00"),
        ("2026-11-24T09:00+01:00", "9:30", "2026-11-23T09:30+01:00"),
        ("2026-11-24T09:00+01:00", "08:59:30", "2026-11-24T08:59:30+01:00"),
        ("2026-11-24T09:00+01:00", "11-20 02:10", "2026-11-20T02:10+01:00"),
        ("2026-11-24T09:00+01:00", "12-20 02:10", "2025-12-20T02:10+01:00"),
        ("2026-11-24T09:00+01:00", "02-29 02:10", "2024-02-29T02:10+01:00"),
        ("2026-11-24T09:00+01:00", "2026-07-01 02:10", "2026-07-01T02:10+02:00"),
        ("2026-11-24T09:00+01:00", "2026-11-24", "2026-11-24T00:00+01:00"),
        ("2026-03-29T12:00+02:00", "02:30", "2026-03-28T02:30+01:00"),
        ("2026-10-25T12:00+01:00", "02:30", "2026-10-25T02:30+01:00"),
        ("2026-10-25T02:10+01:00", "02:30", "2026-10-25T02:30+02:00"),
    ],
)
def test_a_moment_is_the_most_recent_one_by_local_clocks(
    now: str, text: str, expected: str
) -> None:
    context = CONTEXT._replace(now=datetime.fromisoformat(now).timestamp())
    assert read(f"at {text}", context) == At(datetime.fromisoformat(expected).timestamp())


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("q", ["queue ", "quit"]),
        ("EQ", ["equalizer "]),
        (":wa", [":wall "]),
        ("equalizer pulse v", ["equalizer pulse vertical"]),
        ("dag d", ["dag daily#31", "dag daily"]),
        ("dag daily#31 l", ["dag daily#31 load.orders"]),
        ("dag daily#31 my", ["dag daily#31 'my job'"]),
        ("dag daily#31 'my j", ["dag daily#31 'my job'"]),
        ("run ", ["run morning", "run daily", "run 売上（日次）", "run 'two words'"]),
        ("run 売", ["run 売上（日次）"]),
        ("run morning ", ["run morning day=", "run morning limit="]),
        ("run morning day=x ", ["run morning day=x limit="]),
        ("rerun B --", ["rerun B --only", "rerun B --failed", "rerun B --why"]),
        ("rerun da", ["rerun daily#31"]),
        ("mark B f", ["mark B failed"]),
        ("state fai", ["state failed"]),
        ("state failed,ru", ["state failed,running"]),
        ("filter ela", ["filter elapsed"]),
        ("filter elapsed >", ["filter elapsed >", "filter elapsed >="]),
        ("filter elapsed > ", []),
        ("sort ela", ["sort elapsed", "sort elapsed,A", "sort elapsed,D"]),
        ("theme d", ["theme day"]),
        ("at n", ["at now"]),
        ("st ", []),
        ("nonsense x", []),
        ("rerun \\", []),
    ],
)
def test_completion(text: str, lines: list[str]) -> None:
    assert complete(text, CONTEXT) == lines


def test_completed_words_are_read_as_they_were_meant() -> None:
    for name in CONTEXT.jobs:
        (line,) = complete(f"skip {name.split()[0]}", CONTEXT)[:1] or [""]
        assert read(line) == Verb("job.skip", jobs=(name,))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "a screen, a verb or a filter; TAB completes, ENTER does it, ESC leaves"),
        ("dag morning", "dag [RUN [JOB]]  The run as a live tree."),
        ("s", "schedule  syslog  state  sort  skip  seen"),
        ("rerun B", "rerun [JOB... | RUN JOB...] [--only] [--failed] [--why TEXT]  Run the job"),
        ("st", "queue [PATTERN]"),
        ("zzz", "there is no command 'zzz'"),
        ("s x", "s may be schedule"),
    ],
)
def test_the_line_of_help(text: str, told: str) -> None:
    assert help_line(text).startswith(told)


def test_every_word_of_the_table_of_actions_is_a_command() -> None:
    assert {action.word for action in ACTIONS if action.word} <= set(WORDS)
    assert all(word.help for word in WORDS.values())


PARTS = st.one_of(
    st.sampled_from(
        [*WORDS, *CONTEXT.jobs, *CONTEXT.runs, "--only", "--flow", "=", ">", "elapsed"]
    ),
    st.text(max_size=8),
)


@given(st.lists(PARTS, max_size=5).map(" ".join))
def test_any_line_is_answered(text: str) -> None:
    found = parse(text, CONTEXT)
    assert not isinstance(found, Complaint) or found.text
    assert help_line(text)
    assert all(line for line in complete(text, CONTEXT))
