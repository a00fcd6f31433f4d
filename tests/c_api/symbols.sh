#!/usr/bin/env bash
# The shared library shows exactly the functions of its map: none of C++'s, none forgotten.
#
#   symbols.sh libkeypool_c.so libkeypool_c.map
set -euo pipefail
shown=$(nm -D --defined-only "$1" | awk '$2 == "T" { sub(/@.*/, "", $3); print $3 }' | sort)
promised=$(awk '/global:/ { within = 1; next } /local:/ { within = 0 } within && NF { sub(/;/, "", $1); print $1 }' "$2" | sort)
diff <(echo "$promised") <(echo "$shown") && [ -z "$(nm -D --defined-only "$1" | grep -v ' [TA] ')" ]
