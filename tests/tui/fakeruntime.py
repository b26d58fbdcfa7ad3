"""A runtime made by hand behind a real socket: what it says, and when it says nothing.

All it knows are flows on hold, by its events 1 to `seq`.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from pathlib import Path
from typing import Any


class FakeRuntime:
    """Listens at `path` until `die`. While `frozen` it takes what is sent and answers nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.hello: dict[str, Any] = {"proto": (1, 1), "version": "9.9", "pid": 4242, "host": "h"}
        self.seq = 0
        self.holds: dict[str, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self.strange: dict[str, Any] = {}  # documents that are other than they should be
        self.asked: list[str] = []
        self.takes = 0.0  # seconds for an answer, once it is asked
        self.deaf = False  # subscribers are told nothing
        self._turn = threading.RLock()  # one thing happens after the other
        self._may_answer = threading.Event()
        self._may_answer.set()
        self._listener: socket.socket | None = None
        self._peers: set[socket.socket] = set()
        self._subscribers: set[socket.socket] = set()

    # Its life

    def live(self) -> None:
        """Begin to listen."""
        self.path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        self._listener.listen(100)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def die(self) -> None:
        """As by kill -9."""
        self.freeze(on=False)
        listener, self._listener = self._listener, None
        for sock in (listener, *self._peers):
            if sock is not None:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
                sock.close()
        self._peers, self._subscribers = set(), set()

    def freeze(self, *, on: bool) -> None:
        """As by SIGSTOP, or SIGCONT."""
        self._may_answer.clear() if on else self._may_answer.set()

    @property
    def followed(self) -> bool:
        """Somebody hears of its events."""
        return bool(self._subscribers)

    # What happens

    def hold(self, *flows: str) -> None:
        """One event for each."""
        for flow in flows:
            self.tell("flow.hold", flow=flow)

    def tell(self, kind: str, **data: Any) -> None:
        """An event, to all who want to hear of it."""
        with self._turn:
            self.seq += 1
            event = {"kind": kind, "at": time.time(), "seq": self.seq, "who": "anna", "data": data}
            if kind == "flow.hold":
                self.holds[data["flow"]] = {"flow": data["flow"], "at": event["at"], "who": "anna"}
            self.events.append(event)
            self.say({"event": event})

    def say(self, message: dict[str, Any]) -> None:
        """A line to the subscribers."""
        for peer in () if self.deaf else tuple(self._subscribers):
            with contextlib.suppress(OSError):
                peer.sendall(json.dumps(message).encode() + b"\n")

    # What it answers

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                peer, _ = listener.accept()
                self._peers.add(peer)
                threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), peer, peer.makefile("rb") as lines:
            lines.readline()
            self._answer(peer, self.hello | {"seq": self.seq, "now": time.time()})
            for line in lines:
                request = json.loads(line)
                time.sleep(self.takes)
                self._heed(peer, request)
        self._subscribers.discard(peer)

    def _answer(self, peer: socket.socket, message: dict[str, Any]) -> None:
        self._may_answer.wait()
        peer.sendall(json.dumps(message).encode() + b"\n")

    def _heed(self, peer: socket.socket, request: dict[str, Any]) -> None:
        if request["op"] == "subscribe":
            self._subscribe(peer, request)
            return
        with self._turn:
            found = self._ok(request)
        self._answer(peer, {"id": request["id"], "ok": found})

    def _subscribe(self, peer: socket.socket, request: dict[str, Any]) -> None:
        """What it missed, then what comes."""
        self._may_answer.wait()
        with self._turn:
            self._answer(peer, {"id": request["id"], "ok": {"seq": self.seq}})
            for event in self.events:
                if event["seq"] > request["from_seq"]:
                    self._answer(peer, {"event": event})
            self._subscribers.add(peer)

    def _ok(self, request: dict[str, Any]) -> Any:
        self.asked.append(request.get("name", request["op"]))
        documents = {
            "snapshot": {
                "seq": self.seq, "at": None, "runs": [], "jobs": [], "definitions": [],
                "hashes": [],
                "holds": list(self.holds.values()),
            },
            "events": {"events": self.events[-5:]},
            "status": {"now": time.time(), "slots": {"total": 8}},
            "flows": {"flows": []},
        }  # fmt: skip
        return (documents | self.strange).get(request.get("name", ""), {})
