"""Every action of the table, on each of its screens, by every way there is to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jobmon.tui import commandline, keyspage
from jobmon.tui.acting.confirm import Confirm
from jobmon.tui.actions import ACTIONS, BY_ID, NP, Action, keymap
from jobmon.tui.boxes import ChoiceBox
from jobmon.tui.commandline import Complaint, Context
from jobmon.tui.commandline.table import SHORT, WORDS
from jobmon.tui.screens.registry import Screens
from jobmon.tui.settings import ScreenSettings
from tests.tui import nights
from tests.tui.cli_fakes import NOW
from tests.tui.fakehands import Session
from tests.tui.nights import put
from tests.tui.presses import CASES, NO_KEY, Case, done

OWN = "f20"
"""A key that is nobody's."""


@pytest.fixture(scope="session")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return nights.log_of(tmp_path_factory.mktemp("log"))


def ready(case: Case, log: Path, **more: Any) -> Session:
    """A night with the cursor where the case wants it; what it is for is not so yet."""
    session = nights.session(**more)
    put(session, case.screen, case.on, log)
    case.first(session)
    assert case.look(session) != case.after
    return session


def answered(case: Case, session: Session) -> Any:
    """What the case looks at, once what a verb asks is answered with yes."""
    while BY_ID[case.action].verb and isinstance(session.monitor.box, Confirm | ChoiceBox):
        session.press("y" if isinstance(session.monitor.box, Confirm) else "enter")
    return case.look(session)


def keys_of(case: Case) -> tuple[str, ...]:
    return BY_ID[case.action].keys


PRESSES = [(case, key) for case in CASES for key in keys_of(case)]


@pytest.mark.parametrize(("case", "key"), PRESSES, ids=[f"{c.name}-{k}" for c, k in PRESSES])
def test_each_key_of_an_action_does_it(case: Case, key: str, log: Path) -> None:
    session = ready(case, log)
    session.press(key)
    assert answered(case, session) == case.after


ONE_EACH = {case.action: case for case in CASES}


@pytest.mark.parametrize("action", list(BY_ID))
def test_a_key_of_ones_own_does_the_same(action: str, log: Path) -> None:
    case = ONE_EACH[action]
    session = ready(case, log, keys={case.action: (OWN,)})
    session.press(OWN)
    assert answered(case, session) == case.after


@pytest.mark.parametrize("action", list(BY_ID))
def test_the_palette_does_the_same(action: str, log: Path) -> None:
    case = ONE_EACH[action]
    session = ready(case, log)
    palette(session, action)
    assert answered(case, session) == case.after


def test_there_is_a_case_for_every_action_on_every_screen_of_it() -> None:
    wanted = {(a.id, view) for a in ACTIONS if a.keys for view in a.where}
    assert wanted <= {(case.action, case.screen) for case in CASES}
    assert {case.action for case in CASES} == set(BY_ID)
    assert {case.action for case in NO_KEY} == {a.id for a in ACTIONS if not a.keys}


def test_a_case_stands_on_a_screen_where_its_action_means_something() -> None:
    assert all(
        not BY_ID[case.action].where or case.screen in BY_ID[case.action].where for case in CASES
    )


# What is asked first

ASKING = [c for c in CASES if BY_ID[c.action].asks in {"yes", "y"} and keys_of(c)]


@pytest.mark.parametrize("case", ASKING, ids=[case.name for case in ASKING])
def test_what_asks_first_does_nothing_before_the_yes(case: Case, log: Path) -> None:
    session = ready(case, log)
    picture = session.press(keys_of(case)[0])
    if isinstance(session.monitor.box, ChoiceBox):  # which outcome
        picture = session.press("enter")
    assert isinstance(session.monitor.box, Confirm)
    assert not done(session)
    assert all(previewed["preview"] for previewed in session.hands.given("verb"))
    run, _, job = case.on.partition(" ")
    assert job or f"the run {run}: 2 jobs?" in picture
    session.press("escape")
    assert not done(session)
    assert case.look(session) != case.after


