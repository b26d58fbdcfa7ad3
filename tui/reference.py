"""The page docs/commands.md, made from the commands themselves.

`python -m jobmon.tui.reference > docs/commands.md`; a test keeps it current.
"""

from __future__ import annotations

import sys
from types import ModuleType

import click

from jobmon.tui.cli import SECTIONS

HEAD = """\
# Commands

Made by `python -m jobmon.tui.reference`; `jobmon COMMAND --help` says the same.

`RUN` is a run's key (`morning#3`), a flow's name (its newest run), or `@latest` or `-` (the newest
run of all). Options before the command: `--home DIR` names the batch folder (else `$JOBMON_HOME`,
`jobmon.toml` in the current folder or above, `~/jobmon`), `--version`. `jobmon` alone opens the
[monitor](monitor.md); where there is no terminal it shows how the runtime is and the newest runs.

Every verb is recorded with who, when, from where and why (`--why`), and shows with `--preview` what
it would touch. On a terminal `rerun` of several jobs or of jobs not declared idempotent, `skip`,
`cancel`, `kill` and `mark` ask first; `--yes` answers. Elsewhere they act without asking.

`--json` prints a document of a fixed schema, described in [json.md](json.md).

| Exit code | Meaning |
|---|---|
| 0 | ok; under `--follow` the run succeeded |
| 1 | the run failed, or `check`, `doctor` or `status --check` found something |
| 2 | usage: the command line, a parameter or a setting is wrong |
| 3 | another runtime serves the folder |
| 4 | not found: no such flow, run, job or folder |
| 5 | refused, with the reason |
| 6 | no runtime |

`NO_COLOR` turns colour off, `FORCE_COLOR` on; `JOBMON_GLYPHS=ascii` or `unicode` chooses the signs
(else by the locale). In a pipe nothing is cut or coloured.
"""


def text() -> str:
    """The whole page."""
    parts = [HEAD]
    for title, module in SECTIONS.items():
        parts.append(f"\n## {title}\n")
        parts += _section(module)
    return "".join(parts)


def _section(module: ModuleType) -> list[str]:
    return [_entry(command, f"jobmon {command.name}") for command in module.COMMANDS]


def _entry(command: click.Command, name: str) -> str:
    if isinstance(command, click.Group):
        return "".join(_entry(c, f"{name} {c.name}") for c in command.commands.values())
    with click.Context(command, info_name=name) as ctx:
        usage = " ".join([name, *command.collect_usage_pieces(ctx)])
        records = [p.get_help_record(ctx) for p in command.params if isinstance(p, click.Option)]
    told = "\n\n".join(" ".join(part.split()) for part in (command.help or "").split("\n\n"))
    rows = [f"| `{words}` | {about} |" for words, about in filter(None, records)]
    options = "\n".join(["| Option | |", "|---|---|", *rows]) if rows else ""
    return f"\n### `{usage}`\n\n{told}\n" + (f"\n{options}\n" if options else "")


if __name__ == "__main__":
    sys.stdout.write(text())
