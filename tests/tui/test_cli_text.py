"""The text layer: signs, widths, tables, trees, and that nothing raw reaches a terminal."""

import io
import re
import unicodedata

import pytest
from rich.cells import cell_len

from jobmon.jobs import Flow
from jobmon.runtime.documents import graph_of
from jobmon.runtime.model import RUN_STATES
from jobmon.runtime.states import State
from jobmon.tui import card, graphpage, limitspage, lines, lists, runpage, tree, words
from jobmon.tui.ink import Ink, measure
from jobmon.tui.look import ASCII_LINES, FLAGS, JOB_LOOKS, RUN_LOOKS, UNICODE_LINES, job_look
from jobmon.tui.text import bar, cells, cut, duration, moment, pad, table, wrap
from tests.tui.cli_fakes import NOW, PIPE, PLAIN, job, ls, morning, show

HOSTILE = "\x1b[31mred\x1b]0;title\x07 \x9b5n [bold]x[/] \u202eabc\u2066 \x00\r\nnext\ttab"
ASCII = Ink(unicode=False, width=80, terminal=True, encoding="ascii")
COLOUR = Ink(colour=True, width=80, terminal=True)


# Every state has a sign, a word and a colour in both glyph sets


def test_every_state_has_its_look():
    assert set(JOB_LOOKS) == {state.value for state in State}
    assert set(RUN_LOOKS) == set(RUN_STATES)


@pytest.mark.parametrize("looks", [JOB_LOOKS, RUN_LOOKS])
def test_no_two_states_share_a_sign_or_a_word(looks):
    for field in ("unicode", "ascii", "word"):
        values = [getattr(look, field) for look in looks.values()]
        assert len(set(values)) == len(values), field


@pytest.mark.parametrize("look", [*JOB_LOOKS.values(), *RUN_LOOKS.values(), *FLAGS.values()])
def test_signs_take_one_cell_on_every_terminal(look):
    assert unicodedata.east_asian_width(look.unicode) in {"N", "Na"}
    assert cell_len(look.unicode) == cell_len(look.ascii) == 1
    assert look.ascii.isascii()


@pytest.mark.parametrize("look", [*JOB_LOOKS.values(), *RUN_LOOKS.values(), *FLAGS.values()])
def test_every_style_can_be_drawn_and_is_understood_by_rich(look):
    from rich.style import Style

    painted = COLOUR.paint("x", look.style)
    assert painted == "x" if not look.style else painted.startswith("\x1b[")
    Style.parse(look.style)


def test_a_state_of_a_newer_runtime_is_shown_by_its_name():
    assert job_look("half_done").word == "half done"


def test_ascii_lines_are_ascii_and_as_wide():
    assert "".join(ASCII_LINES).isascii()
    for unicode, plain in zip(UNICODE_LINES[:4], ASCII_LINES[:4], strict=True):
        assert cells(unicode) == cells(plain)


# Cells


@pytest.mark.parametrize("text", ["abc", "日次売上", "ｱｲｳ", "か\u3099き", "é", "✓ 済", "", "👩‍🚀"])
def test_cells_agrees_with_rich(text):
    assert cells(text) == cell_len(text)


@pytest.mark.parametrize("width", range(14))
def test_a_cut_text_never_takes_more_than_its_width(width):
    assert cells(cut("日次a売上集計", width)) <= width


def test_padding_counts_cells():
    assert pad("売上", 6) == "売上  "
    assert pad("売上", 6, right=True) == "  売上"


def test_columns_line_up_beside_japanese_names():
    lines = lists.runs(PLAIN, ls(show([], run="日次売上集計#12"), show([]))["runs"], NOW)
    places = {cell_len(line[: line.index(word)]) for line, word in zip(
        lines, ("STATE", "running", "running"), strict=True)}  # fmt: skip
    assert len(places) == 1


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_line_of_a_page_is_wider_than_the_terminal(width):
    ink = PLAIN._replace(width=width)
    body = morning()
    body["jobs"][3]["reason"] = "とても長い理由 " * 20
    for line in runpage.job_tree(ink, body["jobs"], NOW) + lists.runs(ink, ls(body)["runs"], NOW):
        assert cell_len(line) <= width


