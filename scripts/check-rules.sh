#!/usr/bin/env bash
# Rules of the house that a grep can keep. Each rule names the few files that may break it and says
# why; a line that breaks one is printed with what to do instead.
set -uo pipefail
cd "$(dirname "$0")/.."
failed=0

# forbid PATTERN ADVICE [allowed path prefixes…] — over our sources, tests and benches alike
forbid() {
  local pattern=$1 advice=$2; shift 2
  local hits
  hits=$(grep -rnE --include='*.h' --include='*.cc' "$pattern" include src tests bench examples fuzz 2>/dev/null)
  for allowed in "$@"; do hits=$(grep -v "^$allowed" <<<"$hits"); done
  [ -z "$hits" ] && return
  printf '%s\n  rule: %s\n\n' "$hits" "$advice" >&2
  failed=1
}

forbid '(steady_clock|system_clock|high_resolution_clock)::now|\bclock_gettime *\(|\bgettimeofday *\(' \
  'time comes in through keypool::Clock' \
  src/pool/clock.cc bench/ tests/ examples/ src/cli/
forbid '\b(sleep_for|sleep_until|usleep|nanosleep)\b|[^_a-z]sleep\(' \
  'wait for a condition, not for time'
forbid '\b(rand|srand|random_device)\b' 'randomness is a seeded parameter'
forbid '\b(secure_)?getenv *\(|\bsetenv *\(' 'the environment is read in src/secrets, src/config/find_file.cc and src/cli' \
  src/secrets/ src/config/ src/cli/ tests/ bench/ examples/
forbid 'std::(cout|cerr)\b|\bprintf *\(' 'output belongs to src/cli' src/cli/ bench/ examples/ tests/ fuzz/
forbid '\b(TODO|FIXME|XXX|HACK)\b|not implemented' 'finish it, or file it'
forbid '^ *default:' 'a switch over our enums is exhaustive, so that a new value shows up where it must be decided' \
  src/http/ src/provider/ tests/
forbid 'using namespace std;' 'name what you use'

# The public API includes nothing from src/.
hits=$(grep -nE '#include "' -r include)
if [ -n "$hits" ]; then
  printf '%s\n  rule: include/keypool includes only <keypool/…> and the standard library\n\n' "$hits" >&2
  failed=1
fi

# A file that needs sections wants to be files.
while read -r lines file; do
  [ "$file" = total ] && continue
  if [ "$lines" -gt 800 ]; then
    echo "$file: $lines lines; rule: split it by concern below 800" >&2
    failed=1
  fi
done < <(find include src tests bench examples fuzz -name '*.h' -o -name '*.cc' | xargs wc -l)

exit $failed
