"""Which run the DAG screen shows. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from jobmon.runtime.model import RUN_TERMINAL, Run
from jobmon.tui.commandline.criteria import fold
from jobmon.tui.screens.dag.tree import RUN
from jobmon.tui.world import RowKey, Site, World


class Choice:
    """The run somebody chose; else the newest one that goes on, which is kept until it is over."""

    def __init__(self) -> None:
        self._run: tuple[int, int] | None = None  # site and run
        self._chosen = False

    def choose(self, key: RowKey) -> None:
        """Show the run of this job run from now on."""
        self._run, self._chosen = (key.site, key.run), True

    def find(self, world: World) -> tuple[Site, Run] | None:
        """The run and its site; None when there is no run at all."""
        kept = self._kept(world)
        if kept is not None:
            return kept
        self._chosen = False
        found = max(world.runs(), key=_newest, default=None)
        self._run = None if found is None else (found[0].number, found[1].id)
        return found

    def _kept(self, world: World) -> tuple[Site, Run] | None:
        if self._run is None or self._run[0] >= len(world.sites):
            return None
        site = world.sites[self._run[0]]
        run = site.board.runs.get(self._run[1])
        if run is None or (run.state in RUN_TERMINAL and not self._chosen):
            return None
        return site, run

    def named(self, world: World, words: Sequence[str]) -> RowKey | str:
        """The job run that `RUN [JOB]` means, or what is wrong with it.

        RUN is a run's key, or a flow's name for its newest run. The site that is shown goes first.
        """
        here = self._run[0] if self._run else -1
        for site in sorted(world.sites, key=lambda site: site.number != here):
            runs = [run for run in site.board.runs.values() if run.key == words[0]]
            runs = runs or runs_of(site, words[0])
            if runs:
                return _job_of(site, runs[-1], " ".join(words[1:]))
        return f"dag: there is no run {words[0]} here; `history` lists those of earlier days"


def _newest(found: tuple[Site, Run]) -> tuple[bool, float, int]:
    """What goes on before what is over, then the newest."""
    run = found[1]
    return (run.state not in RUN_TERMINAL, run.created, run.id)


def _job_of(site: Site, run: Run, job: str) -> RowKey | str:
    names = site.board.shape_of(run.id).names
    if not job or job in names:
        return RowKey(site.number, run.id, names.get(job, RUN))
    near = [name for name in names if fold(name).startswith(fold(job))]
    if len(near) == 1:
        return RowKey(site.number, run.id, names[near[0]])
    return f"dag: {run.key} has no job {job}"


def runs_of(site: Site, flow: str) -> list[Run]:
    """The runs of a flow that are known, oldest first."""
    runs = (run for run in site.board.runs.values() if run.flow == flow)
    return sorted(runs, key=lambda run: (run.created, run.id))
