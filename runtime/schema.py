"""The tables of `.jobmon/state.db` and how an older file becomes a newer one.

Each row keeps its record whole as JSON in `body`; the columns beside it are what queries need.
"""

from __future__ import annotations

import sqlite3

VERSION = 2

_TABLES = """
CREATE TABLE events(
  seq INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT NOT NULL, run INTEGER NOT NULL,
  body TEXT NOT NULL);
CREATE INDEX events_by_run ON events(run, seq);
CREATE TABLE definitions(hash TEXT PRIMARY KEY, flow TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE counters(flow TEXT PRIMARY KEY, last INTEGER NOT NULL);
CREATE TABLE runs(
  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, flow TEXT NOT NULL, state TEXT NOT NULL,
  created REAL NOT NULL, ended REAL, body TEXT NOT NULL);
CREATE INDEX runs_by_flow ON runs(flow, id);
CREATE INDEX runs_open ON runs(id) WHERE state IN ('queued', 'running', 'blocked', 'stopping');
CREATE TABLE job_runs(
  run INTEGER NOT NULL, job INTEGER NOT NULL, flow TEXT NOT NULL, name TEXT NOT NULL,
  state TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY(run, job)) WITHOUT ROWID;
CREATE INDEX job_runs_by_name ON job_runs(flow, name, run);
CREATE TABLE attempts(
  run INTEGER NOT NULL, job INTEGER NOT NULL, n INTEGER NOT NULL, outcome TEXT NOT NULL,
  body TEXT NOT NULL, PRIMARY KEY(run, job, n)) WITHOUT ROWID;
CREATE TABLE flow_holds(flow TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE answers(idem TEXT PRIMARY KEY, at REAL NOT NULL, body TEXT NOT NULL);
"""

_NOTES = """
CREATE TABLE notes(
  room TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY(room, key)) WITHOUT ROWID;
"""
"""What the runtime's duties remember: slots decided, files seen, messages not sent yet."""

_STEPS = (_TABLES, _NOTES)
"""Step n makes a file of version n - 1 one of version n."""


class NewerSchemaError(Exception):
    """The file was written by a later jobmon."""


def prepare(db: sqlite3.Connection) -> None:
    """Make the tables in an empty file, or bring an older one up to date.

    Raises NewerSchemaError for a file from the future.
    """
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise NewerSchemaError(f"its schema is {version}, this jobmon knows {VERSION}")
    if version < VERSION:
        steps = "".join(_STEPS[version:])
        db.executescript(f"BEGIN IMMEDIATE;{steps}PRAGMA user_version={VERSION};COMMIT;")
