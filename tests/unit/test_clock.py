"""Waits last as long as declared, whatever somebody does to the clock."""

from __future__ import annotations

import pytest

from jobmon.runtime.clock import SteadyClock


@pytest.mark.parametrize("jump", [-3600.0, 3600.0, 365 * 86400.0])
def test_a_jump_of_the_wall_clock_does_not_move_a_wait(jump: float) -> None:
    wall, elapsed = 1000.0, 5.0
    clock = SteadyClock(lambda: wall, lambda: elapsed)
    due = clock() + 2.0
    wall, elapsed = wall + jump + 2.0, elapsed + 2.0
    assert clock() == due


def test_the_wall_clock_is_taken_over_when_nothing_waits() -> None:
    wall, elapsed = 1000.0, 5.0
    clock = SteadyClock(lambda: wall, lambda: elapsed)
    wall = 5000.0
    clock.settle()
    assert clock() == 5000.0


def test_small_corrections_are_left_alone() -> None:
    wall, elapsed = 1000.0, 5.0
    clock = SteadyClock(lambda: wall, lambda: elapsed)
    wall = 1000.4
    clock.settle()
    assert clock() == 1000.0
