#!/usr/bin/env bash
# Makes a root folder that holds the gateway, what it needs to run, and nothing else: no shell, no package manager.
#
#   packaging/container/root.sh build/package/keypool_*.deb FOLDER
set -euo pipefail
package=$1 root=$2
mkdir -p "$root"
dpkg-deb -x "$package" "$root"
rm -rf "$root/usr/share/doc" "$root/usr/share/man" "$root/usr/share/lintian" "$root/usr/lib/systemd"

# Each library by the path the loader asks for, and the loader itself.
ldd "$root/usr/bin/keypool" | grep -o '/[^ ]*' | while read -r library; do
  install -D "$library" "$root$library"
done
# What glibc loads by name to look hosts up.
for library in libnss_dns.so.2 libnss_files.so.2 libresolv.so.2; do
  path=$(ldconfig -p | awk -v name="$library" '$1 == name { print $NF; exit }')
  [ -z "$path" ] || install -D "$path" "$root$path"
done
install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
printf 'root:x:0:0::/:\nkeypool:x:65532:65532::/var/lib/keypool:\n' >"$root/etc/passwd"
printf 'root:x:0:\nkeypool:x:65532:\n' >"$root/etc/group"
install -d -m 1777 "$root/tmp"
install -d -m 700 "$root/var/lib/keypool"
[ "$(id -u)" -ne 0 ] || chown 65532:65532 "$root/var/lib/keypool"
