"""A crontab taken apart as cron reads it: Vixie's, Debian's and cronie's. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
    "@every_minute": "* * * * *",
}
REBOOT = "@reboot"
USUAL: Mapping[str, str] = {"SHELL": "/bin/sh", "PATH": "/usr/bin:/bin"}
"""What Debian's cron sets for a command before the crontab says anything else."""
_VARIABLE = re.compile(r"\s*(\"[^\"]+\"|'[^']+'|[^\s\"'=#]+)\s*=\s*(.*?)\s*")
_FIELD = re.compile(r"[0-9*,/~a-zA-Z?-]+")
_NUMBERS = re.compile(r"[0-9*,/~-]+")


class Comment(NamedTuple):
    """A line that says nothing to cron: a comment, or empty."""

    number: int
    text: str


class Variable(NamedTuple):
    """NAME = value: for the entries below it."""

    number: int
    name: str
    value: str


class Entry(NamedTuple):
    """A command and when it starts. `raw`: the line; `head` its part before the command.

    `when`: five fields, a nickname or @reboot, as written. `command` and `stdin` as cron hands them
    on; `stdin` None: none. `env`: the variables that hold for it. `written`: the command as it
    stands there, with its `%`.
    """

    number: int
    raw: str
    head: str
    when: str
    user: str
    command: str
    stdin: str | None
    written: str
    env: Mapping[str, str]

    @property
    def expression(self) -> str:
        """The five fields."""
        return NICKNAMES.get(self.when.lower(), self.when)


class Unread(NamedTuple):
    """A line that cron would refuse too."""

    number: int
    text: str
    why: str


Line = Comment | Variable | Entry | Unread


def read(text: str, *, system: bool) -> list[Line]:
    """All lines, in order. `system`: a user stands before each command."""
    env: dict[str, str] = {}
    found: list[Line] = []
    for number, raw in enumerate(rows(text), 1):
        line = _line(number, raw, system, env)
        if isinstance(line, Variable):
            env = env | {line.name: line.value}
        found.append(line)
    return found


def rows(text: str) -> list[str]:
    """The lines of a crontab as cron counts them; a file from Windows has its ends taken off."""
    found = text.replace("\r\n", "\n").split("\n")
    return found if found[-1] else found[:-1]


def _line(number: int, raw: str, system: bool, env: Mapping[str, str]) -> Line:
    text = raw.strip()
    if not text or text.startswith("#"):
        return Comment(number, text)
    if "\0" in text:
        return Unread(number, text, "it has a NUL character")
    if (variable := _VARIABLE.fullmatch(raw)) and not _looks_timed(text):
        return Variable(number, _unquoted(variable[1]), _unquoted(variable[2]))
    return _entry(number, raw, system, env)


def _looks_timed(text: str) -> bool:
    first = text.split(None, 1)[0]
    return first.startswith("@") or bool(_NUMBERS.fullmatch(first))


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _entry(number: int, raw: str, system: bool, env: Mapping[str, str]) -> Line:
    text = raw.strip()
    times = 1 if text.startswith("@") else 5
    wanted = times + system
    words = text.split(None, wanted)
    if len(words) <= wanted:
        return Unread(number, text, f"{wanted} fields and a command are wanted")
    when = " ".join(words[:times]).removeprefix("-")  # SUSE: not told in syslog
    if wrong := _wrong(when):
        return Unread(number, text, wrong)
    written = words[-1]
    command, stdin = split_stdin(written)
    head = raw[: raw.rindex(written)]
    user = words[times] if system else ""
    return Entry(number, raw, head, when, user, command, stdin, written, dict(env))


def _wrong(when: str) -> str:
    if when.startswith("@"):
        known = {*NICKNAMES, REBOOT}
        return "" if when.lower() in known else f"{when} is not known"
    odd = [field for field in when.split() if not _FIELD.fullmatch(field)]
    return f"{odd[0]!r} is no field of a time" if odd else ""


def split_stdin(written: str) -> tuple[str, str | None]:
    """(command, input): the first bare `%` ends the command, further ones are new lines."""
    command, *rest = _at_percents(written)
    return command, "\n".join(rest) if rest else None


def _at_percents(written: str) -> list[str]:
    parts, i = [""], 0
    while i < len(written):
        if written.startswith("\\%", i):
            parts[-1], i = parts[-1] + "%", i + 2
        elif written[i] == "%":
            parts.append("")
            i += 1
        else:
            parts[-1], i = parts[-1] + written[i], i + 1
    return parts


def raw_split(written: str) -> tuple[str, str]:
    """(command, rest): where its input begins, all as it is written."""
    at = re.search(r"(?<!\\)%", written)
    return (written[: at.start()], written[at.start() :]) if at else (written, "")


def is_system(text: str, users: Collection[str] = ()) -> bool:
    """Whether each entry has a user before its command, as in /etc/crontab and /etc/cron.d.

    `users` are those of this machine. What is a command as well does not count.
    """
    sixths = set(_sixths(text))
    return bool(sixths) and sixths <= (_USERS | set(users)) - _COMMANDS


_USERS = {
    "root", "daemon", "nobody", "www-data", "list", "news", "uucp", "munin", "amavis", "logcheck",
    "ntpsec", "postgres", "mysql", "redis", "nagios", "smmsp", "irc", "proxy", "clamav",
}  # fmt: skip
"""Users whose commands packages bring along, also where this machine has none of them."""
_COMMANDS = {"mail", "sync", "man", "backup", "git", "games", "redis", "mysql"}


def _sixths(text: str) -> Iterator[str]:
    """The word after the times of each entry; "" where a user cannot stand."""
    for line in read(text, system=False):
        if isinstance(line, Entry):
            word, _, rest = line.written.partition(" ")
            tabbed, _, more = line.written.partition("\t")
            first = min(word, tabbed, key=len)
            yield first if (rest or more) else ""