def test_a_pipe_gets_everything_uncut():
    body = morning()
    body["jobs"][3]["reason"] = "x" * 500
    assert "x" * 500 in "\n".join(runpage.page(PIPE, body, NOW))


def test_narrow_tables_drop_the_least_important_columns_first():
    wide = lists.runs(PLAIN, ls(morning())["runs"], NOW)[0]
    narrow = lists.runs(PLAIN._replace(width=44), ls(morning())["runs"], NOW)[0]
    assert "STARTED" in wide
    assert "STARTED" not in narrow
    assert "RUN" in narrow
    assert "STATE" in narrow


def test_a_table_without_rows_is_its_titles():
    assert table(PIPE, lists.RUN_COLUMNS, []) == ["RUN  STATE"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, ""), (0.04, "0.0s"), (9.94, "9.9s"), (59.6, "1m00s"), (185, "3m05s"), (7440, "2h04m"),
     (442_800, "5d03h"), (-3, "0.0s")],
)  # fmt: skip
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_moments_are_short_when_near_and_whole_when_asked():
    assert re.fullmatch(r"\d\d:\d\d:\d\d", moment(NOW, NOW))
    assert re.fullmatch(r"\d\d-\d\d \d\d:\d\d", moment(NOW - 3 * 86400, NOW))
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", moment(NOW, NOW, full=True))


def test_a_bar_is_full_only_at_the_end():
    assert bar(ASCII, 999, 1000, 10) == "#########."
    assert bar(ASCII, 1000, 1000, 10) == "##########"


# Inert


def test_hostile_text_is_inert_on_every_page():
    body = show(
        [job(HOSTILE, "failed", reason=HOSTILE, text=HOSTILE, output={"x": HOSTILE}),
         job("b", "waiting", (HOSTILE,), group=HOSTILE)],
        run=HOSTILE, params={"p": HOSTILE}, who=HOSTILE, why=HOSTILE,
    )  # fmt: skip
    explained = {
        "run": HOSTILE, "job": HOSTILE, "state": "failed", "reasons": [HOSTILE],
        "next": [HOSTILE],
        "card": {"ended_how": HOSTILE, "attempt": 1, "cause": {"line": HOSTILE, "file": HOSTILE},
                 "last": [HOSTILE], "changed": {"code": [HOSTILE]}, "since": HOSTILE},
    }  # fmt: skip
    graph = {"flow": HOSTILE, "jobs": body["jobs"], "description": HOSTILE}
    touched = {"touched": [{"run": HOSTILE, "job": HOSTILE, "state": "failed", "becomes": HOSTILE,
                            "note": HOSTILE}], "notes": [HOSTILE]}  # fmt: skip
    flows = [{"flow": HOSTILE, "jobs": 3, "description": HOSTILE, "file": HOSTILE,
              "params": [{"name": HOSTILE, "default": HOSTILE}], "schedule": HOSTILE}]  # fmt: skip
    pages = [
        runpage.page(PLAIN, body, NOW),
        runpage.job_page(PLAIN, body, body["jobs"][0], NOW),
        lists.runs(PLAIN, ls(body)["runs"], NOW),
        lists.flows(PLAIN, flows, NOW),
        lists.touched(PLAIN, touched),
        card.page(PLAIN, explained),
        graphpage.page(PLAIN, graph),
    ]
    for page in pages:
        for line in page:
            assert line.isprintable(), line
            assert "[bold]" in line or "next" not in line or "red" not in line


def test_children_of_a_map_to_which_the_same_happens_are_one_line():
    def row(job, note="attempt 2"):
        return {"run": "f#1", "job": job, "state": "succeeded", "becomes": "waiting", "note": note}

    names = ["each", *(f"each[{n}]" for n in range(199)), "after"]
    answer = {"touched": [*map(row, names), row("each[199]", "attempt 3")], "notes": ["look"]}
    lines = lists.touched(PLAIN, answer)
    assert [line.split("  ")[0] for line in lines[1:]] == [
        "each", "each[…] 199 children", "after", "each[199]", "note: look",
    ]  # fmt: skip


