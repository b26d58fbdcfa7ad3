"""`python -m jobmon.jobs.ready.poll`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from jobmon.jobs.kit.outcomes import Rule
from jobmon.jobs.ready.command import ended
from jobmon.jobs.ready.poll import poll
from jobmon.jobs.ready.poll.polling import key_of, open_record


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit code: 1 failed there, 65 wrong data, 75 may go by itself, 78
    somebody decides, 143 stopped.
    """
    asked = _parser().parse_args(argv)
    try:
        return ended(lambda: _done(asked))
    except KeyboardInterrupt:
        print("it goes on there; the same command goes on waiting", file=sys.stderr)  # noqa: T201
        return 130


def _done(asked: argparse.Namespace) -> str:
    params = dict(_param(text) for text in asked.param)
    key = asked.key or key_of(asked.plan, params)
    if asked.forget:
        return _forgotten(key, asked.state)
    if asked.id:
        record = open_record(key, asked.state)
        with record.alone():
            record.started({"id": asked.id})
    found = poll(asked.plan, params, key=key, state=asked.state)
    return f"done: {found['id']} is {found['status']}"


def _forgotten(key: str, state: str | None) -> str:
    record = open_record(key, state)
    with record.alone():
        known = record.now.values.get("id", "no id")
        record.ended()
    return f"forgotten ({known}): the next start of {key} is a new one"


def _param(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise Rule(f"-p {text!r} is no parameter: write it as name=value")
    return name, value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m jobmon.jobs.ready.poll",
        description="Start a job of another system over HTTP and wait for its end.",
    )
    add = parser.add_argument
    add("plan", metavar="FILE", help="the calls, in TOML: [start], [poll], [cancel]")
    add("-p", "--param", action="append", default=[], metavar="NAME=VALUE", help="fills {NAME}")
    add("--key", metavar="KEY", help="what is done, so that it starts once ($JOBMON_KEY)")
    add("--state", metavar="DIR", help="where the id is kept (in the state of the batch folder)")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--id", metavar="ID", help="it was started there, with this id: go on")
    what.add_argument("--forget", action="store_true", help="nothing runs there: start anew")
    return parser


if __name__ == "__main__":
    sys.exit(main())
