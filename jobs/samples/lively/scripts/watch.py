"""Look at 120 pages of other shops, one after the other, and say how far it is."""

import sys
import time

import shop

PAGES = 120


def main(speed):
    products = shop.read_csv(shop.DATA / "sheet.csv")
    changed = 0
    for page in range(1, PAGES + 1):
        slow = 40 <= page < 55  # these are of a shop with an old computer
        time.sleep((0.36 if slow else 0.12) / speed)
        if page % 9 == 0:
            product = products[page // 9 % len(products)]
            old = int(product["price"])
            print(f"{product['name']}: {old:,} → {old - page // 9 * 10:,}円")
            changed += 1
        print(f"progress {page}/{PAGES}", flush=True)
    shop.output(changed=changed)


if __name__ == "__main__":
    main(float(sys.argv[1]))
