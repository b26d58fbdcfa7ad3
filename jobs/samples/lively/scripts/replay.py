"""Read the web server's log the way it was written: in waves, as visitors come and go."""

import itertools
import sys
import time

import shop

WAVES = 5
WAVE = (1, 2, 4, 9, 18, 30, 22, 12, 6, 3, 1, 0, 0, 2, 7, 25, 40, 16, 5, 1)  # lines in a tenth


def main(speed):
    lines = itertools.cycle((shop.DATA / "access.log").read_text(encoding="utf-8").splitlines())
    for count in WAVE * WAVES:
        for line in itertools.islice(lines, count):
            print(line)
        time.sleep(0.1 / speed)


if __name__ == "__main__":
    main(float(sys.argv[1]))
