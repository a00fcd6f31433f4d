#!/usr/bin/env bash
# Installs the packages of `make package` into a fresh Debian root, has the gateway serve a call there, links a program
# against the libraries, takes the packages away again, and tells what is left. As root.
#
#   packaging/try.sh build/package [MIRROR]      MIRROR: where debootstrap takes Debian from
set -euo pipefail
packages=$(realpath "$1")
mirror=${2:-}
root=$(mktemp -d)
chmod 755 "$root"
gateway=
finish() {
  [ -z "$gateway" ] || kill "$gateway" 2>/dev/null || true
  mountpoint -q "$root/proc" && umount "$root/proc"
  rm -rf "$root"
}
trap finish EXIT
inside() { chroot "$root" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"; }
say() { printf '\n── %s\n' "$*"; }

say "a fresh root"
debootstrap --variant=minbase bookworm "$root" ${mirror:+"$mirror"} >/dev/null
mount -t proc proc "$root/proc"
cp /etc/resolv.conf "$root/etc/resolv.conf"
cp "$packages"/*.deb "$root/root/"
inside apt-get update -qq
inside apt-get install -y --no-install-recommends curl gcc libc6-dev pkg-config >/dev/null
(cd "$root" && find etc usr var/lib -xdev \( -path '*keypool*' \) | sort) >"$root/root/before"

say "installed"
inside sh -c 'apt-get install -y --no-install-recommends /root/*.deb' >/dev/null
inside dpkg -l 'keypool' 'libkeypool*' | tail -n 3
inside keypool --version

say "serves"
chroot "$root" /usr/bin/keypool serve --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 >"$root/root/serve.log" 2>&1 &
gateway=$!
address=
for _ in $(seq 100); do
  address=$(awk '$1 == "calls" { print $2 }' "$root/root/serve.log")
  [ -z "$address" ] || break
  read -rt 0.1 <> <(:) || true
done
inside curl -sf "$address/demo/v1/chat/completions" -H 'content-type: application/json' \
  -d '{"model": "gpt-4.1-mini", "messages": [{"role": "user", "content": "Say hi"}]}'
echo
kill "$gateway"; wait "$gateway" || true; gateway=

say "links"
cp "$(dirname "$0")/../examples/c/main.c" "$root/root/"
inside sh -c 'cd /root && gcc main.c $(pkg-config --cflags --libs keypool_c) -o ask && ./ask'

say "purged; left behind:"
inside sh -c 'apt-get purge -y keypool libkeypool-c0 libkeypool-dev' >/dev/null
(cd "$root" && find etc usr var/lib -xdev \( -path '*keypool*' \) | sort) >"$root/root/after"
if diff "$root/root/before" "$root/root/after"; then echo "nothing"; else exit 1; fi
