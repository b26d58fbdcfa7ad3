"""THE table: every (state, input) pair is a defined move or a refusal, and its effects fit."""

from __future__ import annotations

import pytest

from jobmon.runtime.errors import RefusedError
from jobmon.runtime.states import ACTIVE, TABLE, TERMINAL, Effect, Input, State, advance

CELLS = [(state, given) for state in State for given in Input]

# semantics.md, "Job-run states", column "Leaves to", with what the verbs add to it.
LEAVES = {
    "waiting": "queued waiting_human skipped upstream_failed expired cancelled succeeded failed",
    "queued": "starting skipped cancelled expired failed succeeded waiting",
    "starting": "running stopping succeeded failed lost retry_wait queued",
    "running": "stopping succeeded failed lost retry_wait",
    "waiting_human": "succeeded failed cancelled skipped waiting",
    "retry_wait": "queued cancelled skipped succeeded failed waiting",
    "stopping": "stopping cancelled skipped failed lost retry_wait",
    "succeeded": "succeeded failed waiting",
    "failed": "succeeded failed waiting",
    "cancelled": "succeeded failed waiting",
    "skipped": "succeeded failed waiting",
    "upstream_failed": "succeeded failed waiting",
    "expired": "succeeded failed waiting",
    "lost": "succeeded failed waiting",
}


@pytest.mark.parametrize(("state", "given"), CELLS, ids=str)
def test_cell(state: State, given: Input) -> None:
    move = TABLE.get((state, given))
    if move is None:
        with pytest.raises(RefusedError, match=f"the job is {state}"):
            advance(state, given)
        return
    assert advance(state, given) == move
    assert (Effect.SETTLED in move.effects) == (move.to in TERMINAL)
    assert (Effect.LAUNCH in move.effects) == (given is Input.LAUNCH)
    assert (Effect.STOP in move.effects) == (given is Input.STOP)


@pytest.mark.parametrize("state", list(State))
def test_a_state_is_left_only_for_the_states_the_semantics_name(state: State) -> None:
    reached = {move.to.value for (source, _), move in TABLE.items() if source is state}
    assert reached == set(LEAVES[state].split())


@pytest.mark.parametrize("state", list(State))
def test_every_state_can_be_reached(state: State) -> None:
    sources = {source for (source, _), move in TABLE.items() if move.to is state}
    assert sources - {state}


def test_an_attempt_opens_by_launch_only() -> None:
    opens = {
        given
        for (source, given), move in TABLE.items()
        if source not in ACTIVE and move.to in ACTIVE
    }
    assert opens == {Input.LAUNCH}


def test_nothing_is_cancelled_while_its_attempt_may_be_alive() -> None:
    ways = {
        given
        for (source, given), move in TABLE.items()
        if source in ACTIVE and move.to is State.CANCELLED
    }
    assert ways == {Input.STOPPED, Input.VOIDED}


def test_a_terminal_state_is_left_by_people_policies_and_repairs_only() -> None:
    ways = {given for (source, given) in TABLE if source in TERMINAL}
    assert ways == {Input.MARK_SUCCESS, Input.MARK_FAILED, Input.RESET, Input.REVIVE}


def test_a_refusal_names_the_state_and_the_attempted_act() -> None:
    with pytest.raises(RefusedError) as refusal:
        advance(State.RUNNING, Input.SKIP)
    assert str(refusal.value) == "cannot skip: the job is running"
