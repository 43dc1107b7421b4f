# What can be done with a clone. `make run` and `make test` are the two that matter; README.md says more.
#
# Everything that is built goes to the cache directory, outside the clone: a second clone builds in seconds, and RocksDB is compiled
# once for all of them (scripts/rocksdb.sh).

SHELL := /bin/sh
.DEFAULT_GOAL := help
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/trefoil
CARGO_TARGET_DIR ?= $(CACHE)/target
export CARGO_TARGET_DIR
# Runs cargo with the cached RocksDB.
CARGO := rocksdb=$$(scripts/rocksdb.sh) && eval "$$rocksdb" && cargo
TREFOIL := $(CARGO_TARGET_DIR)/release/trefoil

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: deps
deps:
	@scripts/install-build-deps.sh

.PHONY: rocksdb
rocksdb: deps ## Compile RocksDB into the cache, where it is not there yet
	@scripts/rocksdb.sh >/dev/null

.PHONY: build
build: rocksdb ## Build the release
	$(CARGO) build --release --locked -p trefoil-appliance

.PHONY: run
run: build ## Build the release and serve ./data on 127.0.0.1:8000
	$(TREFOIL) serve --data-dir ./data

# The tests run a server with fail points in it, which do nothing unless a test arms them: so one build serves all suites. Cargo builds
# the binary with the tests of its own package.
TESTS := test --workspace --locked --features trefoil-appliance/failpoints
.PHONY: test-build
test-build: rocksdb
	$(CARGO) $(TESTS) --no-run

.PHONY: test
test: test-build ## Run every suite at its CI size
	cargo fmt --all --check
	$(CARGO) $(TESTS)
	export TREFOIL_FAILPOINTS_BIN=$(CARGO_TARGET_DIR)/debug/trefoil && $(CARGO) $(TESTS) --test crash -- --ignored

.PHONY: fmt
fmt: ## Format the sources
	cargo fmt --all

.PHONY: lint
lint: rocksdb ## Check the format; run clippy, where a warning is an error
	cargo fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings

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
