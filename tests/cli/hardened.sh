#!/usr/bin/env bash
# The program is built so that a mistake in it is hard to use: position-independent, its relocations
# read-only from the start, its stack not executable and guarded, its buffers checked.
set -euo pipefail
program=$1
has() {  # WHAT PATTERN READELF-OPTION
  if ! grep -qE -- "$2" <<<"$(readelf -W "$3" "$program")"; then
    echo "$program: $1 is missing" >&2
    exit 1
  fi
}
has 'position independence' 'Type: +DYN' -h
has 'read-only relocations' 'GNU_RELRO' -l
has 'binding at the start' 'BIND_NOW' -d
has 'a stack without code' 'GNU_STACK.* RW +0x' -l
has 'the stack guard' '__stack_chk_fail' -s
has 'checked buffer functions' '_chk@' -s
