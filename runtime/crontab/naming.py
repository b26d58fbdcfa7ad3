"""What a line of a crontab is called as a flow: from its comment or its command. Pure."""

from __future__ import annotations

import os
import re
import shlex
import unicodedata
from collections.abc import Container

from jobmon.jobs.mistakes import WrongError
from jobmon.jobs.validate import check_name

LONGEST = 40
"""Characters of a name that is made."""
_STEPS = re.compile(r"&&|\|\||[;|&\n{}()]")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
_BEFORE = {
    "if", "then", "else", "elif", "fi", "do", "done", "while", "for", "!", "exec", "time",
    "sudo", "nice", "ionice", "nohup", "env", "chronic", "command", "setsid", "builtin",
    "python", "python2", "python3", "perl", "ruby", "php", "node", "sh", "bash", "dash",
    "zsh", "ksh", "java", "stdbuf",
}  # fmt: skip
_TAKES_ONE = {"timeout", "flock", "su", "runuser", "runcon", "chpst", "taskset"}
_NO_WORK = {"test", "[", "[[", "cd", "export", "set", ".", "source", "sleep", "true", "false", ":",
            "umask", "ulimit", "echo", "expr", "date"}  # fmt: skip
_ENDINGS = (".sh", ".py", ".pl", ".rb", ".php", ".js", ".bash", ".jar")


def name_of(command: str, comment: str, taken: Container[str], number: int) -> str:
    """A name for the entry of line `number` that is valid and not taken.

    A comment of one word above it is its name already (so is a Japanese one, which has no spaces).
    """
    word = comment.lstrip("#").strip().rstrip(":：。.")
    spoken = word if word and len(word) <= 30 and not re.search(r"[\s=*%]", word) else ""
    for wanted in (spoken, _of_command(command), f"line-{number}"):
        found = _valid(wanted)
        if found:
            return _free(found, taken)
    raise AssertionError("the last one is valid")


def _valid(wanted: str) -> str:
    """The nearest valid name; "" when nothing of it can be."""
    shown = "".join(c if unicodedata.category(c)[0] not in "CZ" else "-" for c in wanted)
    text = re.sub(r"[/@#]", "-", shown).strip("-. ")[:LONGEST]
    try:
        return check_name(text, "flow")
    except WrongError:
        return ""


def _free(name: str, taken: Container[str]) -> str:
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}-{number}"
    return found


def _of_command(command: str) -> str:
    """The program or script that does the work: what comes before it only leads there."""
    for step in _STEPS.split(command):
        words = _words(step)
        name = _program(words)
        if name == "run-parts":
            return os.path.basename(words[-1].rstrip("/")) or name
        if name and name not in _NO_WORK:
            return _without_ending(name)
    return ""


def _words(step: str) -> list[str]:
    try:
        return shlex.split(step)
    except ValueError:
        return step.split()


def _program(words: list[str]) -> str:
    """The first word that is neither an option, a variable nor a program that starts another."""
    skip = 0
    for at, word in enumerate(words):
        base = os.path.basename(word)
        if skip:
            skip -= 1
        elif base in _TAKES_ONE:
            skip = 1 + _options(words[at + 1 :])
        elif (
            base in _BEFORE or _ASSIGNMENT.fullmatch(word) or word.startswith(("-", "<", ">", "$"))
        ):
            continue
        else:
            return base
    return ""


def _options(words: list[str]) -> int:
    """How many options come first."""
    count = 0
    while count < len(words) and words[count].startswith("-"):
        count += 1
    return count


def _without_ending(name: str) -> str:
    return next((name.removesuffix(end) for end in _ENDINGS if name.endswith(end)), name)
