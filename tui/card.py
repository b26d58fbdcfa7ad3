"""The explain page: why something is in its state, the failure card, and what to run next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jobmon.tui.ink import Ink
from jobmon.tui.look import job_look, run_look
from jobmon.tui.text import cut, wrap

Document = Mapping[str, Any]
LABEL = 9
LAST_LINES = 8


def page(ink: Ink, document: Document) -> list[str]:
    """The whole page."""
    job, state = document.get("job"), document.get("state") or ""
    look = job_look(state) if job else run_look(state)
    name = ink.paint(ink.safe(job or document["run"]), "bold")
    where = f"  {ink.paint(ink.safe(document['run']), 'dim')}" if job else ""
    mark = ink.paint(f"{ink.sign(look)} {look.word}", look.style)
    reasons = [line for text in document.get("reasons", ()) for line in bullet(ink, text)]
    shown = document.get("card")
    lines = [f"{name}{where}  {mark}", *reasons]
    lines += ["", *card(ink, shown, named=bool(job))] if shown else []
    return lines + _next(ink, _commands(document))


def bullet(ink: Ink, text: str) -> list[str]:
    """A reason under a bullet, wrapped to the output's width."""
    parts = wrap(ink.safe(text), (ink.width or 10_000) - 4)
    return [f"  {ink.lines.dot if not i else ' '} {part}" for i, part in enumerate(parts)]


def card(ink: Ink, shown: Document, *, named: bool = True) -> list[str]:
    """The failure card: how it ended, the cause, the last lines, what changed.

    `named`: the page says already which job it is about.
    """
    attempt = f"attempt {shown['attempt']}" if shown.get("attempt") else ""
    lines = [] if named else _field(ink, "job", shown.get("job") or "")
    lines += _field(ink, "ended", f"{shown.get('ended_how') or ''}  {attempt}".strip(), "bold red")
    lines += _cause(ink, shown.get("cause") or {})
    lines += _last(ink, shown.get("last") or ())
    return lines + _changed(ink, shown)


def _field(ink: Ink, label: str, text: str, style: str = "") -> list[str]:
    parts = wrap(ink.safe(text), (ink.width or 10_000) - LABEL - 2)
    heads = [label] + [""] * (len(parts) - 1)
    return [
        f"  {ink.paint(f'{head:<{LABEL}}', 'dim')}{ink.paint(part, style)}"
        for head, part in zip(heads, parts, strict=True)
    ]


def _cause(ink: Ink, cause: Document) -> list[str]:
    if not cause.get("line"):
        return []
    place = cause.get("file") or ""
    place += f":{cause['lineno']}" if place and cause.get("lineno") else ""
    lines = _field(ink, "cause", cause["line"], "bold")
    lines += _field(ink, "", f"at {place}") if place else []
    return lines + (_field(ink, "", cause["hint"]) if cause.get("hint") else [])


def _last(ink: Ink, last: Sequence[Any]) -> list[str]:
    if not last:
        return []
    width = (ink.width or 10_000) - LABEL - 4
    texts = [cut(ink.safe(line), width, ink.lines.cut) for line in last[-LAST_LINES:]]
    heads = ["output"] + [""] * (len(texts) - 1)
    rule = ink.paint("|", "dim")
    return [
        f"  {ink.paint(f'{head:<{LABEL}}', 'dim')}{rule} {text}"
        for head, text in zip(heads, texts, strict=True)
    ]


def _changed(ink: Ink, shown: Document) -> list[str]:
    changed = shown.get("changed") or {}
    parts = [f"{what}: {', '.join(map(str, names))}" for what, names in changed.items() if names]
    if not shown.get("since"):
        return _field(ink, "changed", "; ".join(parts)) if parts else []
    since = f"since {shown['since']} succeeded"
    return _field(ink, "changed", f"{'; '.join(parts) or 'nothing known'} {since}")


def _commands(document: Document) -> list[str]:
    """The commands that go on from here, those of the card first, each once."""
    mine = (document.get("card") or {}).get("next") or ()
    return list(dict.fromkeys([*mine, *(document.get("next") or ())]))


def _next(ink: Ink, commands: Sequence[str]) -> list[str]:
    if not commands:
        return []
    return ["", "next:", *(f"  {ink.paint(ink.safe(command), 'cyan')}" for command in commands)]
