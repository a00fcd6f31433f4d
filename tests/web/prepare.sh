#!/usr/bin/env bash
# prepare.sh SOURCE DEST: lays the tests beside the packages that they import. The packages are
# installed anew only when the lock file has changed; the browser is Debian's own.
set -euo pipefail
source=$1 dest=$2

mkdir -p "$dest"
cp "$source"/*.mjs "$source"/*.py "$source"/package.json "$source"/package-lock.json "$dest"
cd "$dest"
cmp -s package-lock.json node_modules/.installed && exit 0
npm ci --no-audit --no-fund --ignore-scripts
cp package-lock.json node_modules/.installed
