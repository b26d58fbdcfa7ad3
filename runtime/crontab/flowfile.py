"""The flow file that does what a crontab did: one flow of one job for each entry. Pure."""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from jobmon.jobs.definition import CronDef
from jobmon.runtime.crontab import planned
from jobmon.runtime.crontab.lines import USUAL, Comment, Entry, Line, Unread
from jobmon.runtime.crontab.literals import identifier, literal
from jobmon.runtime.crontab.planned import NOT_FOR_COMMANDS, Planned, Told

HEAD = '''"""Made from {source} by jobmon import-crontab.

As cron does it, a flow starts while its last run goes on (overlap="allow") and a time at which
nothing was up is not made up for (catchup="none"). Leave both out for what jobmon does: one run at
a time, and the newest missed one is made up for.
"""

from jobmon.jobs import Cron, Flow
'''


class Person(NamedTuple):
    """For whom the file is: the name jobmon runs under, the home folders of users."""

    name: str
    homes: Mapping[str, str]


class FlowFile(NamedTuple):
    """Its text, and what was done line by line."""

    text: str
    told: list[Told]


def made(lines: Sequence[Line], source: str, person: Person) -> FlowFile:
    """The flow file of a crontab."""
    plans = planned.plan(lines)
    environments = _environments(plans)
    named = _shown(source).replace("\\", "/").replace('"', "'")  # it stands in a docstring
    parts = [HEAD.format(source=named), *_declared(environments)]
    told = [*planned.variable_notes(lines), *planned.unread(lines)]
    variables: set[str] = {"Cron", "Flow", *environments.values()}
    for line in lines:
        if isinstance(line, Comment):
            parts += [*(_apart(parts[-1]) if line.text else ()), _comment(line.text)]
        elif isinstance(line, Unread):
            parts += [*_apart(parts[-1]), f"# not read ({line.why}): {_shown(line.text)}", ""]
        elif isinstance(line, Entry):
            plan = plans[line.number]
            variable = identifier(plan.name, variables)
            variables.add(variable)
            name = environments[_key(_environment(line))]
            parts += _apart(parts[-1])
            parts += [f"# {_shown(line.raw.strip())}", *_flow(plan, variable, name, person)]
            told.append(_told(plan, person))
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(parts).rstrip() + "\n")
    return FlowFile(text, sorted(told))


def _apart(last: str) -> list[str]:
    """An empty line after what is no comment."""
    return [] if not last or last.startswith("#") else [""]


def _comment(text: str) -> str:
    return f"# {_shown(text.lstrip('#').strip())}".rstrip() if text else ""


def _shown(text: str) -> str:
    """A line as a comment may hold it."""
    return "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)


def _environment(entry: Entry) -> dict[str, str]:
    return {k: v for k, v in {**USUAL, **entry.env}.items() if k not in NOT_FOR_COMMANDS}


def _key(env: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(env.items()))


def _environments(plans: Mapping[int, Planned]) -> dict[tuple[tuple[str, str], ...], str]:
    """A name for each environment that entries have, in the order of their lines."""
    keys = dict.fromkeys(_key(_environment(p.entry)) for p in plans.values())
    return {key: f"ENV_{n}" if n > 1 else "ENV" for n, key in enumerate(keys, 1)}


def _declared(environments: Mapping[tuple[tuple[str, str], ...], str]) -> Iterator[str]:
    for key, name in environments.items():
        yield f"{name} = {{"
        yield from (f"    {literal(k)}: {literal(v)}," for k, v in key)
        yield "}"


def _flow(plan: Planned, variable: str, env: str, person: Person) -> Iterator[str]:
    if plan.why:
        yield f"# {_shown(plan.why)}"
        if plan.cron is None and plan.entry.when.startswith("@"):
            yield ""
            return
    yield from (f"# {note}" for note in (*plan.notes, *_of_user(plan.entry, person)))
    yield f"{variable} = Flow("
    yield f"    {literal(plan.name)},"
    if plan.cron is not None:
        yield f"    schedule={_cron(plan.cron)},"
    yield '    overlap="allow",'
    yield '    catchup="none",'
    yield ")"
    yield from _job(plan, variable, env, person)


def _cron(cron: CronDef) -> str:
    zone = f", tz={literal(cron.tz)}" if cron.tz else ""
    return f"Cron({literal(cron.expression)}{zone})"


def _job(plan: Planned, variable: str, env: str, person: Person) -> Iterator[str]:
    shell, line = _environment(plan.entry).get("SHELL", "/bin/sh"), _command(plan.entry)
    user = plan.entry.user
    cwd = plan.entry.env.get("HOME") or person.homes.get(user or person.name)
    argv = [*_as_user(user, person), shell, "-c", line]
    yield f"{variable}.{'shell' if len(argv) == 3 and shell == '/bin/sh' else 'exec'}("
    yield f"    {literal(plan.name)},"
    if len(argv) == 3 and shell == "/bin/sh":
        yield f"    {literal(line)},"
    else:
        yield f"    [{', '.join(map(literal, argv))}],"
    if cwd:
        yield f"    cwd={literal(cwd)},"
    yield f"    env={env},"
    yield ")"


def _command(entry: Entry) -> str:
    """The shell line; what cron gives it as input is fed to it."""
    if entry.stdin is None:
        return entry.command
    lines = entry.stdin.split("\n")
    given = " ".join(shlex.quote(line) for line in lines)
    return f"printf '%s\\n' {given} | (\n{entry.command}\n)"


def _as_user(user: str, person: Person) -> list[str]:
    if user in ("", person.name):
        return []
    return ["runuser", "-u", user, "--"] if person.name == "root" else ["sudo", "-n", "-u", user]


def _of_user(entry: Entry, person: Person) -> list[str]:
    if not _as_user(entry.user, person):
        return []
    if person.name == "root":
        return [f"as {entry.user}, by runuser: for a runtime of root"]
    return [f"as {entry.user}, by sudo: {person.name} needs a rule for it in sudoers"]


def _told(plan: Planned, person: Person) -> Told:
    entry, name = plan.entry, plan.name
    text = f"{entry.when} {entry.written}"
    if plan.why:
        left = "not imported" if entry.when.startswith("@") else f"flow {name} without a schedule"
        return Told(entry.number, text, False, f"{left}: {plan.why}")
    notes = [*plan.notes, *_of_user(entry, person)]
    notes += ["its input by %: fed by printf"] if entry.stdin is not None else []
    return Told(entry.number, text, True, "; ".join([f"flow {name}", *notes]))
