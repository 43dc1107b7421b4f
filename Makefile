# What can be done with a clone. `make run` and `make test` are the two that matter; README.md says more.
#
# Everything that is built goes to the cache directory, outside the clone, and is used again by the next clone; RocksDB, which takes
# longest, is compiled once for all of them (scripts/rocksdb.sh). Two clones that test at the same time each need a
# CARGO_TARGET_DIR of their own: they would test each other's binary.

SHELL := /bin/sh
.DEFAULT_GOAL := help
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/trefoil
CARGO_TARGET_DIR ?= $(CACHE)/target
export CARGO_TARGET_DIR
# Runs cargo with the cached RocksDB, on this clone's sources.
CARGO := rocksdb=$$(scripts/rocksdb.sh) && eval "$$rocksdb" && scripts/claim-target.sh && cargo
TREFOIL := $(CARGO_TARGET_DIR)/release/trefoil
PREFIX ?= /usr/local

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: deps
deps:
	@scripts/install-deps.sh

.PHONY: test-deps
test-deps:
	@scripts/install-deps.sh test

.PHONY: rocksdb
rocksdb: deps ## Compile RocksDB into the cache, where it is not there yet
	@scripts/rocksdb.sh >/dev/null

.PHONY: build
build: rocksdb ## Build the release
	$(CARGO) build --release --locked -p trefoil-appliance

.PHONY: run
run: build ## Build the release and serve ./data on 127.0.0.1:8000
	$(TREFOIL) serve --data-dir ./data

.PHONY: install
install: build ## Put the trefoil command into PREFIX/bin (PREFIX=/usr/local)
	install -D -m 755 $(TREFOIL) $(DESTDIR)$(PREFIX)/bin/trefoil

# The tests run a server with fail points in it, which do nothing unless a test arms them: so one build serves all suites. Cargo builds
# the binary with the tests of its own package.
DEBUG := $(CARGO_TARGET_DIR)/debug
CLIPPY := clippy --workspace --all-targets --locked -- -D warnings
# Whether the suites of the file doors can run: they mount by FUSE, as root, with tools of Debian's packages. Where they can, a test that
# leaves mounts out fails.
FILES_TESTED := $(shell [ -c /dev/fuse ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo 1)
ifeq ($(FILES_TESTED),1)
test test-build bad-input: export TREFOIL_TEST_FUSE := 1
endif
# What `make test` runs of `make clients`.
CLIENTS_SLICE := boto3-current aws
TESTS := test --workspace --locked --features trefoil-appliance/failpoints
.PHONY: test-build
test-build: test-deps rocksdb files-tools
	$(CARGO) $(TESTS) --no-run
	$(CARGO) $(CLIPPY)

.PHONY: test
test: test-build ## Run every suite at its CI size
	cargo fmt --all --check
	$(CARGO) $(TESTS)
	$(CARGO) $(TESTS) --test crash -- --ignored
	tests/clients/install.sh $(CLIENTS_SLICE)
	TREFOIL_BIN=$(DEBUG)/trefoil tests/clients/run.sh $(CLIENTS_SLICE)
	$(MAKE) files-slice

.PHONY: fmt
fmt: ## Format the sources
	cargo fmt --all

.PHONY: lint
lint: test-deps rocksdb ## Check the format; run clippy, where a warning is an error
	cargo fmt --all --check
	$(CARGO) $(CLIPPY)

.PHONY: deny
deny: ## Check licences, bans and sources of the dependencies
	scripts/cargo-deny.sh --locked check licenses bans sources

# Advisories change from day to day, so they are no part of the tests. ADVISORY_DB is a checkout of
# https://github.com/rustsec/advisory-db
.PHONY: advisories
advisories: ## Check the dependencies against the advisories in ADVISORY_DB=DIR
	@test -n "$(ADVISORY_DB)" || { echo "make advisories: give ADVISORY_DB=DIR, a checkout of rustsec/advisory-db" >&2; exit 2; }
	scripts/advisories.sh "$(ADVISORY_DB)"

-include tests/targets.mk
-include tests/bench.mk
