"""Step 3: publish today's catalogue as a page and as a CSV, in public/."""

import contextlib
import html
import sqlite3
import sys
import time

import shop

PAGE = """<!doctype html>
<html lang="ja"><meta charset="utf-8"><title>三毛商店 {day}</title>
<h1>三毛商店 本日の価格</h1><p>{day}</p>
<table><tr><th>商品</th><th>価格</th><th>状態</th></tr>
{rows}
</table></html>
"""
ROW = "<tr><td>{}</td><td>{:,}円</td><td>{}</td></tr>"


def catalogue(path):
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return db.execute("select name, price, status from product order by code").fetchall()


def page(day, rows):
    lines = "\n".join(ROW.format(html.escape(name), yen, status) for name, yen, status in rows)
    return PAGE.format(day=day, rows=lines)


def main():
    day = sys.argv[1]
    rows = catalogue(shop.folder(day) / "shop.sqlite")
    shop.write_csv(shop.PUBLIC / "catalogue.csv", ("name", "price", "status"), rows)
    with shop.replacing(shop.PUBLIC / "index.html") as temporary:
        temporary.write_text(page(day, rows), encoding="utf-8")
    time.sleep(shop.PAUSE)  # the upload of a page
    print(f"published {len(rows)} products")


if __name__ == "__main__":
    main()
