# Each target installs the Debian packages it needs, so that a fresh machine needs nothing but make.
.DEFAULT_GOAL := build
.PHONY: run build test bench asan tsan clean packages build-packages

JOBS ?= $(shell nproc)

build-packages:
	@scripts/install-packages.sh build

packages:
	@scripts/install-packages.sh

define build_preset
	@cmake --preset $(1) -Wno-dev >build-$(1).log 2>&1 || { cat build-$(1).log; rm -f build-$(1).log; exit 1; }; rm -f build-$(1).log
	@cmake --build --preset $(1) -j $(JOBS) $(2)
endef
