"""Step 1: collect today's offers of three shops into out/<day>/offers.csv."""

import argparse
import csv
import io
import json
import sys
import time
import traceback
from html.parser import HTMLParser

import shop


class Cards(HTMLParser):
    """Every <li class="item"> of a page as a dict: the class of each <span> and its text."""

    def __init__(self):
        super().__init__()
        self.found = []
        self.span = ""

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "li" and given.get("class") == "item":
            self.found.append({"code": given["data-code"]})
        self.span = given.get("class", "") if tag == "span" else ""

    def handle_data(self, data):
        if self.span and self.found:
            self.found[-1][self.span] = data.strip()

    def handle_endtag(self, tag):
        self.span = ""


def yen(text):
    """`2,080円` as a number."""
    return int(text.replace(",", "").rstrip("円"))


def minato(page):
    """港青果: a CSV in the encoding of the shop's old computer."""
    for row in csv.DictReader(io.StringIO(page.decode("cp932"))):
        yield row["商品コード"], yen(row["価格"]), int(row["在庫"])


def sakura(page):
    """さくら市場: a page of HTML."""
    cards = Cards()
    cards.feed(page.decode("utf-8"))
    for card in cards.found:
        price = yen(card["price"])
        yield card["code"], price, 0 if card["stock"] == "売切" else 1


def kita(page):
    """北の台所: JSON."""
    for item in json.loads(page)["items"]:
        yield item["code"], item["yen"], item["stock"]


SHOPS = (
    ("港青果", "minato.csv", minato),
    ("さくら市場", "sakura.html", sakura),
    ("北の台所", "kita.json", kita),
)


def fetch(name):
    """One page, at a polite pace."""
    time.sleep(shop.PAUSE)
    try:
        return (shop.SITES / name).read_bytes()
    except OSError as error:
        print(f"{name} did not answer: {error.strerror}", file=sys.stderr)
        raise SystemExit(shop.EXTERNAL) from None


def collect():
    """Rows of (shop, code, yen, stock) from all shops."""
    for name, file, read in SHOPS:
        offers = [(name, *offer) for offer in read(fetch(file))]
        print(f"{name}: {len(offers)} offers", flush=True)
        yield from offers


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--day", required=True)
    day = parser.parse_args().day
    try:
        rows = sorted(collect())
    except (KeyError, ValueError):  # a page reads otherwise than it used to
        traceback.print_exc()
        raise SystemExit(shop.WRONG_DATA) from None
    shop.write_csv(shop.folder(day) / "offers.csv", ("shop", "code", "yen", "stock"), rows)
    shop.output(offers=len(rows))


if __name__ == "__main__":
    main()