STOPS = [c for c in ASKING if BY_ID[c.action].verb in {"cancel", "kill", "skip"}]


@pytest.mark.parametrize("case", STOPS, ids=[case.name for case in STOPS])
def test_what_stops_or_passes_over_is_not_done_by_enter(case: Case, log: Path) -> None:
    session = ready(case, log)
    session.press(keys_of(case)[0], "enter", "enter")
    assert isinstance(session.monitor.box, Confirm)
    assert not done(session)
    assert answered(case, session) == case.after


def test_no_verb_is_on_a_key_that_is_pressed_by_habit() -> None:
    slips = {"ctrl+d", "backspace", "delete"}
    assert not any(slips.intersection(action.keys) for action in ACTIONS)


@pytest.mark.parametrize("view", list(Screens({}, ())))
def test_no_two_actions_of_a_screen_are_on_one_key(view: str) -> None:
    held = [key for action in ACTIONS if view in action.where for key in action.keys]
    assert len(held) == len(set(held))
    everywhere = [key for action in ACTIONS if not action.where for key in action.keys]
    assert len(everywhere) == len(set(everywhere))


def test_every_key_is_one_that_a_terminal_sends() -> None:
    keys = {action.id: action.keys for action in ACTIONS}
    assert ScreenSettings.of({"keys": keys}, {}, (), ()).keys == keys


def test_a_key_of_other_screens_says_so(log: Path) -> None:
    session = nights.session()
    put(session, "schedule", "morning", log)
    assert "skip): not on this screen" in session.press("s")
    assert "gantt: not on this screen" in palette(session, "dag.gantt")
    assert "wider: not on this screen" in palette(session, "log.wider")
    assert not session.hands.given("verb")


def palette(session: Session, action: str) -> str:
    session.press("ctrl+p")
    session.type(action)
    return session.press("enter")


@pytest.mark.parametrize("screen", [view.name for view in Screens({}, ()).values()])
def test_digits_are_the_screens_everywhere(screen: str) -> None:
    names = ["queue", "dag", "equalizer", "log", "schedule", "history", "limits", "syslog"]
    digits = {str(n): f"go.{name}" for n, name in enumerate(names, 1)}
    keys = keymap(screen)
    assert {key: keys[key].id for key in digits} == digits


def test_no_two_keys_of_a_screen_have_one_label() -> None:
    for screen in Screens({}, ()):
        keys = keymap(screen)
        own = [a for a in dict.fromkeys(keys.values()) if not a.id.startswith("go.")]
        labels = [a.label for a in own]
        assert [name for name in labels if labels.count(name) > 1] == [], screen


# The NP column

NP_ROWS = {
    "s": "morning#7 B", "w": "morning#7 B", "e": "morning#7 B", "r": "morning#7 B",
    "rf": "morning#7 B", "k": "sync#8 load", "h": "sync#8 load", "a": "sync#8 mail",
    "c": "sync#8 fetch", "x": "sync#8 fetch", "m": "morning#7 B", "d": "sync#8 approve",
}  # fmt: skip


def case_of(action: str, on: str) -> Case:
    return next(c for c in CASES if (c.action, c.screen, c.on) == (action, "queue", on))


@pytest.mark.parametrize("characters", list(NP))
def test_action_characters_do_what_their_keys_do(characters: str, log: Path) -> None:
    case = case_of(NP[characters].id, NP_ROWS[characters])
    session = ready(case, log)
    session.press("colon", "tab", *characters, "enter")
    assert answered(case, session) == case.after


def test_action_characters_mean_their_rows_whatever_is_marked(log: Path) -> None:
    session = nights.session()
    put(session, "queue", "sync#8 load", log)
    session.press("space")
    put(session, "queue", "morning#7 B", log)
    session.press("colon", "tab", "w", "enter")
    assert "why B" in session.text()


