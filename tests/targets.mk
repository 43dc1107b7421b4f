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

# The file doors, from outside the process (tests/files/). They mount by FUSE, which needs root; the guest is Debian's kernel in QEMU.
FILES := tests/files
# What `make test` runs of them, in its build phase and in its test phase.
.PHONY: files-tools
ifeq ($(FILES_TESTED),1)
files-tools:
	$(FILES)/install.sh posix integrity real-use crossover guest
	$(FILES)/guest/build.sh
else
files-tools:
	@echo "the suites of the file doors, and all tests that mount, are left out: they need root, /dev/fuse and Debian" >&2
endif

.PHONY: files-slice
files-slice: files-tools $(if $(FILES_TESTED),files-slice-mounted)

.PHONY: files-slice-mounted
files-slice-mounted: export TREFOIL_BIN = $(DEBUG)/trefoil
files-slice-mounted: files-tools
	$(FILES)/posix/run.py fuse
	$(FILES)/integrity/run.py --slice
	$(FILES)/crossover/run.py --slice
	$(FILES)/crash/run.py --slice
	$(FILES)/real-use/run.py --slice
	$(FILES)/nfs-client/run.py --slice
	$(FILES)/bench/run.py --quick

.PHONY: posix
posix: test-deps build ## Run pjdfstest (cargo's) on a FUSE mount and through Linux's NFSv3 client
	$(FILES)/install.sh posix guest
	TREFOIL_BIN=$(TREFOIL) $(FILES)/posix/run.py $(ARGS)

# PJDFSTEST is a built checkout of https://github.com/pjd/pjdfstest
.PHONY: pjdfstest
pjdfstest: ## Run the C suite of pjdfstest from PJDFSTEST=DIR on a FUSE mount
	@test -x "$(PJDFSTEST)/pjdfstest" || { echo "make pjdfstest: give PJDFSTEST=DIR, a built checkout of pjd/pjdfstest" >&2; exit 2; }
	$(MAKE) test-deps build
	$(FILES)/install.sh posix
	TREFOIL_BIN=$(TREFOIL) $(FILES)/posix/c_suite.py "$(PJDFSTEST)"

.PHONY: integrity
integrity: test-deps build ## Let fsx, fio, stress-ng and a storm of operations work on a mount, and compare it with S3 (long)
	$(FILES)/install.sh integrity guest
	TREFOIL_BIN=$(TREFOIL) $(FILES)/integrity/run.py $(ARGS)

.PHONY: crossover
crossover: test-deps build ## Do every operation through one door and look at it through the others
	$(FILES)/install.sh crossover
	$(CARGO) build --release --locked -p trefoil-tests --example put_keys
	TREFOIL_BIN=$(TREFOIL) $(FILES)/crossover/run.py $(ARGS)

.PHONY: crash-files
crash-files: test-deps build ## Kill the server 100 times during a storm on all doors (long)
	TREFOIL_BIN=$(TREFOIL) $(FILES)/crash/run.py $(ARGS)

.PHONY: real-use
real-use: test-deps build ## Use a mount for git, cargo, tar, rsync, vim, SQLite, dbench and a kernel's build (long)
	$(FILES)/install.sh real-use kernel
	TREFOIL_BIN=$(TREFOIL) $(FILES)/real-use/run.py $(ARGS)

.PHONY: nfs-client
nfs-client: test-deps build ## Let Linux's NFSv3 client work in QEMU, two of them at once, and over kill -9 of the server
	$(FILES)/install.sh guest
	TREFOIL_BIN=$(TREFOIL) $(FILES)/nfs-client/run.py $(ARGS)
