"""What the scripts of this shop share: where things lie, and how a file is written whole.

A file appears under its own name only when it is complete: it is written beside itself and then
renamed. So a script may be killed at any moment and started again.
"""

import contextlib
import csv
import json
import os
from pathlib import Path

SITES = Path("sites")  # stands in for the web: each file is the page a shop answers with
DATA = Path("data")
PUBLIC = Path("public")
PAUSE = float(os.environ.get("POLITE_SECONDS", "0.2"))  # between two pages, as a person would

EXTERNAL = 75  # exit codes that jobmon understands: trouble outside, a retry may help;
WRONG_DATA = 65  # what came is not what was expected, a retry would fail the same way


def folder(day):
    """The folder of one business day, made when it is not there."""
    path = Path("out") / day
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextlib.contextmanager
def replacing(path):
    """A temporary name beside `path`; it becomes `path` when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_csv(path, header, rows):
    """Write a CSV whole, in UTF-8 with the mark that spreadsheets look for."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8-sig", newline="") as f:
        writer = csv.writer(f, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def read_csv(path):
    """The rows of a CSV as dicts."""
    with path.open(encoding="utf-8-sig", newline="") as f:
        return list(csv.DictReader(f))


def output(**values):
    """Hand a few values to the jobs that come after. Without jobmon: nowhere."""
    path = os.environ.get("JOBMON_OUTPUT")
    if path:
        Path(path).write_text(json.dumps(values), encoding="utf-8")
