#!/usr/bin/env bash
# screenshots.sh KEYPOOL [FOLDER]: takes the pictures of the documentation (default docs/images) anew.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
binary=$(realpath "$1")
folder=$(realpath -m "${2:-$here/../../docs/images}")
work=$(dirname "$binary")/web/tests

"$here/prepare.sh" "$here" "$work"
cd "$work"
KEYPOOL_BINARY=$binary CHROMIUM=${CHROMIUM:-$(command -v chromium)} node screenshots.mjs "$folder"
if command -v pngquant >/dev/null; then pngquant --force --ext .png --skip-if-larger "$folder"/*.png || true; fi
