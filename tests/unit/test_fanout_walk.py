"""Maps under people who do anything at any time: what the events say is what is there."""

from __future__ import annotations

import contextlib
from random import Random
from typing import Any

import pytest

from jobmon.jobs import Flow, item
from jobmon.runtime.board import Board
from jobmon.runtime.errors import JobmonError
from jobmon.runtime.testing import Simulation

DEEDS: list[tuple[str, dict[str, Any]]] = [
    ("rerun", {}), ("rerun", {"only": True}), ("rerun", {"failed": True}), ("hold", {}),
    ("release", {}), ("cancel", {}), ("kill", {}), ("skip", {}), ("mark", {"outcome": "success"}),
    ("mark", {"outcome": "failed"}),
]  # fmt: skip


def walk(dice: Random) -> Simulation:
    """list -> get (a map) -> go (a map over what it left) -> send; each list is another one."""
    flow = Flow("f", fail_fast=dice.random() < 0.1)
    rule = dice.choice(["all_success", "all_done"])
    listed = flow.exec("list", ["true"])
    get = flow.exec("get", ["x", item], map=listed.output, max_parallel=2, trigger=rule, retry=1)
    flow.exec("go", ["x", item], map=get.output) >> flow.exec("send", ["true"], trigger=rule)
    ends = {name: [dice.choice([0, 0, 1]) for _ in range(9)] for name in ("list", "get", "go")}
    towns = {"list": lambda _: dice.sample("abcde", dice.randint(0, 4)), "get": 1}
    return Simulation(flow, slots=3, outputs=towns, fail=ends).start()


def act(sim: Simulation, dice: Random) -> None:
    for _ in range(dice.randint(0, 4)):
        sim.step()
    verb, options = dice.choice(DEEDS)
    names = [job.name for job in sim.board.shape_of(1).jobs]
    whole = options.get("failed") or (verb in ("hold", "release") and dice.random() < 0.15)
    with contextlib.suppress(JobmonError):
        sim.verb(verb, *([] if whole else [dice.choice(names)]), **options)


def refolded(sim: Simulation) -> Board:
    board = Board()
    board.add_definition(sim.flow)
    for event in sim.events:
        board.apply(event)
    return board


def reloaded(sim: Simulation) -> Board:
    board = Board()
    for definition in sim.board.definitions.values():
        board.add_definition(definition)
    board.load(sim.board.runs[1], sim.board.jobs_of(1))
    return board


@pytest.mark.parametrize("seed", range(20))
def test_folding_and_loading_come_to_the_same_board(seed: int) -> None:
    dice = Random(seed)
    sim = walk(dice)
    for _ in range(20):
        act(sim, dice)
        for board in (refolded(sim), reloaded(sim)):
            assert board.runs == sim.board.runs
            assert board.jobs == sim.board.jobs
            assert board.books[1].tallies == sim.board.books[1].tallies
            assert board.books[1].ripe == sim.board.books[1].ripe
            assert board.launch_line.ready == sim.board.launch_line.ready
    with contextlib.suppress(JobmonError):
        sim.verb("release")
    assert sim.run().outcome not in ("running", "queued")
