"""The live state as the fold of events: what the runtime, simulate and every screen share."""

from jobmon.runtime.board.board import Board

__all__ = ["Board"]
