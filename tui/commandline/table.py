"""The words of the command line: ONE table that reading, completion and the help line share.

What each action's word means stands in tui/actions.py; here is what may follow it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from jobmon.tui.actions import BY_ID
from jobmon.tui.commandline import readers, verbs
from jobmon.tui.commandline.readers import Given
from jobmon.tui.commandline.records import Command, Context, Go
from jobmon.tui.commandline.spelling import choice

Reader = Callable[[Given, Context], Command]


class Word(NamedTuple):
    """A command. `takes` names what its arguments are, for completion; the last may repeat."""

    word: str
    usage: str
    help: str
    read: Reader
    takes: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


def _screen(name: str, usage: str = "", takes: tuple[str, ...] = ()) -> Word:
    return Word(name, usage, BY_ID[f"go.{name}"].help, partial(readers.go, name, takes), takes)


def _verb(action: str, usage: str = "[JOB... | RUN [JOB...]]", *takes: str) -> Word:
    options = verbs.options_of(action)
    shown = " ".join([usage, *(f"[{option}]" for option in options)])
    word, names = BY_ID[action].word, tuple(option.name for option in options)
    return Word(word, shown, BY_ID[action].help, _act(action), takes or ("target", "job"), names)


def _act(action: str) -> Reader:
    return lambda given, context: verbs.read(action, given.words, context)


def _simple(action: str) -> Word:
    return Word(BY_ID[action].word, "", BY_ID[action].help, partial(readers.simple, action))


_JOBS = "[JOB... | RUN JOB...]"
_ALL = (
    _screen("queue", "[PATTERN]", ("pattern",)),
    _screen("dag", "[RUN [JOB]]", ("run", "job")),
    _screen("equalizer", "[progress | pulse | cpu] [vertical | horizontal]", ("lanes",)),
    _screen("log", "[RUN JOB [ATTEMPT]]", ("run", "job", "attempt")),
    _screen("schedule", "[FLOW]", ("flow",)),
    _screen("history", "[FLOW]", ("flow",)),
    _screen("limits", "[TEXT]"),
    _screen("syslog", "[TEXT]"),
    _screen("wall", "[progress | pulse | cpu] [vertical | horizontal]", ("lanes",)),
    Word("prefix", "PATTERN", "Only jobs named so: * any signs, % one.", readers.prefix, ("job",)),
    Word("owner", "PATTERN", "Only jobs of runs that they started.", readers.owner),
    Word("state", "STATE,...", "Only jobs in these states.", readers.state, ("states",)),
    Word(
        "filter",
        "COLUMN = != < > <= >= ~ VALUE | off",
        "Only jobs whose column is so; ~ contains.",
        readers.condition,
        ("column", "op", "nothing"),
    ),
    Word("reset", "", "Every job: no filter is left.", readers.reset),
    Word(BY_ID["view.filter"].word, "TEXT", BY_ID["view.filter"].help, readers.find),
    Word("locate", "NAME", "To the first job of that name or pattern.", readers.locate, ("job",)),
    Word("sort", "COLUMN[,A|,D]...", "Order by columns; alone: as usual.", readers.sort, ("sort",)),
    _verb("job.rerun", _JOBS),
    _verb("run.rerun_failed", "[RUN]", "run", "nothing"),
    _verb("job.skip", _JOBS),
    _verb("job.hold"),
    _verb("job.release"),
    _verb("job.cancel"),
    _verb("job.kill"),
    _verb("job.mark", f"{_JOBS} success|failed", "target", "outcome"),
    _verb("job.done", _JOBS),
    _verb("job.explain"),
    _verb("job.edit", _JOBS),
    Word(
        BY_ID["run.start"].word,
        "FLOW [NAME=VALUE...]",
        BY_ID["run.start"].help,
        readers.start,
        ("flow", "param"),
    ),
    _simple("lane.acknowledge"),
    Word("at", "TIME", "Show a moment of the past; `at now` returns.", readers.at, ("moment",)),
    Word("replay", "60x | off", "How fast the past goes on.", readers.replay, ("speed",)),
    Word("theme", "NAME", "Change the colours.", readers.theme, ("theme",)),
    Word("readonly", "[off]", "Take no verbs from now on.", readers.readonly, ("off",)),
    _simple("app.sample"),
    _simple("app.up"),
    _simple("app.help"),
    _simple("app.quit"),
    _simple("app.quit")._replace(word="bye"),
)
WORDS: Mapping[str, Word] = {word.word: word for word in _ALL}
SHORT: Mapping[str, str] = {"st": "queue", "da": "queue"}
"""Words from SDSF for the screen that shows the same."""
_BACK = Word("-", "", "To the last screen.", lambda given, context: _last(given))


def _last(given: Given) -> Go:
    given.none()
    return Go("-")


def word_of(text: str) -> Word:
    """The command a word means: itself, or the only one that begins so. Raises WrongError."""
    if text == "-":
        return _BACK
    return WORDS[SHORT.get(text) or choice(text, WORDS, "command")]
