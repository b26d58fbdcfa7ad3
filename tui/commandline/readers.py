"""Reading what stands behind each word of the command line. All raise WrongError."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

from msgspec.structs import replace

from jobmon.jobs.mistakes import WrongError
from jobmon.tui.commandline.criteria import Condition, Criteria, fold
from jobmon.tui.commandline.moments import PAST, earlier
from jobmon.tui.commandline.records import (
    At,
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
)
from jobmon.tui.commandline.spelling import SPACES, choice, narrow, run_name, spelled, split
from jobmon.tui.look import job_look

_COMMA = re.compile("[,，、]")
_CONDITION = re.compile(r"(.*?)\s*([!！]?[=＝]|[<＜>＞][=＝]?|[~～])\s*(.*)", re.DOTALL)
_PARAM = re.compile("(.*?)[=＝](.*)", re.DOTALL)
_SPEED = re.compile(r"(\d{1,4}(?:\.\d+)?)x?")
FASTEST = 3_600


class Given(NamedTuple):
    """What stands behind a command's word, as it was typed."""

    rest: str

    @property
    def words(self) -> list[str]:
        """Its words, without their quotes."""
        return split(self.rest)

    @property
    def text(self) -> str:
        """All of it as one word."""
        return " ".join(self.words)

    def none(self) -> None:
        """Raise WrongError when something stands there."""
        if self.rest.strip(SPACES):
            raise WrongError(f"{self.rest.strip(SPACES)!r} is too much", "write the word alone")


def go(view: str, kinds: Sequence[str], given: Given, context: Context) -> Go:
    """A screen with its arguments; names as they are spelled, the rest is the screen's to judge."""
    pairs = zip_longest(given.words, kinds[: len(given.words)], fillvalue="")
    return Go(view, tuple(_named(word, kind, context) for word, kind in pairs))


def _named(word: str, kind: str, context: Context) -> str:
    if kind == "run":
        return run_name(word, context)
    names = {"job": context.jobs, "flow": context.flows}
    return spelled(word, names.get(kind, ()))


def simple(action: str, given: Given, _context: Context) -> Simple:
    """An action that takes no words."""
    given.none()
    return Simple(action)


def start(given: Given, context: Context) -> Run | Simple:
    """A new run; without a flow the form for one."""
    if not given.words:
        return Simple("run.start")
    flow, *pairs = given.words
    params: dict[str, str] = {}
    for pair in pairs:
        name, value = _param(pair)
        if name in params:
            raise WrongError(f"{name} is given twice", "leave one out")
        params[name] = value
    return Run(spelled(flow, context.flows), params)


def _param(pair: str) -> tuple[str, str]:
    found = _PARAM.fullmatch(pair)
    if found is None or not found[1]:
        raise WrongError(f"{pair!r} is no parameter", "write NAME=VALUE, quoted as in a shell")
    return narrow(found[1]), narrow(found[2])


def prefix(given: Given, context: Context) -> Filter:
    """Jobs by their name; every job without one."""
    return Filter(replace(context.criteria, prefix=_wanted(given)))


def owner(given: Given, context: Context) -> Filter:
    """Jobs by who started their run."""
    return Filter(replace(context.criteria, owner=_wanted(given)))


def _wanted(given: Given) -> str:
    pattern = narrow(given.text)
    return "" if pattern == "*" else pattern


def state(given: Given, context: Context) -> Filter:
    """Jobs by their states; every state without one."""
    parts = [re.sub("[-_]", " ", fold(part)).split() for part in _COMMA.split(given.text)]
    states = dict.fromkeys(name for part in parts for name in _states(part, context))
    return Filter(replace(context.criteria, states=tuple(states)))


def _states(words: list[str], context: Context) -> Iterator[str]:
    """Those that are named in a row; some are two words on the screen."""
    known = {job_look(name).word: name for name in context.states}
    while words:
        pair = " ".join(words[:2])
        size = 2 if any(word.startswith(pair) for word in known) else 1
        yield known[choice(" ".join(words[:size]), known, "state")]
        words = words[size:]


def condition(given: Given, context: Context) -> Filter:
    """Jobs by what stands in a column; `off` drops all such conditions."""
    if fold(given.text) == "off":
        return Filter(replace(context.criteria, conditions=()))
    found = _CONDITION.fullmatch(given.text)
    if found is None or not found[1]:
        raise WrongError("a filter is a column, a sign and a value", "write such as elapsed > 5m")
    column = _column(found[1], context.columns, context, "column")
    op, value = narrow(found[2]), narrow(found[3])
    if not value and op not in ("=", "!="):
        raise WrongError(f"{column} {op} lacks a value", f"write {column} {op} VALUE")
    return Filter(context.criteria.where(Condition(column, op, value)))


def reset(given: Given, _context: Context) -> Filter:
    """Every job."""
    given.none()
    return Filter(Criteria())


def find(given: Given, _context: Context) -> Find:
    """The text as it was typed; quotes around all of it are not part of it."""
    text = given.rest.strip()
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return Find(text[1:-1] if quoted else text)


def locate(given: Given, context: Context) -> Locate:
    """A job's name or pattern."""
    if not given.words:
        raise WrongError("the name is missing", "write locate NAME")
    return Locate(spelled(given.text, context.jobs))


def sort(given: Given, context: Context) -> Sort:
    """Columns with A or D behind a comma; the screen's own order without any."""
    return Sort(tuple(_order(word, context) for word in given.words))


def _order(word: str, context: Context) -> tuple[str, bool]:
    name, *direction = _COMMA.split(word)
    column = _column(name, context.order, context, "column to sort by")
    if len(direction) > 1:
        raise WrongError(f"{word!r} is no order", f"write {column},A or {column},D")
    return column, bool(direction) and choice(
        direction[0], _DIRECTIONS, "direction"
    ) == "descending"


def _column(word: str, columns: Sequence[str], context: Context, what: str) -> str:
    """The column that is meant, by its name or by what stands over it."""
    return choice(context.headings.get(fold(word), word), columns, what)


_DIRECTIONS = ("ascending", "descending")


def at(given: Given, context: Context) -> At:
    """A moment of the past, or now."""
    if not given.words:
        raise WrongError("the moment is missing", f"write at {PAST}")
    return At(earlier(narrow(given.text), context.now))


def replay(given: Given, _context: Context) -> Replay:
    """How fast the past goes on."""
    text = fold(given.text)
    if text == "off":
        return Replay(0.0)
    found = _SPEED.fullmatch(text)
    speed = float(found[1]) if found else 0.0
    if not 0 < speed <= FASTEST:
        raise WrongError(f"{given.text!r} is no speed", f"write 1x to {FASTEST}x, or off")
    return Replay(speed)


def theme(given: Given, context: Context) -> Theme:
    """A theme by its name."""
    return Theme(choice(given.text, context.themes, "theme"))


def readonly(given: Given, _context: Context) -> ReadOnly:
    """No verbs from now on; `off`: again."""
    if not given.words:
        return ReadOnly(True)
    choice(given.text, ("off",), "argument")
    return ReadOnly(False)
