"""What a call at the door means, and what it is answered."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec

from jobmon.runtime import requests
from jobmon.runtime.errors import (
    JobmonError,
    NotFoundError,
    RefusedError,
    StateError,
    UsageError,
)
from jobmon.runtime.hook.http import Reply, Request

log = logging.getLogger("jobmon")

Answer = dict[str, Any]
RUN = "/run/"
HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
"""By another name only a web page can come here, through a name that its owner turned to us."""
LONGEST_KEY = 200
_STATUS: Mapping[type[JobmonError], int] = {
    NotFoundError: 404,
    RefusedError: 409,
    UsageError: 422,
    StateError: 503,
}


class Call(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a call that starts a flow. `key`: the same key starts one run, for a day."""

    params: dict[str, str | int | float | bool] = {}
    key: str = ""
    why: str = ""


class Calls:
    """`run` starts a flow as asked, `status` makes the status document."""

    def __init__(
        self, run: Callable[[Answer], Awaitable[Answer]], status: Callable[[], Awaitable[Answer]]
    ) -> None:
        self._run, self._status = run, status

    async def answer(self, request: Request, token: bytes) -> Reply:
        """The answer to a request at a door with that token. Raises nothing."""
        path, _, _ = request.target.partition("?")
        if _host(request) not in HOSTS:
            return _told(421, "this is another host's door: call it by localhost or 127.0.0.1")
        if path == "/healthz":
            return Reply(200, {"ok": True}) if request.method == "GET" else _only("GET")
        if not _shown(request, token):
            text = "show the token: Authorization: Bearer TOKEN"
            return _told(401, text, ("www-authenticate", "Bearer"))
        try:
            return await self._answer(request, path)
        except JobmonError as error:
            return _failed(error)
        except Exception:
            log.exception("a call at the hook failed by a defect")
            return _told(500, "a defect: see .jobmon/log/runtime.log")

    async def _answer(self, request: Request, path: str) -> Reply:
        if path == "/status":
            return Reply(200, await self._status()) if request.method == "GET" else _only("GET")
        if not path.startswith(RUN) or path == RUN:
            return _told(404, "there are POST /run/FLOW, GET /status and GET /healthz")
        if request.method != "POST":
            return _only("POST")
        wanted = _wanted(request, path)
        requests.check(wanted)
        try:
            found = await self._run(wanted)
        except (LookupError, TypeError, ValueError, ArithmeticError) as error:
            raise UsageError("understand the call", f"{type(error).__name__}: {error}") from error
        return Reply(201, {"run": found["run"], "id": found["id"]})


def _wanted(request: Request, path: str) -> Answer:
    """The request for a run, as the socket knows it."""
    call, flow = _call(request.body), _name(path)
    key = request.headers.get("idempotency-key") or call.key
    if len(key) > LONGEST_KEY:
        raise UsageError("understand the call", f"a key of more than {LONGEST_KEY} characters")
    return {
        "op": "run",
        "flow": flow,
        "params": call.params,
        "why": call.why,
        "who": "hook",
        "overlap": "flow",
        "last_good": True,
        "idem": f"hook {flow} {key}" if key else "",
    }


def _call(body: bytes) -> Call:
    if not body.strip():
        return Call()
    try:
        call = msgspec.json.decode(body, type=Call)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        hint = '{"params": {"NAME": "value"}, "key": "...", "why": "..."}'
        raise UsageError("understand the body of the call", str(error), hint) from error
    for name, value in call.params.items():
        if isinstance(value, int | float) and not abs(value) <= requests.LARGEST:
            raise UsageError("understand the body of the call", f"{name} is too large a number")
    return call


def _name(path: str) -> str:
    try:
        return unquote_to_bytes(path.removeprefix(RUN)).decode()
    except UnicodeDecodeError as error:
        raise UsageError("understand the name of the flow", "it is no UTF-8") from error


def _host(request: Request) -> str:
    """The name by which we were called, without the port."""
    host = request.headers.get("host", "").lower()
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdecimal() else host


def _shown(request: Request, token: bytes) -> bool:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    right = hmac.compare_digest(given.strip().encode("latin-1"), token)
    return right and scheme.lower() == "bearer"


def _failed(error: JobmonError) -> Reply:
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
    body = {"error": error.what, "why": error.why, "hint": error.hint, "code": error.code}
    return Reply(status, body)


def _only(method: str) -> Reply:
    return _told(405, f"only {method} is possible here", ("allow", method))


def _told(status: int, text: str, *headers: tuple[str, str]) -> Reply:
    return Reply(status, {"error": text}, headers)
