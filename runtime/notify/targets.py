"""Who is told: the rules of jobmon.toml, and the addresses they name, told apart without their URL.

An address is known by a short hash of how it is written there; for people by its service and its
rule. The URL, which may hold a password, is made at the last moment and goes to the sender alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple

from jobmon.runtime.config import Settings
from jobmon.runtime.launch import read_secret
from jobmon.runtime.model import Run
from jobmon.runtime.settings.declared import NotifyRule


class Target(NamedTuple):
    """One address. `label` for people: `mailto of rule 1`; `written` as jobmon.toml has it."""

    id: str
    label: str
    written: str | Mapping[str, str]


def targets(settings: Settings) -> dict[str, Target]:
    """Every address that a rule names, by its id."""
    found: dict[str, Target] = {}
    for number, rule in enumerate(settings.notify, 1):
        for target in _of_rule(rule, number):
            found.setdefault(target.id, target)
    return found


class About(NamedTuple):
    """What a message is about: the names of a flow and a deployment, and tags."""

    names: tuple[str, ...]
    tags: tuple[str, ...] = ()


def about(run: Run) -> About:
    """A run, as rules see it."""
    return About(tuple({run.flow, run.line} - {""}), run.tags)


def wanted(settings: Settings, kind: str, about: About | None = None) -> dict[str, Target]:
    """The addresses that are to hear of `kind`; each once, however many rules name it."""
    found: dict[str, Target] = {}
    for number, rule in enumerate(settings.notify, 1):
        if kind in rule.on and (about is None or fits(rule, about)):
            found |= {target.id: target for target in _of_rule(rule, number)}
    return found


def fits(rule: NotifyRule, about: About) -> bool:
    """Whether the rule is about it: by the flow, the deployment or one of the tags."""
    pairs = ((name, pattern) for name in about.names for pattern in rule.flows)
    by_name = any(name == pattern or fnmatchcase(name, pattern) for name, pattern in pairs)
    everything = not rule.flows and not rule.tags
    return everything or by_name or bool(set(rule.tags) & set(about.tags))


def url(target: Target, settings: Settings, environ: Mapping[str, str]) -> str:
    """Its URL. Raises UnfitError when its secret cannot be read."""
    if isinstance(target.written, str):
        return target.written
    return read_secret(target.written["secret"], settings, environ).strip()


def _of_rule(rule: NotifyRule, number: int) -> Iterator[Target]:
    for written in rule.urls:
        text = written if isinstance(written, str) else json.dumps(dict(written), sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()[:12]
        yield Target(digest, f"{_service(written)} of rule {number}", written)


def _service(written: str | Mapping[str, str]) -> str:
    if isinstance(written, str):
        return written.partition("://")[0]
    return f"secret {written['secret']}"


def labels(rule: NotifyRule, number: int) -> list[str]:
    """What people call the addresses of a rule."""
    return [target.label for target in _of_rule(rule, number)]
