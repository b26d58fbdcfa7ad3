"""What the shell offers on TAB for runs, jobs and flows. Silent when nothing can be known."""

from __future__ import annotations

import os
from collections.abc import Callable

import click
from click.shell_completion import (
    BashComplete,
    ShellComplete,
    get_completion_class,
    split_arg_string,
)

from jobmon.runtime.errors import JobmonError
from jobmon.tui.desk import Desk


class Bash(BashComplete):
    """Completion for bash, also of words with @ and : in them, at which bash takes words apart."""

    name = "bash"
    source_template = """\
%(complete_func)s() {
    local IFS=$'\\n' kind value
    local line=${COMP_LINE:0:COMP_POINT}
    local word=${line##* }
    local before=${word%%"${word##*[@:=]}"}
    COMPREPLY=()
    while IFS=, read -r kind value; do
        case $kind in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain) COMPREPLY+=("${value#"$before"}") ;;
        esac
    done < <(env COMP_WORDS="$line" %(complete_var)s=bash_complete "$1")
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""

    @staticmethod
    def _check_version() -> None:
        """Any bash since 4.4 will do; asking which costs a process."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the cursor, and the one it stands in."""
        line = os.environ["COMP_WORDS"]
        words = split_arg_string(line)[1:]
        return (words, "") if line.endswith(" ") or not words else (words[:-1], words[-1])


def shell_class(shell: str) -> type[ShellComplete]:
    """How a shell's completion is written and read."""
    if shell == "bash":
        return Bash
    found = get_completion_class(shell)
    assert found is not None
    return found


def suggest(kind: str, ctx: click.Context, incomplete: str) -> list[str]:
    """The names of `kind` (run, job, flow) that begin with what is typed."""
    desk = ctx.find_root().obj or Desk(ctx.find_root().params.get("home"))
    try:
        names = SOURCES[kind](desk, ctx)
    except (JobmonError, OSError):
        return []
    return [name for name in dict.fromkeys(names) if name.startswith(incomplete)]


def _runs(desk: Desk, _ctx: click.Context) -> list[str]:
    rows = desk.view("ls", all=True)["runs"]
    return [row["run"] for row in rows] + [row["flow"] for row in rows] + ["@latest"]


def _jobs(desk: Desk, ctx: click.Context) -> list[str]:
    run = ctx.params.get("run")
    taken = ctx.params.get("jobs") or ()
    jobs = desk.view("show", run=run)["jobs"] if run else []
    return [job["job"] for job in jobs if job["job"] not in taken]


def _flows(desk: Desk, _ctx: click.Context) -> list[str]:
    return [row["flow"] for row in desk.view("flows")["flows"]]


SOURCES: dict[str, Callable[[Desk, click.Context], list[str]]] = {
    "run": _runs,
    "job": _jobs,
    "flow": _flows,
}
