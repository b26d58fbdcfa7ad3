#!/bin/sh
# Stands in for work that takes $1 seconds.
exec sleep "$(awk "BEGIN { print $1 / ${speed:-1} }")"
