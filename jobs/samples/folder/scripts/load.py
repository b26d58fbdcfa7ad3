"""Step 2: load our own sheet and the day's offers into out/<day>/shop.sqlite.

The database is built from nothing under a temporary name, so a rerun gives the same file.
"""

import contextlib
import sqlite3
import sys

import shop

TABLES = """
create table product(code text primary key, name text, cost int, price int, status text);
create table offer(shop text, code text, yen int, stock int, primary key(shop, code));
"""


def load(path, products, offers):
    with shop.replacing(path) as temporary, contextlib.closing(sqlite3.connect(temporary)) as db:
        db.executescript(TABLES)
        db.executemany("insert into product values(:code, :name, :cost, :price, :status)", products)
        db.executemany("insert into offer values(:shop, :code, :yen, :stock)", offers)
        db.commit()


def main():
    folder = shop.folder(sys.argv[1])
    products = shop.read_csv(shop.DATA / "sheet.csv")
    offers = shop.read_csv(folder / "offers.csv")
    load(folder / "shop.sqlite", products, offers)
    print(f"{len(products)} products, {len(offers)} offers loaded")
    shop.output(rows=len(products) + len(offers))


if __name__ == "__main__":
    main()
