"""What a backup keeps: every byte of a CSV, every value and table of a database."""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

import polars
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobmon.jobs.kit import Data, External
from jobmon.jobs.ready.backup import backup, csvfiles, restore, tables, verify

DAY = "2026-11-23"
TABLES = {  # given back from the table alone
    "plain": b"a,b\n1,2\n3,4\n",
    "cp932": '品名,価格\r\nみかん①,98\r\n"梨,大",007\r\n'.encode("cp932"),
    "bom": b"\xef\xbb\xbf" + "品名,価格\r\nみかん,1\r\n".encode(),
    "empty": b"",
    "bom alone": b"\xef\xbb\xbf",
    "header alone": b"a,b\n",
    "no end": b"a,b\n1,2",
    "ragged": b"a,b\n1\n1,2,3\n\n,\n",
    "same names": b"a,a,,\n1,2,3,4\n",
    "all quoted": b'"a","b"\r\n"1","x ""y"""\r\n',
    "line in field": b'a,b\r\n"x\r\ny",2\r\n',
    "tabs": b"a\tb\n1\t2,3\n",
    "one column": b'a\n""\n\nx\n',
    "nul": b"a,b\n\x00,1\n",
    "old mac": b"a,b\r1,2\r",
}
ODD = {  # written by no rule: the bytes are stored beside the table
    "blank": b"\n\n\n",
    "needless quotes": b'a,b\n"1",2\n3,"4"\n',
    "never closed": b'a,b\n"never closed,\n1,2\n',
    "other bytes of a letter": b"a,b\n\xfa\x5c,1\n",
}


def saved(source: Path) -> Path:
    """Its generation."""
    to = source.parent / "backup"
    backup([source], to, day=DAY)
    verify(to)
    return to / "20261123"


def given_back(source: Path) -> Path:
    saved(source)
    restore(source.parent / "backup", DAY, source.parent / "back")
    return source.parent / "back" / source.name