def test_what_the_output_cannot_encode_is_spelled_out_before_it_is_measured():
    assert ASCII.safe("売") == "\\u58f2"
    lines = runpage.page(ASCII, show([job("売上", "running")]), NOW)
    "\n".join(lines).encode("ascii")


# What an output can show


class Output(io.TextIOWrapper):
    def __init__(self, encoding="utf-8", terminal=True):
        super().__init__(io.BytesIO(), encoding=encoding)
        self.terminal = terminal

    def isatty(self):
        return self.terminal


@pytest.mark.parametrize(
    ("environ", "encoding", "unicode"),
    [
        ({"LANG": "ja_JP.UTF-8"}, "utf-8", True),
        ({}, "utf-8", True),
        ({"LANG": "C"}, "utf-8", False),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, "utf-8", False),  # how Python leaves LANG=C
        ({"LANG": "C.UTF-8"}, "utf-8", True),
        ({"LC_ALL": "POSIX", "LANG": "ja_JP.UTF-8"}, "utf-8", False),
        ({"LANG": "ja_JP.eucJP"}, "euc-jp", False),
        ({"LANG": "ja_JP.UTF-8", "JOBMON_GLYPHS": "ascii"}, "utf-8", False),
        ({"LANG": "C", "JOBMON_GLYPHS": "unicode"}, "utf-8", True),
        ({"LANG": "C", "JOBMON_GLYPHS": "unicode"}, "ascii", False),
        ({"LANG": "ja_JP.UTF-8", "TERM": "linux"}, "utf-8", False),
        ({"TERM": "linux", "JOBMON_GLYPHS": "unicode"}, "utf-8", True),
    ],
)
def test_glyphs_follow_the_locale_and_the_wish(environ, encoding, unicode):
    assert measure(Output(encoding), environ).unicode is unicode


@pytest.mark.parametrize(
    ("environ", "terminal", "colour"),
    [({}, True, True), ({}, False, False), ({"NO_COLOR": "1"}, True, False),
     ({"TERM": "dumb"}, True, False), ({"FORCE_COLOR": "1"}, False, True),
     ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False)],
)  # fmt: skip
def test_colour_follows_the_terminal_and_the_wish(environ, terminal, colour):
    assert measure(Output(terminal=terminal), environ).colour is colour


def test_only_a_terminal_has_a_width():
    assert measure(Output(terminal=False), {"COLUMNS": "90"}).width is None
    assert measure(Output(), {"COLUMNS": "90"}).width == 90
    assert measure(Output(), {"COLUMNS": "none"}).width == 80  # no terminal there to ask


# The tree


def drawn(*nodes):
    found = tree.graph([tree.Node(name, after, *rest) for name, after, *rest in nodes])
    names = [node[0] for node in nodes]
    return [
        line.guides + (" ".join(f"^{names[i]}" for i in line.references) or names[line.node])
        for line in tree.branches(found, ASCII_LINES)
    ]


def test_a_job_with_two_parents_stands_once_under_the_one_that_ends_last():
    assert drawn(("A", ""), ("B", "A"), ("C", "B"), ("D", "B", 5.0), ("E", "CD")) == [
        "A",
        "`- B",
        "   |- C",
        "   |  `- ^E",
        "   `- D",
        "      `- E",
    ]


def test_an_edge_that_others_imply_is_not_drawn():
    assert drawn(("A", ""), ("B", "A"), ("C", "AB")) == ["A", "`- B", "   `- C"]


def test_references_of_one_job_share_a_line():
    lines = drawn(("A", ""), ("B", "", 9.0), ("C", "AB"), ("D", "AB"))
    assert lines == ["A", "`- ^C ^D", "B", "|- C", "`- D"]


def test_a_long_chain_stays_readable():
    lines = drawn(*[(f"j{i}", (f"j{i - 1}",) if i else ()) for i in range(60)])
    assert len(lines) == 60
    assert max(map(len, lines)) < 45
    assert lines[42].startswith("42 ")


