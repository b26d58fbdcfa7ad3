#!/bin/sh
# Make eight pictures small. Once in a dozen runs somebody left the large ones of the camera there,
# and it takes three times as long.
set -eu
n=${JOBMON_RUN##*#}
pause=$(awk -v n="$n" -v speed="${speed:-1}" 'BEGIN {
    s = (4.6 + n % 5 * 0.2) / 8
    print (n % 12 == 11 ? 3 * s : s) / speed
}')
for code in C-401 K-301 K-701 M-101 N-601 R-201 S-501 S-502; do
    sleep "$pause"
    echo "$code.jpg 640x480"
done
