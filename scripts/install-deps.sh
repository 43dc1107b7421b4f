#!/bin/sh
# Installs what the build needs beside git, make and Rust, where it is missing: a C++ compiler with C++20 for RocksDB, libclang for
# its bindings. `install-deps.sh test` installs what the suites start, too: every program that a test names is here (a test compares).
# Does nothing, and needs no root, where all is there.
# Tested on Debian 12. Ubuntu and EL9 (RHEL, Rocky, Alma) are written and not tested.
set -eu

tests=
case ${1:-} in
'') ;;
test) tests=yes ;;
*)
    echo "install-deps.sh: say nothing, or test" >&2
    exit 2
    ;;
esac

if ! command -v cargo >/dev/null 2>&1; then
    echo "install-deps.sh: cargo is missing; install Rust 1.95 or newer from https://rustup.rs" >&2
    exit 1
fi

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        echo "install-deps.sh: run this as root: $*" >&2
        exit 1
    fi
}

. /etc/os-release
case " ${ID:-} ${ID_LIKE:-} " in
*" debian "* | *" ubuntu "*)
    missing=
    for package in g++ libclang-dev libc6-dev \
        ${tests:+strace python3 python3-venv util-linux mount tar openssl curl acl attr}; do
        if ! dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed'; then
            missing="$missing $package"
        fi
    done
    if [ -n "$missing" ]; then
        as_root apt-get update -q
        # shellcheck disable=SC2086 # the list is words
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $missing
    fi
    ;;
*" rhel "* | *" fedora "* | *" centos "*)
    missing=
    for package in gcc-c++ clang-devel glibc-devel ${tests:+strace python3 util-linux tar openssl curl acl attr}; do
        rpm -q "$package" >/dev/null 2>&1 || missing="$missing $package"
    done
    if [ -n "$missing" ]; then
        # shellcheck disable=SC2086 # the list is words
        as_root dnf install -qy $missing
    fi
    ;;
*)
    echo "install-deps.sh: unknown system ${ID:-}; install a C++20 compiler and libclang, then build with 'cargo build --release'" >&2
    exit 1
    ;;
esac

# A minimal toolchain has neither; one that is not of rustup brings its own.
if [ -n "$tests" ] && ! { cargo fmt --version && cargo clippy --version; } >/dev/null 2>&1 && command -v rustup >/dev/null 2>&1; then
    rustup component add rustfmt clippy
fi
