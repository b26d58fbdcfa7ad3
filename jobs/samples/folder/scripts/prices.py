"""Steps 6 and 7: fix our prices in another market, one after the other.

Never below cost, fee and carriage; otherwise just under the cheapest offer, ending in 80.
"""

import contextlib
import sqlite3
import sys
import time

import shop

MARKETS = {  # name, fee in percent, carriage in yen
    "yokohama": ("横浜市場", 8, 0),
    "kobe": ("神戸市場", 6, 400),
}
PRODUCTS = """
select code, name, cost, price, min(offer.yen) from product join offer using (code)
where status = '販売中' and stock > 0 group by code order by code
"""


def fixed(cost, cheapest, fee, carriage):
    """The new price in yen: the cheapest offer beaten where the costs allow it."""
    floor = -(-cost * (100 + fee) // 100) + carriage
    price = (cheapest - 80) // 100 * 100 + 80
    while price < floor:
        price += 100
    return price


def products(day):
    path = shop.folder(day) / "shop.sqlite"
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return db.execute(PRODUCTS).fetchall()


def main():
    key, day = sys.argv[1:]
    market, fee, carriage = MARKETS[key]
    rows = []
    for code, name, cost, price, cheapest in products(day):
        new = fixed(cost, cheapest, fee, carriage)
        if new != price:
            time.sleep(shop.PAUSE / 2)  # the market's form takes one price at a time
            print(f"{market} {name}: {price:,} → {new:,}円", flush=True)
            rows.append((code, name, price, new))
    shop.write_csv(shop.folder(day) / f"prices-{key}.csv", ("code", "name", "old", "new"), rows)
    shop.output(changed=len(rows))


if __name__ == "__main__":
    main()
