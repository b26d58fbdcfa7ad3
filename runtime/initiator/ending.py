"""The exit record of an attempt: what it says, and how it gets onto a disk that has no room.

Loaded by initiators: standard library alone.
"""

from __future__ import annotations

import os

from jobmon.runtime.initiator import artifacts, joboutput, logfile
from jobmon.runtime.initiator.capture import Mask

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MARGIN = 4096
"""Bytes above the record's own for which output is given up: markers, a block of the disk."""


class Ending:
    """Made once with the attempt's log, then `conclude` and `seal` until that returns True."""

    def __init__(
        self, order: dict[str, Any], log: logfile.LogFile, ballast: logfile.Ballast
    ) -> None:
        self._order, self._log, self._ballast = order, log, ballast
        self._secrets = secrets_of(order)
        self._gave_up = False
        self.record: dict[str, Any] = {}
        self.trouble = ""
        """Why the last `seal` failed."""

    def conclude(self, reason: str, error: str, status: int | None, facts: dict[str, Any]) -> None:
        """Say how it ended. `status` is the leader's wait status, None if it never started.

        `facts` are further fields of the record: started, ended, rusage.
        """
        self._log.join_tail()
        code, signaled = _outcome(status)
        if signaled is not None and reason == "exit":
            reason = "signal"
        output, results = None, []
        if reason == "exit" and code in self._order["ok_codes"]:
            output, complaint = joboutput.load(self._output_path(), self._masked)
            if complaint:
                reason, error = "output", complaint
            results = artifacts.record(
                self._order["artifacts"], self._order["cwd"], self._order["env"], self._masked
            )
        ended = {"reason": reason, "code": code, "signal": signaled, "error": self._masked(error)}
        sizes = {"lines": self._log.lines, "bytes": self._log.bytes}
        self.record = {**ended, **facts, "output": output, "artifacts": results, **sizes}

    def _output_path(self) -> str:
        return self._order["env"].get("JOBMON_OUTPUT", "")

    def _masked(self, text: str) -> str:
        return Mask(self._secrets).whole(text) if self._secrets else text

    def seal(self) -> bool:
        """Write the record as the file's last line, synced. False: not yet, the disk refuses."""
        for make_room in (None, self._ballast.free, self._give_up_output):
            try:
                if make_room is not None:
                    make_room()
                self.record["dropped"] = self._log.dropped
                self._log.seal(logfile.line({"exit": self.record}))
            except OSError as error:
                why = error.strerror or str(error)
                self.trouble = f"cannot write its exit record: {why}. Free some room."
            else:
                joboutput.remove(self._output_path())
                return True
        return False

    def _give_up_output(self) -> None:
        if not self._gave_up:  # once: a broken disk must not eat the log second by second
            self._gave_up = True
            self._log.make_room(len(logfile.line({"exit": self.record})) + MARGIN)


def secrets_of(order: dict[str, Any]) -> tuple[bytes, ...]:
    """What must not be shown of this attempt."""
    return tuple(text.encode("utf-8", "replace") for text in order["secrets"] if text)


def _outcome(status: int | None) -> tuple[int | None, int | None]:
    """(exit code, signal): one of them, or neither."""
    if status is None:
        return None, None
    code = os.waitstatus_to_exitcode(status)
    return (code, None) if code >= 0 else (None, -code)
