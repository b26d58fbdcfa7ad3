"""The words of a message: a subject of one line, and a body that says what to do. Pure.

What matters comes first: a body that is too long loses the end of the job's output.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from jobmon.runtime.config import Settings
from jobmon.runtime.model import JobRun
from jobmon.runtime.notify.batches import Ended
from jobmon.runtime.notify.inert import bounded, inert, subject
from jobmon.runtime.notify.rules import News
from jobmon.runtime.words import command, end_words, span

LAST_LINES = 10
LONGEST_LINE = 200
LONGEST_REPORT = 30_000
Card = Mapping[str, Any]


class Place(NamedTuple):
    """Which runtime speaks: its profile, machine and batch folder."""

    profile: str
    host: str
    home: str

    @property
    def sign(self) -> str:
        """What every subject begins with."""
        return f"[jobmon {self.profile}]" if self.profile else "[jobmon]"


def place(settings: Settings) -> Place:
    """Where this is."""
    return Place(settings.profile, socket.gethostname(), str(settings.home))


class Text(NamedTuple):
    """What is sent: inert, bounded."""

    subject: str
    body: str


def text(at: Place, head: str, paragraphs: Sequence[Sequence[str]]) -> Text:
    """A message of paragraphs; empty ones are left out."""
    last = [f"where   {at.host}:{at.home}"]
    first, *rest = [lines for lines in paragraphs if lines] or [[]]
    body = "\n\n".join("\n".join(lines) for lines in (first, last, *rest) if lines)
    return Text(subject(f"{at.sign} {head}"), bounded(inert(body)) + "\n")


def of_run(at: Place, news: News, card: Card | None) -> Text:
    """The message about a run or one of its jobs."""
    return text(
        at,
        _head(news),
        (
            [_said(news, card), *_since(news)],
            _next(news),
            _cause(card or {}),
            _output(card or {}),
            _changed(card or {}),
        ),
    )


_HEADS = {
    "failed": "failed: {job}",
    "still": "still failing: {job}",
    "recovered": "recovered",
    "late": "late: {why}",
    "lost": "lost: {job}",
    "stuck": "stuck: {job}",
    "waiting": "waits for you: {job}",
}


def _head(news: News) -> str:
    words = _HEADS[news.kind].format(job=_name(news), why=news.why or "it will miss its deadline")
    return f"{news.look.line} {words}"


def _name(news: News) -> str:
    return news.look.shape.jobs[news.job].name if news.job >= 0 else ""


def _job(news: News) -> JobRun:
    return news.look.jobs[news.job]


def _said(news: News, card: Card | None) -> str:
    """The first line: what happened, in which run."""
    key, name = news.look.run.key, _name(news)
    if news.kind == "recovered":
        return f"{key} succeeded" + (", with a warning" if news.look.run.warn else "")
    if news.kind == "late":
        more = f" (and {news.others} more)" if news.others else ""
        return f"{key} is late: {news.why or 'it will miss its deadline'}{more}"
    if news.kind == "waiting":
        return f"{name} of {key} waits for a person: {news.look.shape.jobs[news.job].text}"
    if news.kind == "stuck":
        return f"{name} of {key} is stuck: {news.why or 'it runs, and does nothing'}"
    if news.kind == "lost":
        return f"{name} of {key} is lost: nobody can know how it ended, please look"
    more = f"; {news.others} more jobs failed" if news.others else ""
    return f"{name} of {key} failed: {_how(news, card)}{more}"


def _how(news: News, card: Card | None) -> str:
    return (card or {}).get("ended_how") or end_words(_job(news)) or "unknown"


def _since(news: News) -> list[str]:
    if not news.since or not news.first or news.first == news.look.run.key:
        return []
    word = "it had failed" if news.kind == "recovered" else "in trouble"
    return [f"{word} since {clock(news.since)}, {news.first}"]


def _next(news: News) -> list[str]:
    """Commands to go on with, the likeliest first."""
    key, name = news.look.run.key, _name(news)
    lines = {
        "failed": [command("rerun", key, "--failed"), command("logs", key, name)],
        "still": [command("rerun", key, "--failed"), command("logs", key, name)],
        "lost": [
            command("logs", key, name),
            command("mark", key, name, "success"),
            command("rerun", key, name),
        ],
        "stuck": [command("logs", key, name), command("cancel", key, name)],
        "waiting": [command("done", key, name)],
        "late": [command("explain", key)],
    }.get(news.kind, [])
    return [f"next    {lines[0]}", *(f"        {line}" for line in lines[1:])] if lines else []


def _cause(card: Card) -> list[str]:
    cause = card.get("cause") or {}
    if not cause.get("line"):
        return []
    at = f"{cause.get('file')}:{cause.get('lineno')}" if cause.get("lineno") else cause.get("file")
    more = [f"        at {at}"] if at else []
    more += [f"        {cause['hint']}"] if cause.get("hint") else []
    return [f"cause   {cause['line']}", *more]


def _output(card: Card) -> list[str]:
    lines = [str(line) for line in card.get("last") or ()][-LAST_LINES:]
    return (
        ["last lines", *(f"  | {bounded(line, LONGEST_LINE)}" for line in lines)] if lines else []
    )


def _changed(card: Card) -> list[str]:
    changed = card.get("changed") or {}
    parts = [f"{what}: {', '.join(map(str, names))}" for what, names in changed.items() if names]
    if not card.get("since"):
        return []
    return [f"good in {card['since']}", *(["changed since: " + "; ".join(parts)] if parts else [])]


def of_runtime(at: Place, gone: tuple[float, float], lost: int, open_runs: int) -> Text:
    """The runtime was not there from when to when, and what that did."""
    since, until = gone
    lines = [
        f"the runtime did not stop by itself: it was gone from {clock(since)} to {clock(until)}"
        f" ({span(until - since)})",
        f"jobs lost meanwhile: {lost}" if lost else "no job was lost meanwhile",
    ]
    if open_runs:
        lines.append(f"runs that go on now: {open_runs}")
    head = f"runtime was gone: {clock(since)} to {clock(until)}"
    return text(at, head, (lines, ["next    jobmon ls", "        jobmon doctor"]))


def of_batch(at: Place, ended: Ended) -> Text:
    """A backfill is through."""
    counts = ", ".join(f"{number} {state}" for state, number in ended.counts.items())
    shown = ended.bad[:LAST_LINES]
    more = len(ended.bad) - len(shown)
    lines = [f"the backfill {ended.name} is over: {counts}"]
    next_lines = [f"next    {command('rerun', shown[0], '--failed')}"] if shown else []
    bad = ["not well", *(f"  {key}" for key in shown)] if shown else []
    bad += [f"  and {more} more"] if more else []
    word = f"{len(ended.bad)} failed" if ended.bad else "done"
    return text(at, f"{ended.name} {word}", (lines, next_lines, bad))


def of_schedule(at: Place, line: str, why: str) -> Text:
    """A slot of a line could not be started."""
    next_lines = ["next    jobmon check", f"        {command('schedule', line)}"]
    return text(at, f"{line} could not be started", ([why], next_lines))


def of_test(at: Place) -> Text:
    """What `jobmon notify --test` sends."""
    return text(at, "test", (["this is a test: messages of jobmon arrive here"],))


def of_report(at: Place, head: str, lines: Sequence[str]) -> Text:
    """The report; it may be longer than other messages."""
    body = bounded("\n".join(lines), LONGEST_REPORT)
    return Text(subject(f"{at.sign} {head}"), body + "\n")


def of_many(at: Place, subjects: Sequence[str]) -> Text:
    """One message in place of many that are due at once."""
    heads = [words.removeprefix(at.sign).strip() for words in subjects]
    return text(at, f"{len(heads)} messages", ([f"- {head}" for head in heads],))


def clock(at: float) -> str:
    """Local time to the minute, with its day."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))
