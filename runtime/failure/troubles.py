"""Words that programs use for known kinds of trouble, and what each kind means for a person.

Pure. The first row whose words a line contains gives the line its hint.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Pattern(NamedTuple):
    """Words that programs use for one kind of trouble, and what that trouble means."""

    words: re.Pattern[str]
    hint: str


def _pattern_of(words: str, hint: str) -> Pattern:
    return Pattern(re.compile(words, re.IGNORECASE), hint)


PATTERNS = (
    _pattern_of(
        r"command not found|: not found$|executable file not found|is not recognized as",
        "the command is not installed, or not on the PATH this job gets",
    ),
    _pattern_of(
        r"bad interpreter|exec format error",
        "the script's first line names no interpreter that is there",
    ),
    _pattern_of(
        r"no module named|cannot find module|cannot load such file|ClassNotFoundException",
        "a library is missing in the interpreter this job uses",
    ),
    _pattern_of(r"no space left on device|disk quota exceeded|disk is full", "the disk is full"),
    _pattern_of(r"read-only file system", "the file system takes no writes"),
    _pattern_of(r"too many open files", "the limit of open files is reached (ulimit -n)"),
    _pattern_of(
        r"out of memory|cannot allocate memory|oom[-_ ]?kill|MemoryError|OutOfMemoryError"
        r"|std::bad_alloc",
        "the machine or a limit had no memory left for it",
    ),
    _pattern_of(
        r"(?:^|: |\d )killed\b",
        "by the kernel, for want of memory (see dmesg), or by a `kill -9`",
    ),
    _pattern_of(r"segmentation fault|core dumped|bus error", "a program crashed in native code"),
    _pattern_of(
        r"database is locked|database table is locked|deadlock (?:found|detected)|SQLITE_BUSY",
        "another process holds the database: give both jobs the same lock=",
    ),
    _pattern_of(
        r"\b429\b|too many requests|rate limit",
        "the other side asks to slow down: wait before going on, and ask less often",
    ),
    _pattern_of(
        r"(?:HTTP|status|error|code|response)\S*[ :=]+(?:code )?(?:401|403)\b|access denied"
        r"|authentication failed|\(publickey|login failed",
        "the other side does not let this user in: look at the credentials",
    ),
    _pattern_of(
        r"(?:HTTP|status|error|code|response)\S*[ :=]+(?:code )?4\d\d\b",
        "the other side refused the request: an address or a parameter may have changed",
    ),
    _pattern_of(
        r"(?:HTTP|status|error|code|response)\S*[ :=]+(?:code )?5\d\d\b|bad gateway"
        r"|service unavailable",
        "the other side is in trouble: a later try may do",
    ),
    _pattern_of(
        r"certificate|\bSSL\b|\bTLS\b",
        "the secure connection failed: certificate, its date, or this machine's clock",
    ),
    _pattern_of(
        r"name or service not known|name resolution|could not resolve|getaddrinfo|\bENOTFOUND"
        r"|no such host",
        "the host name is not known: a typing error, or no network",
    ),
    _pattern_of(
        r"connection refused|ECONNREFUSED", "nothing listens at that address: is the service up?"
    ),
    _pattern_of(
        r"connection (?:was )?(?:reset|aborted)|ECONNRESET|network is unreachable|no route to host",
        "the network connection broke",
    ),
    _pattern_of(r"timed? ?out\b|ETIMEDOUT", "no answer in time"),
    _pattern_of(r"address already in use|EADDRINUSE", "another process holds that port"),
    _pattern_of(
        r"permission denied|EACCES|operation not permitted",
        "this user may not read, write or run that file; for a script: chmod +x",
    ),
    _pattern_of(
        r"no such file or directory|ENOENT|FileNotFoundError",
        "a path is wrong, or the step that makes the file did not",
    ),
    _pattern_of(
        r"codec can't (?:de|en)code|invalid byte sequence|illegal multibyte",
        "the text is in another encoding than the program expects",
    ),
    _pattern_of(r"unbound variable|parameter not set", "a variable the script needs is not set"),
    _pattern_of(r"argument list too long", "the command line is longer than the system allows"),
)


def hint_of(text: str) -> str:
    """What a line of output means, when it holds known words; "" otherwise."""
    return next((known.hint for known in PATTERNS if known.words.search(text)), "")
