#!/usr/bin/env bash
# Installs the Debian packages of packages.txt that are missing. As root, or with sudo; without
# either it prints the one line to run.
#
#   install-packages.sh build test     the sections of packages.txt that are wanted
set -euo pipefail

list=$(dirname "$0")/packages.txt
sections=" $* "

wanted() {
  awk -v sections="$sections" '/^#/ { section = $2; next } NF && index(sections, " " section " ") { print $1 }' "$list"
}

# A tool that is there already, from wherever, is not installed again.
present() {
  case "$1" in
    nodejs) command -v node >/dev/null ;;
    npm) command -v npm >/dev/null ;;
    libnode-dev) [ -f /usr/include/node/node_api.h ] ;;
    rustc) command -v rustc >/dev/null ;;
    nginx-light) command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] ;;
    *) dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'install ok installed' ;;
  esac
}

missing=()
for package in $(wanted); do
  present "$package" || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

install=(apt-get install -y --no-install-recommends "${missing[@]}")
if [ "$(id -u)" -eq 0 ]; then
  run=()
elif sudo -n true 2>/dev/null || { [ -t 0 ] && command -v sudo >/dev/null; }; then
  run=(sudo)
else
  echo "keypool needs packages that are not installed, and this user may not install them. Run once:" >&2
  echo "  sudo apt-get update && sudo ${install[*]}" >&2
  exit 1
fi

echo "Installing: ${missing[*]}" >&2
"${run[@]}" apt-get update -qq
"${run[@]}" env DEBIAN_FRONTEND=noninteractive "${install[@]}" >/dev/null
