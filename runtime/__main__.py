"""`python -m jobmon.runtime --home DIR`: the runtime itself, in the foreground unless detached."""

from __future__ import annotations

import argparse
import sys


def main() -> int:
    """Serve one batch folder until told to stop. The exit code is an EXIT_* of errors.py."""
    parser = argparse.ArgumentParser(prog="python -m jobmon.runtime", description=__doc__)
    parser.add_argument("--home", required=True, help="the batch folder")
    parser.add_argument("--detached", action="store_true", help="log to .jobmon/log/runtime.log")
    options = parser.parse_args()
    from jobmon.runtime import gate

    return gate.main(options.home, detached=options.detached)


if __name__ == "__main__":
    sys.exit(main())
