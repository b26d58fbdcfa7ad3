"""Text of jobs made inert for wherever a message is shown: no escapes, no mentions. Pure."""

from __future__ import annotations

import re

LONGEST = 3000
"""Characters of a message's text; what chat services take at once."""
LONGEST_SUBJECT = 150
_UNSHOWN = re.compile(
    r"[\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
"""Signs without a picture, some of which turn the line around; halves of signs."""
_CALLS = re.compile(
    r"(?<![A-Za-z0-9_.+-])@(?=\w)(?!\d{4}-\d\d)"  # not in a mail address or a run's key
    r"|@(?=(?:everyone|here|channel|all)(?![a-z0-9-]*\.[a-z]))"
    r"|<(?=[@!#&]|/?[a-z][\w-]*(?:\s[^<>]*)?/?>)",  # mentions, and what looks like a tag of HTML
    re.IGNORECASE,
)
_BREAK = "\u200b"  # takes no room, and a mention or a tag with it in between is none


def inert(text: str) -> str:
    """`text` in lines, each without escapes and control characters, and with no mention in it."""
    from jobmon.runtime.failure.causes import plain  # many patterns: not before they are needed

    lines = (_UNSHOWN.sub("", plain(line.replace("\t", " "))) for line in text.split("\n"))
    return _CALLS.sub(lambda found: found[0] + _BREAK, "\n".join(lines))


def subject(text: str) -> str:
    """`text` as the one line of a subject."""
    return bounded(" ".join(inert(text).split()), LONGEST_SUBJECT)


def bounded(text: str, longest: int = LONGEST) -> str:
    """At most so many characters, whole lines where that leaves most of them."""
    if len(text) <= longest:
        return text
    head = text[: longest - 1]
    lines, _, _ = head.rpartition("\n")
    return (lines + "\n" if len(lines) > longest // 2 else head) + "…"
