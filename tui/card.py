"""The explain page: why something is in its state, the failure card, and what to run next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jobmon.tui.ink import Ink
from jobmon.tui.look import job_look, run_look
from jobmon.tui.text import Cell, cut, wrap

Document = Mapping[str, Any]
LABEL = 9
LAST_LINES = 8


def page(ink: Ink, document: Document) -> list[str]:
    """The whole page, painted."""
    named = [_head(ink, document), *about(ink, document)]
    return ["".join(ink.paint(text, style) for text, style in line) for line in named]


def _head(ink: Ink, document: Document) -> Cell:
    name = (ink.safe(document.get("job") or document["run"]), "bold")
    return (name, *standing(ink, document))


def standing(ink: Ink, document: Document) -> Cell:
    """Of which run a job is, and the state."""
    job, state = document.get("job"), document.get("state") or ""
    look = job_look(state) if job else run_look(state)
    where = (f"  {ink.safe(document['run'])}" if job else "", "dim")
    return (where, ("  ", ""), (f"{ink.sign(look)} {look.word}", look.style))


def about(ink: Ink, document: Document) -> list[Cell]:
    """The page without its head: reasons, card, commands."""
    reasons = [line for text in document.get("reasons", ()) for line in _reason(ink, text)]
    shown = document.get("card")
    failed = [(), *_card(ink, shown, named=bool(document.get("job")))] if shown else []
    return [*reasons, *failed, *_next(ink, _commands(document))]


def _reason(ink: Ink, text: str) -> list[Cell]:
    """A reason behind a dot, wrapped to the output's width."""
    parts = wrap(ink.safe(text), (ink.width or 10_000) - 4)
    return [
        ((f"  {ink.lines.dot if not i else ' '} ", "dim"), (part, ""))
        for i, part in enumerate(parts)
    ]


def _card(ink: Ink, shown: Document, *, named: bool = True) -> list[Cell]:
    """The failure card: how it ended, the cause, the last lines, what changed.

    `named`: the page says already which job it is about.
    """
    attempt = f"attempt {shown['attempt']}" if shown.get("attempt") else ""
    lines = [] if named else _field(ink, "job", shown.get("job") or "")
    lines += _field(ink, "ended", f"{shown.get('ended_how') or ''}  {attempt}".strip(), "bold")
    lines += _cause(ink, shown.get("cause") or {})
    lines += _last(ink, shown.get("last") or ())
    return lines + _changed(ink, shown)


def _field(ink: Ink, label: str, text: str, style: str = "") -> list[Cell]:
    parts = wrap(ink.safe(text), (ink.width or 10_000) - LABEL - 2)
    heads = [label] + [""] * (len(parts) - 1)
    return [
        ((f"  {head:<{LABEL}}", "dim"), (part, style))
        for head, part in zip(heads, parts, strict=True)
    ]


def _cause(ink: Ink, cause: Document) -> list[Cell]:
    if not cause.get("line"):
        return []
    place = cause.get("file") or ""
    place += f":{cause['lineno']}" if place and cause.get("lineno") else ""
    lines = _field(ink, "cause", cause["line"], "bold red")
    lines += _field(ink, "", f"at {place}") if place else []
    return lines + (_field(ink, "", cause["hint"]) if cause.get("hint") else [])


def _last(ink: Ink, last: Sequence[Any]) -> list[Cell]:
    if not last:
        return []
    width = (ink.width or 10_000) - LABEL - 4
    texts = [cut(ink.safe(line), width, ink.lines.cut) for line in last[-LAST_LINES:]]
    heads = ["output"] + [""] * (len(texts) - 1)
    return [
        ((f"  {head:<{LABEL}}", "dim"), ("| ", "dim"), (text, ""))
        for head, text in zip(heads, texts, strict=True)
    ]


def _changed(ink: Ink, shown: Document) -> list[Cell]:
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


def _next(ink: Ink, commands: Sequence[str]) -> list[Cell]:
    if not commands:
        return []
    return [(), (("next:", ""),), *((("  ", ""), (ink.safe(line), "cyan")) for line in commands)]
