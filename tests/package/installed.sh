#!/usr/bin/env bash
# What is installed is enough to build against: the C++ library by find_package, the C one by pkg-config.
#
#   installed.sh BUILD_FOLDER EXAMPLES_FOLDER
set -euo pipefail
build=$1 examples=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for component in library dev; do
  cmake --install "$build" --component "$component" --prefix "$work/usr" >/dev/null
done

mkdir "$work/cpp"
cat >"$work/cpp/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(consumer LANGUAGES C CXX)
set(CMAKE_CXX_STANDARD 23)
find_package(keypool 0.1 REQUIRED)
add_executable(cpp ${EXAMPLES}/library/main.cc)
target_link_libraries(cpp PRIVATE keypool::keypool)
add_executable(c ${EXAMPLES}/c/main.c)
target_link_libraries(c PRIVATE keypool::keypool_c)
CMAKE
cmake -S "$work/cpp" -B "$work/cpp/build" -G Ninja -DCMAKE_PREFIX_PATH="$work/usr" -DEXAMPLES="$examples" >/dev/null
cmake --build "$work/cpp/build" >/dev/null
"$work/cpp/build/cpp"
"$work/cpp/build/c"

pkgconfig=$(dirname "$(find "$work/usr" -name keypool_c.pc)")
export PKG_CONFIG_PATH=$pkgconfig
cc "$examples/c/main.c" $(pkg-config --cflags --libs keypool_c) -o "$work/by_pkgconfig"
LD_LIBRARY_PATH=$(dirname "$pkgconfig") "$work/by_pkgconfig"
