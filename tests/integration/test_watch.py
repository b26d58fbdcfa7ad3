"""A watch against a shop that changes its prices and does everything wrong that a site can do."""

from __future__ import annotations

import itertools
import json
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jobmon.jobs.kit import Data, External, Rule, retries
from jobmon.jobs.ready.watch import watch
from jobmon.jobs.ready.watch.__main__ import main
from tests.receiving import endpoint
from tests.shop import Shop, http_date, shop

FIELDS = ["price", "stock=在庫.数"]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setenv("JOBMON_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(retries, "FIRST", 0.01)
    with shop() as found:
        yield found


def look(store: Shop, path: str = "/api", **options: Any) -> dict[str, Any]:
    usual = {"key": "sku", "fields": FIELDS, "items": "items", "next": "next", "rate": "1000/s"}
    return watch(store.url + path, **(usual | options))


def history(folder: str = "watch") -> list[dict[str, Any]]:
    path = Path(folder) / "history.ndjson"
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def told(found: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [
        (x["key"], x["field"], x["old"], x["new"]) if "field" in x else (x["key"], x["what"])
        for x in found["lines"]
    ]


def marks() -> dict[Path, tuple[int, int]]:
    """Which files there are, and when they were written."""
    return {p: (p.stat().st_ino, p.stat().st_mtime_ns) for p in Path("watch").glob("[!.]*")}


def test_each_change_is_one_line_from_the_first_sight_on(store: Shop) -> None:
    for number in range(7):
        store.price(f"りんご{number}", 100 + number)
    first = look(store)
    assert (first["items"], first["new"], first["changed"]) == (7, 7, 0)
    store.price("りんご1", 98, stock=0)
    del store.items["りんご2"]
    second = look(store)
    assert told(second) == [
        ("りんご1", "price", 101, 98),
        ("りんご1", "stock", 1, 0),
        ("りんご2", "gone"),
    ]
    assert look(store)["lines"] == []
    store.price("りんご2", 90)
    assert told(look(store)) == [("りんご2", "back"), ("りんご2", "price", 102, 90)]
    assert [line["n"] for line in history()] == list(range(1, 13))
    assert history()[7]["time"][-6] in "+-"


def test_the_history_may_be_moved_away_or_edited(store: Shop) -> None:
    store.price("a", "大" * 200_000)
    look(store)
    store.price("a", 2)
    look(store)
    path = Path("watch/history.ndjson")
    path.rename("old.ndjson")
    store.price("a", 3)
    look(store)
    path.write_text(path.read_text("utf-8").rstrip(), "utf-8")  # an editor took the last newline
    store.price("a", 4)
    look(store)
    assert [(x["n"], x["new"]) for x in history()] == [(3, 3), (4, 4)]


def test_what_is_still_so_is_not_sent_again_and_nothing_is_written(store: Shop) -> None:
    for number in range(5):
        store.price(str(number), number)
    look(store)
    before = marks()
    assert look(store)["items"] == 5
    assert [status for _, _, status in store.seen] == [200, 200, 304, 304]
    assert marks() == before
    store.price("4", 5)
    assert told(look(store)) == [("4", "price", 4, 5)]
    look(store, fields=["price"])  # other fields: what is known of the pages does not count
    assert [status for _, _, status in store.seen[4:]] == [304, 200, 200, 200]
    assert look(store)["lines"] == []  # a field that was not watched before is no change


@pytest.mark.parametrize(
    ("path", "following"), [("/api?page={page}", ""), ("/link", "link"), ("/api", "next")]
)
def test_pages_are_followed_to_their_end(store: Shop, path: str, following: str) -> None:
    for number in range(SIX := 6):
        store.price(str(number), number)
    assert look(store, path, next=following)["items"] == SIX
    store.faults = [None, 401]
    with pytest.raises(Data, match="answers 401"):  # not the end of the pages: nothing is gone
        look(store, path, next=following)
    with pytest.raises(Data, match="more than 1 pages: see --max-pages"):
        look(store, path, next=following, max_pages=1)


def test_a_night_of_faults_loses_and_doubles_nothing(store: Shop) -> None:
    """All faults, at random; the history is what the shop did, and no request came too early."""
    chance = random.Random(5)
    truth: dict[str, list[int]] = {}
    for number in range(5):
        store.price(str(number), 1)
        truth[str(number)] = []
    store.retry_after = "0.1"
    for turn in itertools.count(2):
        sku = chance.choice(list(store.items))
        store.faults = chance.choices(["drop", 429, 500, 503, "cut", "broken", None], k=3)
        try:
            look(store, rate="50/s")
        except (External, Data):
            continue
        if turn > 16:
            break
        store.price(sku, turn)
        truth[sku].append(turn)
    store.faults = []
    look(store, rate="1000/s")
    lines = history()
    assert [line["n"] for line in lines] == list(range(1, len(lines) + 1))
    for sku, prices in truth.items():
        assert [x["new"] for x in lines if x["key"] == sku and x["what"] == "changed"] == prices
    assert {status for _, _, status in store.seen} >= {"drop", 429, 500, 503, "cut", "broken", 304}
    assert too_early(store, 50, 1.0) == []


def too_early(store: Shop, count: int, seconds: float) -> list[Any]:
    """Requests above the rate, or within 0.1 s after an answer that asked for it."""
    times = [at for at, _, _ in store.seen]
    crowded = [b for a, b in zip(times, times[count:], strict=False) if b - a < seconds]
    pairs = itertools.pairwise(store.seen)
    return crowded + [b for a, b in pairs if a[2] in (429, 503) and b[0] - a[0] < 0.1]


@pytest.mark.parametrize("kind", ["seconds", "date"])
def test_retry_after_holds_for_all_that_use_the_rate(store: Shop, kind: str) -> None:
    store.price("a", 1)
    asked = time.time()
    store.faults, store.retry_after = [429], "1" if kind == "seconds" else http_date(2)
    end = asked + 1 if kind == "seconds" else int(asked + 2)
    look(store)
    assert time.time() >= end
    store.faults, store.retry_after = [503], "3600"
    with pytest.raises(External, match="answers 503 and asks to come back after 3600"):
        look(store)
    before = len(store.seen)
    with pytest.raises(External, match=r"lets nobody go for 3[56]"):
        look(store, state="another")
    assert len(store.seen) == before


def test_what_is_wrong_names_the_place_and_changes_nothing(store: Shop) -> None:
    store.price("a", 1)
    look(store)
    before = Path("watch/state.json").read_bytes()
    store.price("a", 2)
    store.faults = ["broken"]
    with pytest.raises(Data, match=rf"{store.url}/api: broken JSON at line 2 column 14"):
        look(store)
    for options, said in [
        ({"items": "goods"}, "no list of items at 'goods'; it is an object with items, next"),
        ({"key": "id"}, "item 1 has no key at 'id'"),
        ({"fields": ["prize"]}, "no item has 'prize'"),
        ({"items": "`[]`"}, "there is no item at all"),
    ]:
        with pytest.raises(Data, match=said):
            look(store, **options)
    store.faults = [404]
    with pytest.raises(Data, match="answers 404"):
        look(store)
    with pytest.raises(Rule, match="knows another watch"):
        look(store, "/other")
    assert Path("watch/state.json").read_bytes() == before
    assert told(look(store)) == [("a", "price", 1, 2)]


def test_pages_are_read_in_their_own_encoding_where_robots_may(store: Shop) -> None:
    store.price("りんご", 98)
    page = {"html": True, "items": ".item", "key": "@data-sku", "fields": ["price=.price"]}
    page |= {"next": ""}
    store.robots = "User-agent: *\nDisallow: /private/*?x"
    assert look(store, "/html", **page)["lines"][0]["values"] == {"price": "98 円"}
    with pytest.raises(Rule, match=r"robots.txt does not allow .*/private/a\?x"):
        look(store, "/private/a?x", **page, state="other")
    look(store, "/html", **page)
    assert [path for _, path, _ in store.seen] == ["/robots.txt", "/html", "/robots.txt", "/html"]
    with pytest.raises(Data, match="there is no item at all"):
        look(store, "/html", **(page | {"items": ".card"}))
    store.moved = {"/robots.txt": "/robots", "/old": "/private/b?x"}
    with pytest.raises(Rule, match=r"does not allow .*/private/b\?x"):
        look(store, "/old", **page, state="moved")
    store.faults = [500] * 9
    before = len(store.seen)
    with pytest.raises(External, match=r"robots\.txt answers 500"):
        look(store, "/html", **page, state="down")
    assert len(store.seen) == before + 4


def test_a_secret_is_sent_to_its_own_host_only_and_shown_nowhere(
    store: Shop, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHOP_KEY", "se/cret")
    for number in range(4):
        store.price(str(number), 1)
    asked = [f"{store.url}/api?page={{page}}&key=$SHOP_KEY", "--key=sku", "--fields=price"]
    asked += ["--items=items", "--header=X-Key: ${SHOP_KEY}", "--rate=1000/s", "--tries=1"]
    assert main(asked) == 0
    assert store.headers[0]["x-key"] == "se/cret"
    assert "key=se%2Fcret" in store.seen[0][1]
    store.faults = [500]
    assert main(asked) == 75
    kept = "".join(p.read_text("utf-8") for p in Path("watch").iterdir())
    for text in (*capfd.readouterr(), kept):
        assert "cret" not in text
    with shop() as other:
        other.price("x", 1)
        store.items["0"]["next"] = f"{other.url}/api"
        assert look(store, next="items[0].next", headers={"X-Key": "$SHOP_KEY"}, state="b")
        assert "x-key" not in other.headers[0]


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")
def test_what_could_not_be_told_is_told_by_the_next_and_a_second_attempt_leaves_the_same(
    store: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "output.json"
    monkeypatch.setenv("JOBMON_OUTPUT", str(output))
    monkeypatch.setenv("JOBMON_TIME", "2026-11-23T06:10:00+09:00")
    monkeypatch.setenv("JOBMON_KEY", "prices#1/watch")
    store.price("りんご", 100)
    with pytest.raises(External, match="did not take the message"):
        look(store, notify=["json://127.0.0.1:9/"])
    with endpoint() as mail:
        assert look(store, notify=[f"json://127.0.0.1:{mail.port}/"])["new"] == 1
        found = look(store, notify=[f"json://127.0.0.1:{mail.port}/"])
        assert found["new"] == 1  # the job again: the same is left for those behind it
        assert json.loads(output.read_text("utf-8")) == found
        monkeypatch.setenv("JOBMON_KEY", "prices#2/watch")
        assert look(store, notify=[f"json://127.0.0.1:{mail.port}/"])["lines"] == []
    assert [m["message"] for m in mail.got] == ["りんご: new (price 100, stock 1)"]
    assert [x["time"] for x in history()] == ["2026-11-23T06:10:00+09:00"]


def test_the_file_has_the_options_and_names_its_mistakes(
    store: Shop, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    store.price("a", 1)
    file = tmp_path / "価格.toml"
    text = f'urls = ["{store.url}/api"]\nkey = "sku"\nfields = ["price"]\nitems = "items"\n'
    file.write_text(text, encoding="utf-8")
    assert main(["--config", str(file), "--rate", "1000/s"]) == 0
    assert "a: new (price 1)\n" in capfd.readouterr().out
    file.write_text(f"{text}retry = 3\n", encoding="utf-8")
    assert main(["--config", str(file)]) == 78
    assert "`retry`" in capfd.readouterr().err


def test_a_value_that_cannot_be_kept_is_an_error_of_data(store: Shop) -> None:
    for value in ("\ud800", float("nan")):
        store.price("a", value)
        with pytest.raises(Data):
            look(store)
    assert not os.path.exists("watch/history.ndjson")
    store.price("a", 2**70)
    assert look(store)["lines"][0]["values"]["price"] == 2**70
    assert look(store)["lines"] == []
