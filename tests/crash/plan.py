"""What the campaign runs, and what must come of it: flows whose every outcome is known beforehand.

Pure. Code and duration of a job are drawn from its name, so the same seed makes the same batch.
"""

from __future__ import annotations

import random
import zlib
from typing import NamedTuple

CODES = ((0, 80), (75, 7), (3, 5), (1, 4), (65, 2), (255, 2))
"""Exit codes and how often they are planned, in per cent. 75 is retried once."""
TRIES = {75: 2}
LONGEST, LONG = 0.09, 3.0
"""Seconds of most jobs, and of the few that live through a restart of the runtime."""
SCRIPT = """\
#!/bin/sh
# What this job did: one line when it begins, one when it ends, whoever watches or not.
trap '' PIPE  # nor does it mind when nobody is left to read what it prints
echo "start $JOBMON_ATTEMPT_ID" >>"$JOBMON_HOME/effects"
echo "about to sleep $1 s and exit $2"
[ "$1" = 0 ] || sleep "$1"
echo "end $JOBMON_ATTEMPT_ID" >>"$JOBMON_HOME/effects"
exit "$2"
"""
STUBBORN = """\
#!/bin/sh
trap '' TERM PIPE
echo "start $JOBMON_ATTEMPT_ID" >>"$JOBMON_HOME/effects"
sleep 100 & sleep 100
echo "end $JOBMON_ATTEMPT_ID" >>"$JOBMON_HOME/effects"
"""
"""A job that is there to be cancelled, and does not want to."""


class Planned(NamedTuple):
    """One job: the indices of its parents, how long it takes, its code and its trigger rule.

    A `stubborn` one never ends by itself: its run is cancelled.
    """

    name: str
    parents: tuple[int, ...]
    seconds: float
    code: int
    trigger: str
    stubborn: bool = False

    @property
    def tries(self) -> int:
        """Attempts that end by themselves before it is over."""
        return 0 if self.stubborn else TRIES.get(self.code, 1)


Plan = dict[str, list[Planned]]
STOPPED = "stopped"
"""The flow whose runs are cancelled."""


def plan(seed: int) -> Plan:
    """The flows of one campaign, by name: layered with three parents each, chains, fan-outs."""
    rng = random.Random(seed)
    shapes = {f"layers{i}": _layers(rng, 5, 6) for i in range(3)}
    shapes |= {f"chain{i}": [(i - 1,) if i else () for i in range(12)] for i in range(2)}
    shapes |= {f"fan{i}": _fan(22) for i in range(2)}
    made = {
        flow: [_planned(seed, flow, i, parents) for i, parents in enumerate(shape)]
        for flow, shape in shapes.items()
    }
    made[STOPPED] = [Planned(f"j{i}", (), 100, 0, "all_success", stubborn=True) for i in range(3)]
    return made


def _layers(rng: random.Random, layers: int, width: int) -> list[tuple[int, ...]]:
    shape: list[tuple[int, ...]] = [()] * width
    for layer in range(1, layers):
        above = range((layer - 1) * width, layer * width)
        shape += [tuple(sorted(rng.sample(above, 3))) for _ in range(width)]
    return shape


def _fan(width: int) -> list[tuple[int, ...]]:
    return [(), *[(0,)] * width, tuple(range(1, width + 1))]


def _planned(seed: int, flow: str, index: int, parents: tuple[int, ...]) -> Planned:
    name = f"j{index}"
    drawn = random.Random(zlib.crc32(f"{seed}/{flow}/{name}".encode()))
    codes, weights = zip(*CODES, strict=True)
    code = drawn.choices(codes, weights)[0]
    seconds = drawn.choices((0, drawn.uniform(0, LONGEST), drawn.uniform(0, LONG)), (15, 78, 7))[0]
    # With three parents each, all_success alone would leave little to run below a failure.
    trigger = "all_success" if drawn.random() < 0.3 else "all_done"
    return Planned(name, parents, round(seconds, 3), code, trigger)


def outcomes(jobs: list[Planned]) -> list[str]:
    """The state each job must end in."""
    states: list[str] = []
    for job in jobs:
        doomed = job.trigger == "all_success" and any(states[p] != "succeeded" for p in job.parents)
        own = "cancelled" if job.stubborn else "failed" if job.code else "succeeded"
        states.append("upstream_failed" if doomed else own)
    return states


def outcome(jobs: list[Planned]) -> str:
    """The state the run must end in."""
    states = set(outcomes(jobs))
    return states.pop() if len(states) == 1 else "failed"


def flow_file(name: str, jobs: list[Planned]) -> str:
    """The flow file of one flow."""
    lines = ["from jobmon.jobs import Flow, Retry", "", f"flow = Flow({name!r})"]
    for job in jobs:
        options = f", trigger={job.trigger!r}"
        if job.tries > 1:
            options += f", retry=Retry({job.tries - 1}, delay=0.02)"
        script = "stubborn.sh" if job.stubborn else "job.sh"
        argv = ["sh", script, str(job.seconds), str(job.code)]
        lines.append(f"{job.name} = flow.exec({job.name!r}, {argv!r}{options})")
        if job.parents:
            parents = ", ".join(jobs[p].name for p in job.parents)
            lines.append(f"[{parents}] >> {job.name}")
    return "\n".join(lines) + "\n"
