"""A map's way from its list to its children: who they are, and their place in the flow. Pure.

A run whose list is known has a flow of its own: its children stand at the end, each where the map
was declared, and the map waits for them. Places of jobs that are there never change.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from jobmon.jobs.definition import FlowDef, JobDef, MapDef
from jobmon.jobs.params import as_text

Items = Sequence[tuple[str, Any]]
"""(key, item) in the order of the list; every key once."""
LONGEST_KEY = 100
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
_SHOWN = 5


class ListError(Exception):
    """What is given to a map is no list it can take; the text says why."""


def items_of(mapping: MapDef, given: Any) -> Items:
    """The keyed items of what a map is given: a list, a text, or an object by its keys.

    A text is JSON when it starts with "[", else items between commas. Raises ListError.
    """
    found = _parsed(given) if isinstance(given, str) else given
    if isinstance(found, Mapping):
        keyed = [(safe(str(key)), value) for key, value in found.items()]
    elif isinstance(found, list | tuple):
        keyed = [(_key(mapping, item, place), item) for place, item in enumerate(found, 1)]
    else:
        raise ListError(f"it is no list: {json.dumps(found, ensure_ascii=False):.60}")
    if len(keyed) > mapping.most:
        raise ListError(f"it has {len(keyed):,} items, at most {mapping.most:,}: see map_most=")
    _once([key for key, _ in keyed])
    return keyed


def _parsed(text: str) -> Any:
    if not text.lstrip().startswith("["):
        return [part for piece in text.split(",") if (part := piece.strip())]
    try:
        found = json.loads(text, parse_constant=_refused)
        return msgspec.json.decode(msgspec.json.encode(found))  # as the event will have it
    except (ValueError, ArithmeticError, RecursionError, msgspec.MsgspecError) as error:
        raise ListError(f"it is no JSON list: {error}") from None


def _refused(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


def _key(mapping: MapDef, item: Any, place: int) -> str:
    if mapping.key:
        if not isinstance(item, Mapping) or mapping.key not in item:
            raise ListError(f"item {place} has no {mapping.key!r}")
        item = item[mapping.key]
        if isinstance(item, Mapping | list | None):
            raise ListError(f"{mapping.key!r} of item {place} is no text or number")
    if isinstance(item, str) and "\0" in item:
        raise ListError(f"item {place} has a NUL character, which no program can receive")
    return str(place) if isinstance(item, Mapping | list) else safe(as_text(item)) or str(place)


def safe(key: str) -> str:
    """`key` as a name can have it: in one line, without /, and short enough to be read."""
    found = "".join("_" if c == "/" or unicodedata.category(c) in _UNSEEN else c for c in key)
    found = found.strip()
    if len(found.encode("utf-8", "replace")) <= LONGEST_KEY:
        return found
    cut = found.encode("utf-8", "replace")[: LONGEST_KEY - 9].decode("utf-8", "ignore")
    return f"{cut}~{hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()[:8]}"


def _once(keys: Sequence[str]) -> None:
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            raise ListError(f"two items have the key {key!r}: name a key that differs by map_key=")
        seen.add(key)


def child_name(name: str, key: str) -> str:
    """What the child of a map is called."""
    return f"{name}[{key}]"


def child(template: JobDef, name: str, key: str, item: Any) -> JobDef:
    """The job of one item. It stands where the map `name` was declared."""
    declared = template.map.after if template.map else None
    return replace(
        template,
        name=child_name(name, key),
        after=template.after if declared is None else declared,
        map=None,
        when="",
        on_failure="",
        group=template.group or name,
        of=name,
        item_key=key,
        item=item,
    )


def declared(job: JobDef) -> JobDef:
    """A job as its flow file says it: a map before its list is known."""
    if job.map is None or job.map.after is None:
        return job
    return replace(job, after=job.map.after, map=replace(job.map, after=None))


def expand(flow: FlowDef, index: int, template: JobDef, items: Items) -> FlowDef:
    """The flow in which the map at `index` has these children, made from `template`.

    A child whose key is there keeps its place, new ones are appended; those whose key is not there
    any more wait for nothing and nothing waits for them.
    """
    own = declared(flow.jobs[index])
    jobs, places = list(flow.jobs), places_of(flow, own.name)
    standing = replace(template, after=own.after, trigger=own.trigger, finally_=False)
    wanted = {key: child(standing, own.name, key, item) for key, item in items}
    for key, place in places.items():
        jobs[place] = wanted[key] if key in wanted else replace(jobs[place], after=())
    jobs += [job for key, job in wanted.items() if key not in places]
    mapping = replace(_mapping(own, template), after=own.after)
    jobs[index] = replace(own, map=mapping, after=tuple(job.name for job in wanted.values()))
    return _version(flow, jobs)


def collapse(flow: FlowDef, index: int) -> FlowDef:
    """The flow in which the list of the map at `index` is to be asked for anew.

    Its children keep their places and wait for it.
    """
    own, jobs = flow.jobs[index], list(flow.jobs)
    for place in children(flow, index):
        jobs[place] = replace(jobs[place], after=(own.name,), trigger="all_success")
    jobs[index] = declared(own)
    return _version(flow, jobs)


def _version(flow: FlowDef, jobs: Sequence[JobDef]) -> FlowDef:
    return replace(flow, jobs=tuple(jobs), base=flow.base or flow.hash)


def children(flow: FlowDef, index: int) -> list[int]:
    """The places of the children whose keys are in the map's (last) list, in order of the list."""
    own = flow.jobs[index]
    places = places_of(flow, own.name)
    if not own.expanded:  # those that are gone do not wait for it
        return [place for place in places.values() if flow.jobs[place].after == (own.name,)]
    names = {flow.jobs[place].name: place for place in places.values()}
    return [names[name] for name in own.after]


def places_of(flow: FlowDef, name: str) -> dict[str, int]:
    """By key, the place of each child the map ever had in this run."""
    return {job.item_key: place for place, job in enumerate(flow.jobs) if job.of == name}


def _mapping(own: JobDef, template: JobDef) -> MapDef:
    """How the map is bounded: as the current code says, where that still is a map."""
    found = template.map or own.map
    assert found is not None
    return found


class Difference(NamedTuple):
    """What a new list changes: keys that are new, gone, or mean another item; how many are kept."""

    new: list[str]
    gone: list[str]
    changed: list[str]
    kept: int

    def __str__(self) -> str:
        parts = [
            *_signed("+", self.new),
            *_signed("-", self.gone),
            *_signed("~", self.changed),
            f"{self.kept:,} kept",
        ]
        return ", ".join(parts)


def difference(flow: FlowDef, index: int, items: Items) -> Difference:
    """What the list `items` changes for the children that the map at `index` has."""
    known = {flow.jobs[at].item_key: flow.jobs[at].item for at in children(flow, index)}
    wanted = dict(items)
    changed = [key for key in wanted if key in known and known[key] != wanted[key]]
    return Difference(
        new=[key for key in wanted if key not in known],
        gone=[key for key in known if key not in wanted],
        changed=changed,
        kept=len(wanted.keys() & known.keys()) - len(changed),
    )


def _signed(sign: str, keys: Iterable[str]) -> list[str]:
    listed = list(keys)
    more = [f"{sign} {len(listed) - _SHOWN:,} more"] if len(listed) > _SHOWN else []
    return [*(f"{sign} {key}" for key in listed[:_SHOWN]), *more]
