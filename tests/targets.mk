# The suites that have targets of their own. Included by the Makefile, which gives CARGO, CARGO_TARGET_DIR, DEBUG and TREFOIL.

# One binary serves all suites, as in `make test`: fail points do nothing unless a test arms them.
.PHONY: s3-cases
s3-cases: test-deps rocksdb ## Run the project's own S3 cases over a real socket (TREFOIL_CASE=text chooses)
	$(CARGO) build --locked -p trefoil-appliance --features failpoints
	$(CARGO) test --locked -p trefoil-tests --test s3_cases -- --nocapture

.PHONY: bad-input
bad-input: test-deps rocksdb ## Send malformed, oversized and hostile requests
	$(CARGO) build --locked -p trefoil-appliance --features failpoints
	$(CARGO) test --locked -p trefoil-tests --test bad_input -- --nocapture

.PHONY: crash-build
crash-build: test-deps rocksdb
	$(CARGO) build --locked -p trefoil-appliance --features failpoints

.PHONY: crash-slice
crash-slice: crash-build
	$(CARGO) test --locked -p trefoil-tests --test crash -- --include-ignored --nocapture

# Takes about a quarter of an hour, shows each crash as it goes, and writes tests/results/crash.json.
.PHONY: crash
crash: crash-build ## Kill the server at every fail point in every shape, and 200 times under load (long)
	export TREFOIL_CRASH=full TREFOIL_CRASH_RESULTS=$(CURDIR)/tests/results/crash.json TREFOIL_COMMIT=$$(git rev-parse HEAD) && \
	$(CARGO) test --locked -p trefoil-tests --test crash -- --include-ignored --nocapture
	python3 tests/bench/readme.py

.PHONY: clients
clients: build ## Let aws cli, boto3, rclone, s3cmd and restic do their everyday work
	tests/clients/install.sh
	TREFOIL_BIN=$(TREFOIL) tests/clients/run.sh

# S3TESTS is a checkout of https://github.com/ceph/s3-tests
.PHONY: s3-tests
s3-tests: ## Run ceph/s3-tests from S3TESTS=DIR and compare every outcome
	@test -f "$(S3TESTS)/s3tests/functional/test_s3.py" || { echo "make s3-tests: give S3TESTS=DIR, a checkout of ceph/s3-tests" >&2; exit 2; }
	$(MAKE) test-deps build
	TREFOIL_BIN=$(TREFOIL) python3 tests/s3-tests/run.py --readme "$(S3TESTS)"

.PHONY: fixture
fixture: rocksdb ## Write the data directory that later releases must open (before a release)
	$(CARGO) $(TESTS) --test upgrade -- --ignored

# Work is counted, not timed; still, a million deletions in four orders on two engines take a while.
.PHONY: deletions
deletions: rocksdb ## Delete a million keys in order and count what each deletion costs (long)
	export TREFOIL_TREE_DELETIONS=1000000 && $(CARGO) test --release --locked -p trefoil-core --lib namespace::tests::costs::deleting -- --nocapture
