#!/bin/sh
# The sales of the shop $1, hour by hour; it takes $2 seconds.
set -eu
pause=$(awk "BEGIN { print $2 / 10 / ${speed:-1} }")
yen=0
for hour in 10 11 12 13 14 15 16 17 18 19; do
    sleep "$pause"
    sold=$((hour * 1180 + $2 * 640))
    yen=$((yen + sold))
    echo "$1 ${hour}時: ${sold}円"
done
printf '{"yen": %d}' "$yen" > "${JOBMON_OUTPUT:-/dev/null}"
