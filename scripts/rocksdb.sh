#!/bin/sh
# Compiles RocksDB once for all clones, profiles and targets of a machine (twelve minutes on two cores), and prints the two
# variables that make cargo link the result. Usage: eval "$(scripts/rocksdb.sh)"
#
# The library is kept under a key made of everything that goes into it: the crate's version, its features, the target flags, the
# C++ compiler. Another key is another library; an old one is never reused by mistake. It stands in the cache whole or not at all.
set -eu

# Whoever brings a library of his own is left alone.
if [ -n "${ROCKSDB_LIB_DIR:-}" ]; then
    exit 0
fi

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/trefoil/rocksdb

version=$(awk '$1 == "name" && $3 == "\"librocksdb-sys\"" { found = 1 } found && $1 == "version" { gsub(/"/, "", $3); print $3; exit }' "$root/Cargo.lock")
features=$(grep -E '^rocksdb *=' "$root/Cargo.toml")
flags="${RUSTFLAGS:-} $(grep -E '^ *rustflags' "$root/.cargo/config.toml" || true) ${CXXFLAGS:-}"
compiler=$(${CXX:-c++} --version | head -n 1)
if [ -z "$version" ] || [ -z "$features" ]; then
    echo "rocksdb.sh: no librocksdb-sys in Cargo.lock, or no rocksdb in Cargo.toml" >&2
    exit 1
fi
key=$version-$(printf '%s\n' "$(uname -m)" "$features" "$flags" "$compiler" | sha256sum | cut -c 1-16)
library=$cache/$key/librocksdb.a

if [ "${1:-}" = key ]; then
    echo "$key"
    exit 0
fi

if [ ! -f "$library" ]; then
    echo "rocksdb.sh: compiling RocksDB ($version) once; this takes about twelve minutes on two cores" >&2
    mkdir -p "$cache/$key"
    # One at a time: another make waits here, and then finds the library.
    exec 9>"$cache/$key/lock"
    flock 9
fi
if [ ! -f "$library" ]; then
    build=$cache/$key/build
    (cd "$root" && CARGO_TARGET_DIR="$build" cargo build --release --locked -p librocksdb-sys >&2)
    built=$(find "$build/release/build" -path '*/librocksdb-sys-*/out/librocksdb.a' -type f | head -n 1)
    if [ -z "$built" ]; then
        echo "rocksdb.sh: the build left no librocksdb.a below $build" >&2
        exit 1
    fi
    cp "$built" "$library.$$"
    sync "$library.$$"
    mv "$library.$$" "$library"
    rm -rf "$build"
fi
echo "export ROCKSDB_LIB_DIR='$cache/$key' ROCKSDB_STATIC=1"
