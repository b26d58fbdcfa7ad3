"""Other people's engines, when their command is there: on PATH or in $JOBMON_BENCH_PEERS."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from bench.ground import SLOTS, timed
from bench.rivals import TRUE


def found() -> dict[str, str]:
    """{peer: its command} of those that are installed."""
    places = os.environ.get("JOBMON_BENCH_PEERS", ""), os.environ.get("PATH", "")
    path = os.pathsep.join([os.path.join(places[0], "bin"), places[1]] if places[0] else places[1:])
    commands = {name: shutil.which(name, path=path) for name in PEERS}
    return {name: command for name, command in commands.items() if command}


def fanout(name: str, command: str, folder: Path, count: int) -> float:
    """Seconds the peer takes for `count` times true, eight at once."""
    folder.mkdir()
    file, text, options = PEERS[name](count)
    (folder / file).write_text(text)
    with (folder / file).open() as given:
        return timed([command, *options], cwd=folder, stdin=given)


def _parallel(count: int) -> tuple[str, str, list[str]]:
    return "jobs", f"{TRUE}\n" * count, [f"-j{SLOTS}"]


def _ninja(count: int) -> tuple[str, str, list[str]]:
    builds = "".join(f"build j{i}: t\n" for i in range(count))
    return "build.ninja", f"rule t\n  command = {TRUE}\n{builds}", [f"-j{SLOTS}"]


def _doit(count: int) -> tuple[str, str, list[str]]:
    one = f"{{'name': str(i), 'actions': [['{TRUE}']]}}"
    text = f"def task_all():\n    for i in range({count}):\n        yield {one}\n"
    return "dodo.py", text, ["-n", str(SLOTS)]


def _snakemake(count: int) -> tuple[str, str, list[str]]:
    text = (
        f"rule all:\n    input: expand('o/{{i}}', i=range({count}))\n"
        f"rule one:\n    output: touch('o/{{i}}')\n    shell: '{TRUE}'\n"
    )
    return "Snakefile", text, ["-j", str(SLOTS), "--quiet", "all"]


PEERS: dict[str, Callable[[int], tuple[str, str, list[str]]]] = {
    "parallel": _parallel,
    "ninja": _ninja,
    "doit": _doit,
    "snakemake": _snakemake,
}
"""Each: number of jobs -> (its input file, the text, the command's options)."""
