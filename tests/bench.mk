# Measurements. Figures mean something on a quiet machine only; each run writes tests/results/<suite>.json.
# ARGS goes to the runner: make bench ARGS="--servers trefoil,minio".

EXAMPLES := $(CARGO) build --release --locked -p trefoil-tests --example put_keys --example compact_index
MEASURE := TREFOIL_BIN="$(TREFOIL)"

.PHONY: bench-peers
bench-peers: ## Install the servers that make bench compares with (20 minutes once)
	tests/bench/peers.sh

.PHONY: bench
bench: test-deps build ## Measure Trefoil and the installed peers in one run; the figures go into README.md
	$(MEASURE) tests/bench/run.py --readme $(ARGS)

.PHONY: scale
scale: test-deps build ## Measure listings, index size and a directory's rename at a million objects
	$(EXAMPLES)
	$(MEASURE) tests/scale/run.py --readme $(ARGS)

.PHONY: memory
memory: test-deps build ## Measure memory, idle and under 64 uploads and downloads of 256 MiB
	$(MEASURE) tests/memory/run.py --readme $(ARGS)

FILE_EXAMPLES := $(CARGO) build --release --locked -p trefoil-tests --example memory_fs --example file_load --example nfs_load
# What can't be installed is named, and left out of the run.
.PHONY: bench-files
bench-files: test-deps build ## Measure the file doors beside a floor in memory, s3fs, the disk and nfs-ganesha; into README.md
	-tests/files/bench/peers.sh
	$(FILE_EXAMPLES)
	$(MEASURE) tests/files/bench/run.py --readme $(ARGS)
