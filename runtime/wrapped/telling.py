"""Telling people of a wrapped command by the rules of jobmon.toml, while no runtime is there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from jobmon.runtime.errors import JobmonError
from jobmon.runtime.notify import post, sending, targets, wording
from jobmon.runtime.notify.inert import bounded
from jobmon.runtime.wrapped.line import News
from jobmon.runtime.wrapped.logged import last_lines

if TYPE_CHECKING:
    from jobmon.runtime.config import Settings
    from jobmon.runtime.wrapped.wish import Wish

LATER = "the next runtime tells it"


def tell(home: str | None, wish: Wish, record: dict[str, Any], news: News, log: str) -> str:
    """Send to whom it concerns; "" when all took it, else what to say of it.

    `home` is the batch folder, `log` the folder of the record.
    """
    if home is None:
        return "nobody can be told: there is no batch folder with [[notify]] in jobmon.toml"
    try:
        settings = _settings(home)
        about = targets.About((wish.name,))
        found = targets.wanted(settings, news.kind, about).values()
        text = _text(wording.place(settings), wish, record, news, log)
        errors = [_sent(target, text, settings, os.path.basename(log)) for target in found]
    except JobmonError as error:
        return f"{error.what}: {error.why}; {LATER}"
    told = "; ".join(error for error in errors if error)
    return f"could not tell {told}; {LATER}" if told else ""


def _settings(home: str) -> Settings:
    from pathlib import Path

    from jobmon.runtime import config

    return config.load(Path(home))


def _sent(target: targets.Target, text: wording.Text, settings: Settings, number: str) -> str:
    """Why it was not taken; "" when it was."""
    message = (f"{number}.{target.id}", text.subject, text.body)
    try:
        url = targets.url(target, settings, os.environ)
    except JobmonError as error:
        return f"{target.label}: {error.why}"
    except Exception as error:  # noqa: BLE001 - a secret that cannot be read, in its own words
        return f"{target.label}: {error}"
    parcel = sending.Parcel(target.id, url, wording.place(settings), [message])
    _, error = sending.send(parcel, settings.state_dir / post.FOLDER)[0]
    return f"{target.label}: {error}" if error else ""


_HEADS = {"failed": "failed", "still": "still failing", "recovered": "recovered"}


def _text(
    at: wording.Place, wish: Wish, record: dict[str, Any], news: News, log: str
) -> wording.Text:
    since = f" since {wording.clock(news.since)}" if news.since else ""
    word = "succeeded; it had failed" if news.kind == "recovered" else f"failed: {_how(record)}"
    said = f"{wish.name} {word}{'' if news.kind == 'failed' else since}"
    lines = [f"  | {bounded(line, wording.LONGEST_LINE)}" for line in last_lines(log)]
    shown = ["last lines", *lines] if lines and news.kind != "recovered" else []
    command = [f"command {bounded(' '.join(wish.argv), wording.LONGEST_LINE)}"]
    return wording.text(at, f"{wish.name} {_HEADS[news.kind]}", ([said], command, shown))


def _how(record: dict[str, Any]) -> str:
    if record["reason"] == "exit":
        return f"exit code {record['code']}"
    if record["reason"] == "signal":
        return f"signal {record['signal']}"
    return record["error"] or record["reason"]
