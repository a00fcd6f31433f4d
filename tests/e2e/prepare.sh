#!/usr/bin/env bash
# prepare.sh SOURCE EXAMPLES DEST: lays the tests and examples beside the packages that they import.
# The packages are installed anew only when the lock file has changed.
set -euo pipefail
source=$1 examples=$2 dest=$3

mkdir -p "$dest"
cp "$source"/*.mjs "$source"/package.json "$source"/package-lock.json "$examples"/*.mjs "$dest"
cd "$dest"
cmp -s package-lock.json node_modules/.installed && exit 0
npm ci --no-audit --no-fund
cp package-lock.json node_modules/.installed
