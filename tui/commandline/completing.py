"""What a line may go on with, and what the command means that is being typed."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence

from jobmon.jobs.mistakes import WrongError
from jobmon.tui.commandline.criteria import OPS, fold
from jobmon.tui.commandline.reading import parts
from jobmon.tui.commandline.records import Context
from jobmon.tui.commandline.spelling import SPACES, last_word, narrow, spelled, split
from jobmon.tui.commandline.table import WORDS, Word, word_of

MOST = 100
"""Completions that are offered at once."""


def complete(text: str, context: Context) -> list[str]:
    """The lines it may become by completing its last word, in the order in which things are known.

    Each begins as the line does, unless case, width or quotes are set right.
    """
    word, rest = parts(text)
    if not rest:
        found = [known for known in WORDS if known.startswith(word)]
        head = text[: len(text) - len(text.lstrip(SPACES + ":："))]
        return [f"{head}{known}{_gap(known)}" for known in found]
    try:
        command, start = word_of(word), last_word(text)
        before, begun = split(parts(text[:start])[1]), _unquoted(text[start:])
    except WrongError:
        return []
    if begun.startswith(("-", "－")) and command.options:
        return _begin(text[:start], narrow(begun), command.options)
    return _begin(text[:start], begun, _offered(command, before, begun, context))


def _gap(word: str) -> str:
    return " " if WORDS[word].usage else ""


def _begin(head: str, begun: str, offered: Iterable[str]) -> list[str]:
    """The line with each of those that begin so."""
    wanted = fold(begun)
    found = [name for name in dict.fromkeys(offered) if fold(name).startswith(wanted)]
    return [head + _written(name) for name in found[:MOST]]


def _written(name: str) -> str:
    return shlex.quote(name) if _TO_QUOTE.intersection(name) else name


_TO_QUOTE = frozenset(SPACES + "'\"\\")


def _unquoted(text: str) -> str:
    """The word being typed; its quote may still be open."""
    for end in ("", "'", '"'):
        try:
            return " ".join(split(text + end))
        except WrongError:
            continue
    return text


def _offered(command: Word, before: Sequence[str], begun: str, context: Context) -> Iterable[str]:
    """What may stand at this place of the command."""
    if not command.takes:
        return ()
    kind = command.takes[min(len(before), len(command.takes) - 1)]
    head = begun[: begun.rfind(",") + 1]
    lists: dict[str, Iterable[str]] = {
        "flow": context.flows,
        "run": (*context.runs, *context.flows),
        "job": context.jobs,
        "target": (*context.jobs, *context.runs),
        "outcome": (*context.jobs, "success", "failed"),
        "states": [head + name for name in context.states],
        "column": (*context.columns, "off"),
        "op": OPS,
        "sort": [f"{name}{end}" for name in context.order for end in ("", ",A", ",D")],
        "param": _params(before, context),
        "theme": context.themes,
        "lanes": context.lanes,
        "moment": ("now", "-15m", "-1h"),
        "speed": ("1x", "10x", "60x", "off"),
        "off": ("off",),
    }
    return lists.get(kind, ())


def _params(before: Sequence[str], context: Context) -> list[str]:
    """The parameters of the flow that have no value yet."""
    flow, *given = before or ("",)
    names = context.params.get(spelled(flow, context.flows), ())
    had = {pair.partition("=")[0] for pair in given}
    return [f"{name}=" for name in names if name not in had]


def help_line(text: str) -> str:
    """One line on the command typed so far: how it is written and what it does."""
    word, rest = parts(text)
    if not word:
        return "a screen, a verb or a filter; TAB completes, ENTER does it, ESC leaves"
    try:
        command = word_of(word)
    except WrongError as error:
        begins = "  ".join(known for known in WORDS if known.startswith(word))
        return begins if begins and not rest else f"{error.text}; {error.hint}"
    return f"{command.word} {command.usage}".strip() + "  " + command.help