def test_every_job_is_drawn_once_also_on_a_cycle_and_with_unknown_parents():
    lines = drawn(("A", "B"), ("B", "A"), ("C", ("nobody",)))
    assert sorted(line[-1] for line in lines) == ["A", "B", "C"]


def test_ten_thousand_jobs_are_drawn():
    layer = 100
    nodes = [
        tree.Node(str(i), [str(p) for p in range(i - layer, i - layer + 3)] if i >= layer else [])
        for i in range(10_000)
    ]
    lines = tree.branches(tree.graph(nodes), UNICODE_LINES)
    assert len({line.node for line in lines if not line.references}) == 10_000


# Pages


def test_a_run_is_a_tree_of_states_with_times_and_reasons():
    text = "\n".join(runpage.page(PLAIN, morning(), NOW))
    assert "morning#1  ▸ running" in text
    assert "2/5" in text
    assert re.search(r"✓ collect +succeeded +10s +2", text)
    assert re.search(r"├─ ▸ publish +running +47s", text)
    assert re.search(r"✗ アクセス集計 +failed +1\.0s +exit code 1 \(data\)", text)
    assert "^report" in text


def test_a_finally_job_hangs_on_all_others():
    body = show([job("a"), job("b"), job("tidy", finally_=True) | {"finally": True}])
    assert runpage.needs(body["jobs"][2], body["jobs"]) == ["a", "b"]


def test_a_run_says_when_it_ends_and_its_jobs_how_long_they_still_take():
    jobs = [
        job("積込", "running", started=NOW - 60) | {"left": -12.0, "late": True, "stuck": True},
        job("b", "running", started=NOW - 60) | {"left": 90.0},
    ]
    run = show(jobs) | {"late": True, "deadline": NOW + 30, "eta": NOW + 90, "eta_late": NOW + 120}
    text = "\n".join(runpage.page(PLAIN, run, NOW))
    ends = [moment(NOW + after, NOW) for after in (90, 120, 30)]
    assert "ends about {}, at p90 {}, deadline {}".format(*ends) in text
    assert " late " in text.splitlines()[0]
    lines = {line.split()[1]: line for line in text.splitlines() if " running " in line}
    assert "running late stuck" in lines["積込"]
    assert "-12s" in lines["積込"]
    assert "1m30s" in lines["b"]
    row = ls(run)["runs"][0] | {"eta": NOW + 90}
    listed = lists.runs(PLAIN, [row], NOW)
    assert "ENDS" in listed[0]
    assert ends[0] in listed[1]


def test_a_retry_shows_its_countdown_and_a_manual_step_its_text():
    waiting = job("x", "retry_wait", due=NOW + 30, reason="exit code 75")
    assert words.why(waiting, NOW) == "again in 30s: exit code 75"
    assert words.why(job("y", "waiting_human", text="Look at it"), NOW) == "Look at it"


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"reason": "exit", "code": 65, "cause": "data"}, "exit code 65 (data)"),
        ({"reason": "exit", "code": 1, "cause": "unknown"}, "exit code 1"),
        ({"reason": "signal", "signal": 9}, "killed by SIGKILL"),
        ({"reason": "signal", "signal": 99}, "killed by signal 99"),
        ({"reason": "timeout", "signal": 15}, "timed out"),
        ({"reason": "upstream b failed"}, "upstream b failed"),
        ({}, ""),
    ],
)
def test_how_it_ended_in_words(fields, text):
    assert words.ended(fields) == text


def test_a_graph_marks_its_critical_path():
    jobs = [{"job": n, "after": list(a), "kind": "shell"} for n, a in
            (("A", ""), ("B", "A"), ("C", "B"), ("D", "B"), ("E", "CD"))]  # fmt: skip
    for i in (0, 1, 3, 4):
        jobs[i]["critical"] = True
    text = "\n".join(graphpage.page(PLAIN, {"flow": "f", "jobs": jobs}))
    assert "critical path: A → B → D → E" in text
    assert "C + D" in text


