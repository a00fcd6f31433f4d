# Each target installs the Debian packages it needs, so that a fresh machine needs nothing but make.
#
#   make run      build, then `keypool serve` (ARGS="--listen 127.0.0.1:9000" is passed on)
#   make test     build everything and run every test; what CI runs
#   make build    build/release/keypool, libkeypool.a and libkeypool_c.so
#   make bench    the benchmarks, with nginx and haproxy beside us
#   make docs     build/docs, the documentation as pages
#   make dashboard    src/admin/assets from web/, to be committed
#   make screenshots  docs/images, from a running dashboard
#   make soak     twenty minutes of load and faults (SOAK_SECONDS): does it grow?
#   make fuzz     each fuzzer for FUZZ_SECONDS (default 60)
#   make asan     every test under AddressSanitizer and UndefinedBehaviorSanitizer
#   make tsan     every test under ThreadSanitizer
#   make package  build/package/*.deb
#   make clean    remove build/
.DEFAULT_GOAL := build
.PHONY: run build test bench soak docs dashboard screenshots fuzz asan tsan package clean

JOBS ?= $(shell nproc)
ARGS ?=
FUZZ_SECONDS ?= 60
SOAK_SECONDS ?= 1200

# Configures quietly: what CMake says is only of interest when it fails.
configure = @mkdir -p build && { cmake --preset $(1) -Wno-dev $(2) >build/configure-$(1).log 2>&1 || { cat build/configure-$(1).log; exit 1; }; }
compile = @cmake --build build/$(1) -j $(JOBS) $(if $(2),--target $(2))
check = @ctest --test-dir build/$(1) --output-on-failure --no-tests=error -j $(JOBS)

build:
	@scripts/install-packages.sh build
	$(call configure,release,-DKEYPOOL_TESTS=OFF -DKEYPOOL_BENCH=OFF)
	$(call compile,release)

run: build
	@exec build/release/keypool serve $(ARGS)

test:
	@scripts/install-packages.sh build test
	$(call configure,release,-DKEYPOOL_TESTS=ON -DKEYPOOL_BENCH=ON)
	$(call compile,release)
	$(call check,release)

asan tsan:
	@scripts/install-packages.sh build test
	$(call configure,$@,)
	$(call compile,$@)
	$(call check,$@)

bench:
	@scripts/install-packages.sh build test bench
	$(call configure,release,-DKEYPOOL_TESTS=ON -DKEYPOOL_BENCH=ON)
	$(call compile,release)
	@bench/run $(ARGS)

docs:
	@scripts/install-packages.sh test
	@docs/site/build.py build/docs

soak:
	@scripts/install-packages.sh build test bench
	$(call configure,release,-DKEYPOOL_TESTS=ON -DKEYPOOL_BENCH=ON)
	$(call compile,release,keypool load_generator)
	@python3 -B tests/soak/soak.py --keypool build/release/keypool --load build/release/bench/http/load_generator --seconds $(SOAK_SECONDS)

dashboard:
	@scripts/install-packages.sh test
	@web/build.sh

screenshots: build
	@scripts/install-packages.sh test
	@tests/web/screenshots.sh build/release/keypool

fuzz:
	@scripts/install-packages.sh build fuzz
	@mkdir -p build/found
	@cmake -S . -B build/fuzz -G Ninja -Wno-dev -DCMAKE_CXX_COMPILER=clang++ -DKEYPOOL_FUZZ=ON >build/configure-fuzz.log 2>&1 || { cat build/configure-fuzz.log; exit 1; }
	@cmake --build build/fuzz -j $(JOBS) --target fuzzers
	@for fuzzer in build/fuzz/fuzz/*_fuzz; do \
	  parser=$$(basename $$fuzzer _fuzz); echo "fuzzing $$parser for $(FUZZ_SECONDS) s"; mkdir -p build/found/$$parser; \
	  $$fuzzer -max_total_time=$(FUZZ_SECONDS) -dict=fuzz/json.dict -print_final_stats=0 -verbosity=0 \
	    -artifact_prefix=build/found/$$parser- build/found/$$parser fuzz/corpus/$$parser || exit 1; \
	done

package: build
	@scripts/install-packages.sh package
	@cpack --config build/release/CPackConfig.cmake -B build/package >build/package.log 2>&1 || { cat build/package.log; exit 1; }
	@ls build/package/*.deb

clean:
	@rm -rf build