@pytest.mark.parametrize("body", [*TABLES.values(), *ODD.values()], ids=[*TABLES, *ODD])
def test_a_csv_comes_back_byte_for_byte(tmp_path: Path, body: bytes) -> None:
    source = tmp_path / "表.csv"
    source.write_bytes(body)
    assert given_back(source).read_bytes() == body
    raw = (tmp_path / "backup/20261123/表.csv.raw.parquet").exists()
    assert raw == (body in ODD.values())


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    text=st.text(alphabet='ab01,;"\t\r\n .-み梨ｱ①', max_size=40),
    encoding=st.sampled_from(["utf-8", "cp932", "utf-8-sig"]),
    typed=st.booleans(),
)
def test_any_text_comes_back_byte_for_byte(text: str, encoding: str, typed: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source, to, back = Path(folder, "a.csv"), Path(folder, "backup"), Path(folder, "back")
        source.write_bytes(text.encode(encoding))
        backup([source], to, day=DAY, typed=typed)
        restore(to, DAY, back)
        assert (back / "a.csv").read_bytes() == text.encode(encoding)


def test_the_table_of_a_csv_is_text_as_it_stands(tmp_path: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_bytes(TABLES["cp932"])
    frame = polars.read_parquet(saved(source) / "a.csv.parquet")
    assert frame.to_dicts() == [
        {"品名": "みかん①", "価格": "98"},
        {"品名": "梨,大", "価格": "007"},
    ]


def test_numbers_are_numbers_if_asked_and_written_the_same_again(tmp_path: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_text("n,r,code,mixed,gap\n1,1.5,007,1,\n-9007199254740993,0.1,1,1.50,2\n3\n")
    backup([source], tmp_path / "backup", day=DAY, typed=True)
    frame = polars.read_parquet(tmp_path / "backup/20261123/a.csv.parquet")
    assert list(map(str, frame.dtypes)) == ["Int64", "Float64", "String", "String", "String"]
    assert frame["n"].to_list() == [1, -9007199254740993, 3]
    assert verify(tmp_path / "backup")["unchanged"] == 1
    restore(tmp_path / "backup", DAY, tmp_path / "back")
    assert (tmp_path / "back" / "a.csv").read_bytes() == source.read_bytes()
    assert not (tmp_path / "backup/20261123/a.csv.raw.parquet").exists()


def test_a_large_csv_is_several_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "ROWS", 3)
    source = tmp_path / "a.csv"
    source.write_text("n\n" + "".join(f"{n}\n" for n in range(7)))
    assert given_back(source).read_text() == source.read_text()
    folder = tmp_path / "backup" / "20261123"
    assert polars.read_parquet(folder / "a.csv*.parquet")["n"].to_list() == list("0123456")
    assert len(list(folder.glob("a.csv*"))) == 3


def test_a_text_of_two_encodings_is_named_with_its_line(tmp_path: Path) -> None:
    source = tmp_path / "混在.csv"
    source.write_bytes("品名\nみかん\n".encode() + "梨梨梨\n".encode("cp932") + b"\xff\n")
    with pytest.raises(Data, match=r"混在\.csv is neither UTF-8 \(line 3\) nor CP932 \(line 4\)"):
        saved(source)


def test_a_letter_on_the_edge_of_a_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csvfiles, "BLOCK", 5)
    source = tmp_path / "a.csv"
    source.write_text("品名,価格\nみかん,98\n", encoding="utf-8")
    assert given_back(source).read_bytes() == source.read_bytes()


# --- SQLite ---------------------------------------------------------------------------------------

SCHEMA = """
PRAGMA journal_mode = WAL; PRAGMA user_version = 7; PRAGMA application_id = 77;
CREATE TABLE 注文(id INTEGER PRIMARY KEY AUTOINCREMENT, v, t TEXT, r REAL, n NUMERIC);
CREATE TABLE loose(a, rowid TEXT);
CREATE TABLE plain(k TEXT PRIMARY KEY, v) WITHOUT ROWID;
CREATE TABLE made(a INTEGER, twice AS (a * 2), next AS (a + 1) STORED);
CREATE TABLE "a/b 'c'"("d e" INT, "" TEXT);
CREATE TABLE hollow(a);
CREATE TABLE backwards(id INTEGER PRIMARY KEY DESC, v);
CREATE TABLE strictly(a INTEGER, b ANY) STRICT;
CREATE TABLE heard(what);
CREATE INDEX some ON 注文(v) WHERE v IS NOT NULL;
CREATE VIEW few AS SELECT id, v FROM 注文 WHERE id < 3;
CREATE TRIGGER hear AFTER INSERT ON 注文 BEGIN INSERT INTO heard VALUES (new.id); END;
CREATE VIRTUAL TABLE found USING fts5(body);
INSERT INTO loose(_rowid_, a, rowid) VALUES (90, 'z', 'r'), (7, 3, NULL);
INSERT INTO plain VALUES ('b', 1), ('a', 'x');
INSERT INTO made(a) VALUES (4), (5);
INSERT INTO "a/b 'c'" VALUES (1, 2);
INSERT INTO backwards VALUES (5, 1), (2, 2);
INSERT INTO strictly VALUES (1, 'x'), (2, 2.0), (3, 3);
INSERT INTO found VALUES ('hello world'), ('みかん');
INSERT INTO 注文(v, t) VALUES (CAST(x'ff41' AS TEXT), CAST(x'fe' AS TEXT));
"""
NUMBERS = [1, 2**53 + 1, -(2**63), 2**63 - 1, 1.5, float("inf"), -0.0, 1e300, 0.1]
VALUES = [None, "x", "", "日本", "007", "a\0b", b"", b"\xff\x00", *NUMBERS]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A database of all that SQLite has, still open in WAL mode by its program."""
    path = tmp_path / "店.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.executescript(SCHEMA)
        db.executemany(
            "INSERT INTO 注文(v, t, r, n) VALUES (?, ?, ?, ?)", [(v,) * 4 for v in VALUES]
        )
        db.execute("DELETE FROM 注文 WHERE id = 18")
    return path


def all_of(path: Path) -> dict[str, Any]:
    """Everything that can be asked of a database."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.text_factory = bytes

        def ask(sql: str) -> list[Any]:
            return [[(type(v).__name__, v) for v in row] for row in db.execute(sql)]

        found = {"schema": sorted(ask("SELECT type, name, tbl_name, sql FROM sqlite_master"))}
        names = [row[0].decode() for row in db.execute("SELECT name FROM pragma_table_list")]
        for name in names:
            if not name.startswith(("sqlite_schema", "sqlite_temp", "found_")):
                found[name] = ask('SELECT * FROM "' + name.replace('"', '""') + '"')
        for sql in (
            "SELECT _rowid_ FROM loose",
            "SELECT typeof(v), hex(v), typeof(t), hex(t), typeof(n) FROM 注文",
            "SELECT rowid FROM found WHERE found MATCH 'hello'",
            *(f"PRAGMA {p}" for p in ("user_version", "application_id", "journal_mode")),
            "PRAGMA integrity_check",
        ):
            found[sql] = ask(sql)
    return found


def test_a_database_comes_back_with_every_value_and_table(shop: Path) -> None:
    before = all_of(shop)
    back = given_back(shop)
    assert all_of(back) == before
    assert before["PRAGMA journal_mode"] == [[("bytes", b"wal")]]
    assert len(before["heard"]) == len(VALUES) + 1  # the trigger did not fire again
    assert [path.name for path in back.parent.iterdir()] == [back.name]


def test_columns_of_one_kind_are_of_that_type(shop: Path) -> None:
    frame = polars.read_parquet(saved(shop) / "店.db" / "注文.parquet")
    assert str(frame.schema["id"]) == "Int64"
    assert str(frame.schema["v"]).startswith("Struct")
    assert frame["v"].struct.field("int").max() == 2**63 - 1


def test_a_utf_16_database_stays_one(tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "old.db")) as db:
        db.executescript(
            "PRAGMA encoding = 'UTF-16le'; CREATE TABLE a(b); INSERT INTO a VALUES ('み')"
        )
    with contextlib.closing(sqlite3.connect(given_back(tmp_path / "old.db"))) as db:
        assert db.execute("PRAGMA encoding").fetchone() == ("UTF-16le",)
        assert db.execute("SELECT b FROM a").fetchall() == [("み",)]


def test_a_damaged_or_locked_database_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.executescript("CREATE TABLE a(b); INSERT INTO a VALUES (1); BEGIN EXCLUSIVE")
        monkeypatch.setattr("jobmon.jobs.ready.backup.databases.PATIENCE", 0)
        with pytest.raises(External, match=r"a\.db cannot be read just now: .*locked"):
            saved(path)
    path.write_bytes(path.read_bytes()[:100] + b"\xff" * 5000)
    with pytest.raises(Data, match=r"a\.db (cannot be read|is damaged)"):
        saved(path)
