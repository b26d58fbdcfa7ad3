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
_BETWEEN = re.compile(r"[;|&(){}\n]+")
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
_SHELLS = {"sh", "bash", "dash", "zsh", "ksh", "flock", "su", "runuser"}
_INTERPRETERS = {"python", "python2", "python3", "perl", "ruby", "php", "node"}
_CODE = re.compile(r"-[a-z]*[ce]")
_NOT_FIRST = ("-", "<", ">", "$")
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
    for words in _steps(command):
        name = "" if words[-1:] in (["]"], ["]]"]) else _program(words)
        if name == "run-parts":
            return os.path.basename(words[-1].rstrip("/")) or name
        if name and name not in _NO_WORK:
            return _without_ending(name)
    return ""


def _steps(command: str) -> list[list[str]]:
    """The words of each simple command of a shell line."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars="();&|\n")
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        words = list(lexer)
    except ValueError:
        words = command.split()
    steps: list[list[str]] = [[]]
    for word in words:
        if _BETWEEN.fullmatch(word):
            steps.append([])
        else:
            steps[-1].append(word)
    return steps


def _program(words: list[str]) -> str:
    """The first word that is neither an option, a variable nor a program that starts another.

    Of one with code in its arguments there is none.
    """
    skip = 0
    for at, word in enumerate(words):
        base = os.path.basename(word)
        if skip:
            skip -= 1
        elif base in _TAKES_ONE:
            skip = 1 + _options(words[at + 1 :])
        elif _CODE.fullmatch(word) and (reads := _reader(words[:at])):
            return _of_command(" ".join(words[at + 1 : at + 2])) if reads == "shell" else ""
        elif base.isdigit() or (at and words[at - 1] == "-u"):
            continue
        elif not (base in _BEFORE or _ASSIGNMENT.fullmatch(word) or word.startswith(_NOT_FIRST)):
            return base
    return ""


def _reader(words: list[str]) -> str:
    """What reads the code that follows: "shell", "other", or "" for nothing of the kind."""
    names = {os.path.basename(word) for word in words}
    return "shell" if names & _SHELLS else "other" if names & _INTERPRETERS else ""


def _options(words: list[str]) -> int:
    """How many options come first."""
    count = 0
    while count < len(words) and words[count].startswith("-"):
        count += 1
    return count


def _without_ending(name: str) -> str:
    return next((name.removesuffix(end) for end in _ENDINGS if name.endswith(end)), name)
