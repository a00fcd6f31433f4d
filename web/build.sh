#!/usr/bin/env bash
# build.sh: builds the dashboard into src/admin/assets, to be committed.
# build.sh --check SOURCE WORK: builds a copy of SOURCE's web/ in the folder WORK and compares it with
# what is committed.
set -euo pipefail
cd "$(dirname "$0")"

install_packages() {
  cmp -s package-lock.json node_modules/.installed && return
  npm ci --no-audit --no-fund --loglevel=error
  cp package-lock.json node_modules/.installed
}

if [ "${1:-}" != --check ]; then
  install_packages
  npx tsc
  node build.mjs
  exit 0
fi

source=$2 work=$3
mkdir -p "$work"
rm -rf "$work/src" "$work/built"
cp -r "$source"/web/{package.json,package-lock.json,tsconfig.json,build.mjs,src} "$work"
cd "$work"
install_packages
npx tsc
node build.mjs built
if ! diff -rq built "$source/src/admin/assets"; then
  echo "src/admin/assets is not what web/ gives: run web/build.sh and commit it" >&2
  exit 1
fi
most=$((120 * 1024))
size=$(cat built/* | gzip -9 | wc -c)
if [ "$size" -gt "$most" ]; then
  echo "the dashboard is $size bytes gzipped; it may be $most" >&2
  exit 1
fi
