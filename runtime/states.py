"""The states of a job run, what can happen to it, and THE table of transitions.

Every (state, input) pair is either a `Move` or absent; `advance` turns an absent pair into a
`RefusedError` that says why. Nothing else in jobmon assigns a state.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from jobmon.runtime.errors import RefusedError


class State(StrEnum):
    """Where a job run stands. The meaning of each is in docs/states.md."""

    WAITING = "waiting"
    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    WAITING_HUMAN = "waiting_human"
    RETRY_WAIT = "retry_wait"
    STOPPING = "stopping"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"
    UPSTREAM_FAILED = "upstream_failed"
    EXPIRED = "expired"
    LOST = "lost"


class Input(StrEnum):
    """What can happen to a job run."""

    READY = "ready"  # its trigger rule is met
    ASK = "ask"  # the same, for a manual step
    BRANCH = "branch"  # its condition is false, or the branch it hangs on was skipped
    DOOM = "doom"  # its trigger rule can no longer be met
    EXPIRE = "expire"  # its slot or start deadline passed
    UNFIT = "unfit"  # its condition or command cannot be made from what there is
    LAUNCH = "launch"  # the intent to start an attempt is committed
    STARTED = "started"  # the process identity is recorded
    VOIDED = "voided"  # the attempt is proven never to start
    STOP = "stop"  # a cancel or a timeout is committed, signals follow
    SUCCEED = "succeed"  # exit record: an accepted code
    FAIL = "fail"  # exit record: anything else, no attempts left
    RETRY = "retry"  # exit record: anything else, attempts left
    STOPPED = "stopped"  # exit record after a cancel: nothing of the attempt is alive
    LOSE = "lose"  # nobody can know how the attempt ended
    DUE = "due"  # the wait before a retry is over
    CANCEL = "cancel"  # operator: before it started
    SKIP = "skip"  # operator
    COLLECT = "collect"  # a map: all of its children have ended well
    DONE = "done"  # operator: the manual step is finished
    MARK_SUCCESS = "mark_success"  # operator, a verify probe or a policy
    MARK_FAILED = "mark_failed"  # the same
    RESET = "reset"  # rerun: back to waiting
    REVIVE = "revive"  # what doomed it or skipped its branch was repaired


class Effect(StrEnum):
    """What a transition asks of the world around the state."""

    LAUNCH = "launch"  # hand the attempt to the executor
    STOP = "stop"  # signal the attempt's processes
    SETTLED = "settled"  # became terminal: successors count it


class Move(NamedTuple):
    """A cell of the table."""

    to: State
    effects: tuple[Effect, ...] = ()


TERMINAL = frozenset(
    {
        State.SUCCEEDED,
        State.FAILED,
        State.CANCELLED,
        State.SKIPPED,
        State.UPSTREAM_FAILED,
        State.EXPIRED,
        State.LOST,
    }
)
ACTIVE = frozenset({State.STARTING, State.RUNNING, State.STOPPING})
"""An attempt is open: intent committed, end not recorded."""

_W, _Q, _ST, _R = State.WAITING, State.QUEUED, State.STARTING, State.RUNNING
_H, _RW, _SP = State.WAITING_HUMAN, State.RETRY_WAIT, State.STOPPING


def _row(to: State, sources: tuple[State, ...], *effects: Effect) -> dict[State, Move]:
    return {source: Move(to, effects) for source in sources}


def _table() -> dict[tuple[State, Input], Move]:
    settled = Effect.SETTLED
    ends = tuple(TERMINAL)
    rows: dict[Input, dict[State, Move]] = {
        Input.READY: _row(_Q, (_W,)),
        Input.ASK: _row(_H, (_W,)),
        Input.BRANCH: _row(State.SKIPPED, (_W,), settled),
        Input.DOOM: _row(State.UPSTREAM_FAILED, (_W,), settled),
        Input.EXPIRE: _row(State.EXPIRED, (_W, _Q), settled),
        Input.UNFIT: _row(State.FAILED, (_W, _Q), settled),
        Input.LAUNCH: _row(_ST, (_Q,), Effect.LAUNCH),
        # A cancel may overtake the news that the attempt began: it is being stopped either way.
        Input.STARTED: _row(_R, (_ST,)) | _row(_SP, (_SP,)),
        Input.VOIDED: _row(_Q, (_ST,)) | _row(State.CANCELLED, (_SP,), settled),
        Input.STOP: _row(_SP, (_ST, _R), Effect.STOP) | _row(_SP, (_SP,), Effect.STOP),
        # After a restart the end may be the first thing heard of an attempt, hence _ST.
        Input.SUCCEED: _row(State.SUCCEEDED, (_ST, _R), settled),
        Input.FAIL: _row(State.FAILED, (_ST, _R, _SP), settled),
        Input.RETRY: _row(_RW, (_ST, _R, _SP)),
        Input.STOPPED: _row(State.CANCELLED, (_SP,), settled),
        Input.LOSE: _row(State.LOST, (_ST, _R, _SP), settled),
        Input.DUE: _row(_Q, (_RW,)),
        Input.CANCEL: _row(State.CANCELLED, (_W, _Q, _H, _RW), settled),
        # From stopping only once nothing of the attempt is alive: it was stopped to be skipped.
        Input.SKIP: _row(State.SKIPPED, (_W, _Q, _H, _RW, _SP), settled),
        Input.COLLECT: _row(State.SUCCEEDED, (_W,), settled),
        Input.DONE: _row(State.SUCCEEDED, (_H,), settled),
        Input.MARK_SUCCESS: _row(State.SUCCEEDED, (_W, _Q, _H, _RW), settled)
        | _row(State.SUCCEEDED, ends, settled),
        Input.MARK_FAILED: _row(State.FAILED, (_W, _Q, _H, _RW), settled)
        | _row(State.FAILED, ends, settled),
        Input.RESET: _row(_W, ends) | _row(_W, (_RW, _Q, _H)),
        Input.REVIVE: _row(_W, (State.UPSTREAM_FAILED, State.SKIPPED)),
    }
    return {(source, i): move for i, row in rows.items() for source, move in row.items()}


TABLE: dict[tuple[State, Input], Move] = _table()


def advance(state: State, given: Input) -> Move:
    """Where `given` takes a job run in `state`.

    Raises RefusedError when the pair has no cell: the caller's facts are stale or the operator
    asked for something this state does not allow.
    """
    move = TABLE.get((state, given))
    if move is None:
        raise RefusedError(f"cannot {given.replace('_', ' ')}", f"the job is {state}")
    return move
