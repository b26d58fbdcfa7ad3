"""The words of a line: taken apart as in a shell, and read as they were meant.

A Japanese input method leaves letters, digits and signs at full width. Where a word is of nothing
else they become ASCII; a name in Japanese stays as it is, or is known by its like.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable

from jobmon.jobs.mistakes import WrongError
from jobmon.jobs.options import choose
from jobmon.tui.commandline.criteria import fold
from jobmon.tui.commandline.records import Context

SPACES = " \t\r\n\u3000"
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_RUN_SIGNS = re.compile("[#@＃＠]")


def split(text: str) -> list[str]:
    """The words of a line; quotes and backslashes as in a shell. Raises WrongError."""
    lexer = shlex.shlex(text, posix=True)
    lexer.whitespace, lexer.whitespace_split, lexer.commenters = SPACES, True, ""
    try:
        return list(lexer)
    except ValueError:
        raise WrongError("a quote or backslash leads nowhere", "close the quote") from None


def last_word(text: str) -> int:
    """Where the word begins that is being typed at the end of the line."""
    start, quote = 0, ""
    for at, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'":
            quote = sign
        elif sign in SPACES:
            start = at + 1
    return start


def narrow(word: str) -> str:
    """The word in ASCII when it is made of full-width ASCII only, else as it is."""
    found = word.translate(_NARROW)
    return found if found.isascii() else word


def spelled(word: str, names: Iterable[str]) -> str:
    """The one of `names` that was meant, however wide or large it was typed; else the word."""
    names = list(names)
    if word in names:
        return word
    wanted = fold(word)
    return next((name for name in names if fold(name) == wanted), narrow(word))


def run_name(word: str, context: Context) -> str:
    """A run's key or a flow's name as they are spelled."""
    sign = _RUN_SIGNS.search(word)
    if word in context.runs or sign is None:
        return spelled(word, (*context.runs, *context.flows))
    flow, number = word[: sign.start()], word[sign.start() :]
    return spelled(flow, context.flows) + number.translate(_NARROW)


def is_run(word: str, context: Context) -> bool:
    """Whether a word that may be a run or a job is a run."""
    if spelled(word, context.jobs) in context.jobs:
        return False
    return bool(_RUN_SIGNS.search(word)) or run_name(word, context) in context.flows


def choice(word: str, names: Iterable[str], what: str) -> str:
    """The one of `names` that begins so. Raises WrongError when there is none, or several."""
    names, wanted = list(names), fold(word)
    if not wanted:
        raise WrongError(f"the {what} is missing", choose("", names))
    begins = [name for name in names if fold(name).startswith(wanted)]
    whole = [name for name in begins if fold(name) == wanted]
    if len(whole or begins) == 1:
        return (whole or begins)[0]
    if begins:
        raise WrongError(f"{word} may be {', '.join(begins)}", "write more of it")
    raise WrongError(f"there is no {what} {word!r}", choose(wanted, names))