def test_an_event_says_once_by_whom_and_why():
    base = {"seq": 7, "at": NOW, "kind": "job.skip", "who": "aki", "why": "no feed", "data": {}}
    told = base | {"data": {"reason": "skipped by aki: no feed"}}
    assert lines.event_line(PIPE, told, "r", "a").endswith(" skipped by aki: no feed")
    assert lines.event_line(PIPE, base, "r", "a").endswith(' by aki: "no feed"')
    assert lines.event_line(PIPE, base | {"who": "runtime"}, "r", "a").endswith(' "no feed"')


def test_the_document_of_a_graph_names_the_whole_critical_path():
    flow = Flow("f")
    a, b, c, d = (flow.shell(name, "true") for name in "abcd")
    a >> b >> c
    a >> d
    document = graph_of(flow.definition())
    critical = [row["job"] for row in document["jobs"] if row["critical"]]
    assert critical == ["a", "b", "c"]
    assert "critical path: a → b → c" in "\n".join(graphpage.page(PLAIN, document))


def test_the_failure_card_says_how_why_and_what_next():
    body = {
        "run": "morning#1", "job": "load", "state": "failed", "reasons": ["exit code 1"],
        "next": ["jobmon rerun morning#1 load"],
        "card": {"ended_how": "exit code 1", "attempt": 2, "last": ["one", "two"],
                 "cause": {"line": "KeyError: 'price'", "file": "load.py", "lineno": 31},
                 "changed": {"code": ["load"], "params": []}, "since": "morning#0",
                 "next": ["jobmon rerun morning#1 load"]},
    }  # fmt: skip
    lines = card.page(PLAIN, body)
    text = "\n".join(lines)
    assert "KeyError: 'price'" in text
    assert "at load.py:31" in text
    assert "code: load since morning#0 succeeded" in text
    assert "| two" in text
    assert lines[-1].strip() == "jobmon rerun morning#1 load"
    assert text.count("jobmon rerun") == 1


@pytest.mark.parametrize("width", [12, 20, 41])
def test_wrapping_keeps_every_sign_within_the_width(width):
    text = "理由は長い word andaverylongwordwithoutspaces 日本語日本語日本語日本語"
    parts = wrap(text, width)
    assert all(cell_len(part) <= width for part in parts)
    assert "".join(parts).replace(" ", "") == text.replace(" ", "")


# Limits


def limits_body(**changed):
    rate = {"limit": "5/s", "total": 5, "used": 2, "turns": 0, "next": NOW, "waiting": 0,
            "frozen_until": None, "frozen_by": ""}  # fmt: skip
    body = {
        "running": True,
        "slots": {"total": 8, "busy": 3},
        "pools": {"db": {"total": 2, "busy": 2, "waiting": 4}},
        "rates": {
            "サイト": rate | changed,
            "free": dict.fromkeys(rate) | {"used": 0, "waiting": 1},
        },
        "locks": {
            "book": {"holder": HOSTILE, "since": NOW, "waiting": 1},
            "idle": {"holder": "", "since": None, "waiting": 2},
        },
    }
    return limitspage.page(PLAIN, body, NOW)


def test_limits_tell_what_is_used_who_holds_it_and_who_waits():
    slots, pool, rate, free, held, idle = (line.split() for line in limits_body()[1:])
    assert slots[-1] == "3/8"
    assert pool[-2:] == ["2/2", "4"]
    assert rate[:2] + rate[-2:] == ["rate", "サイト", "2/5", "5/s"]
    assert " ".join(free).endswith("0 1 no limit is set")
    assert held[0:2] == ["lock", "book"]
    assert idle[-3:] == ["0/1", "2", "free"]
    assert all(line.isprintable() for line in limits_body())


def test_a_frozen_rate_tells_until_when_and_by_whom():
    line = limits_body(frozen_until=NOW + 60, frozen_by="朝#3/集計")[3]
    assert f"frozen until {moment(NOW + 60, NOW)} by 朝#3/集計" in line
