"""From a typed line to what it asks for."""

from __future__ import annotations

from jobmon.jobs.mistakes import WrongError
from jobmon.tui.commandline.criteria import fold
from jobmon.tui.commandline.readers import Given
from jobmon.tui.commandline.records import Command, Complaint, Context
from jobmon.tui.commandline.spelling import SPACES
from jobmon.tui.commandline.table import word_of


def parse(text: str, context: Context) -> Command | Complaint:
    """What the line asks for, or why it asks for nothing."""
    word, rest = parts(text)
    if not word:
        return Complaint("no command; help shows what there is")
    try:
        return word_of(word).read(Given(rest), context)
    except WrongError as error:
        return Complaint(f"{error.text}; {error.hint}" if error.hint else error.text)


def parts(text: str) -> tuple[str, str]:
    """The command's word, folded, and all that follows it."""
    line = text.lstrip(SPACES + ":：")
    end = next((at for at, sign in enumerate(line) if sign in SPACES), len(line))
    return fold(line[:end]), line[end:]
