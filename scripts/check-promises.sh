#!/usr/bin/env bash
# Each promise of SECURITY.md names the tests that would fail if it were broken: `room.Suite.Name`.
# Prints those that do not exist in the build folder given. A name may be the beginning of several.
set -euo pipefail
cd "$(dirname "$0")/.."
tests=$(ctest --test-dir "$1" -N | sed -n 's/^ *Test *#[0-9]*: //p')
promised=$(sed -n '/^## What is promised/,/^## Choices/p' SECURITY.md)
failed=0

names=$(grep -oE '`[a-z_]+\.[^` ]+`' <<<"$promised" | tr -d '`')
while read -r name; do
  if ! grep -qF -- "$name" <<<"$tests"; then
    echo "SECURITY.md names a test that there is not: $name" >&2
    failed=1
  fi
done <<<"$names"

# From one promise to the next there is at least one test.
unproved=$(awk '/^- /{ if (open) print open; open = $0 } /^### /{ if (open) print open; open = "" }
                /`[a-z_]+\.[A-Za-z_]+[^` ]*`/{ open = "" } END { if (open) print open }' <<<"$promised")
if [ -n "$unproved" ]; then
  printf 'SECURITY.md promises without naming a test:\n%s\n' "$unproved" >&2
  failed=1
fi
exit $failed