def test_every_row_of_a_look_is_looked_at(log: Path) -> None:
    session = nights.session()
    put(session, "queue", "morning#7 C", log)
    session.press("colon", "tab", "w", "down", "w", "enter")
    names = [view["args"]["job"] for view in session.hands.given("view")]
    assert names == ["C"]
    session.press("escape")
    names = [view["args"]["job"] for view in session.hands.given("view")]
    assert names == ["C", "D"]


def test_characters_take_no_verb_where_the_monitor_only_looks(log: Path) -> None:
    session = nights.session(readonly=True)
    put(session, "queue", "sync#8 load", log)
    assert "only looks on" in session.press("colon", "tab", "h", "enter")
    assert not session.hands.given("verb")


def test_the_hold_character_and_word_never_release(log: Path) -> None:
    session = nights.session()
    put(session, "queue", "sync#8 mail", log)
    assert "mail is held already" in session.press("colon", "tab", "h", "enter")
    assert "mail is held already" in session.command("hold mail")
    assert not done(session)


# The command line

ON_WORD = {
    "log": "morning#7 B", "explain": "morning#7 B", "edit": "morning#7 B", "rerun": "morning#7 B",
    "rerunfailed": "morning#7 B", "skip": "sync#8 load", "hold": "sync#8 load",
    "release": "sync#8 mail", "cancel": "sync#8 fetch", "kill": "sync#8 fetch",
    "done": "sync#8 approve", "run": "morning#7 B", "seen": "morning#7 B",
}  # fmt: skip
SPOKEN = {"mark": "mark success", "find": "find x"}


@pytest.mark.parametrize("action", [a for a in ACTIONS if a.word], ids=lambda a: a.word)
def test_the_words_of_the_table_do_what_its_keys_do(action: Action, log: Path) -> None:
    cases = [c for c in CASES if c.action == action.id and c.screen not in {"wall", "equalizer"}]
    on = ON_WORD.get(action.word)
    case = next(c for c in cases if on in (None, c.on))
    session = ready(case, log)
    session.command(SPOKEN.get(action.word) or action.word)
    if action.word == "find":
        assert session.monitor.screens.queue.criteria.text == "x"
    else:
        assert answered(case, session) == case.after


@pytest.mark.parametrize("word", list(WORDS))
def test_the_shortest_beginning_that_is_one_word_s_alone_suffices(word: str) -> None:
    known = Context(now=NOW, themes=("night",), flows=("morning",), columns=("job",))
    line = {"theme": " night", "at": " -1h", "replay": " 60x", "locate": " B", "mark": " success",
            "filter": " job=B", "log": " daily#31 B"}.get(word, "")  # fmt: skip
    begins = (word[:n] for n in range(1, len(word) + 1) if word[:n] not in SHORT)
    short = next((b for b in begins if [w for w in WORDS if w.startswith(b)] == [word]), word)
    found = commandline.parse(short + line, known)
    assert not isinstance(found, Complaint)
    assert found == commandline.parse(word + line, known)


def test_the_command_line_knows_every_word_of_the_table() -> None:
    assert {action.word for action in ACTIONS if action.word} <= WORDS.keys()


# Help, palette, page and key bar say what the table says


def test_help_page_and_palette_list_exactly_the_table() -> None:
    listed = [entry.action for group in keyspage.entries().values() for entry in group]
    assert sorted(a.id for a in listed) == sorted(BY_ID)
    session = nights.session()
    session.press("ctrl+p")
    shown = "\n".join(session.press("down") for _ in ACTIONS)
    assert all(f"{action.label}: {action.help[:20]}" in shown for action in ACTIONS)
    session.press("escape", "question_mark")
    session.size = session.size._replace(width=150, height=len(ACTIONS) + 30)
    assert all(action.help[:30] in session.text() for action in ACTIONS)


@pytest.mark.parametrize("view", list(Screens({}, ())))
def test_the_key_bar_names_only_what_has_a_key_there(view: str) -> None:
    named = Screens({}, ())[view].hints()
    there = {action.id for action in keymap(view).values()}
    assert set(named) <= there
    assert len(named) == len(set(named))
    assert named
