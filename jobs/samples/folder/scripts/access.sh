#!/bin/sh
# Step 4: how often each product's page was looked at, from the web server's log.
set -eu
out="out/$day"
mkdir -p "$out"
temporary="$out/.access.csv.$$"
trap 'rm -f "$temporary"' EXIT

awk '$9 == 200 && $7 ~ /^\/item\// { n[substr($7, 7)]++ }
     END { for (code in n) print code "," n[code] }' data/access.log | LC_ALL=C sort > "$temporary"
sleep "${POLITE_SECONDS:-0.2}"
mv "$temporary" "$out/access.csv"

views=$(awk -F, '{ sum += $2 } END { print sum + 0 }' "$out/access.csv")
echo "$views 回の閲覧を集計しました"
printf '{"views": %d}' "$views" > "${JOBMON_OUTPUT:-/dev/null}"
