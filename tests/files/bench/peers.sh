#!/bin/sh
# Installs what `make bench-files` compares with: Debian's s3fs and nfs-ganesha, and nfsserve's baseline, which cargo builds outside of the
# workspace and keeps in the cache, in peers/bin; what is there is not made again. No service is started.
# Usage: peers.sh [s3fs] [ganesha] [nfsserve]; all without arguments.
#
# A peer that can't be had is named and left out; the exit status is then 1.
set -u

NFSSERVE_VERSION=0.11.0

here=$(cd "$(dirname -- "$0")" && pwd)
peers=${XDG_CACHE_HOME:-$HOME/.cache}/trefoil/peers
mkdir -p "$peers/bin"
failed=

say() {
    echo "peers.sh: $*" >&2
}

# Debian packages, where a program of theirs is missing.
debian() {
    program=$1
    shift
    [ -x "$program" ] && return 0
    command -v apt-get >/dev/null 2>&1 || { say "$*: only Debian's packages are known here"; return 1; }
    sudo=
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null 2>&1 || { say "run this as root: apt-get install $*"; return 1; }
        sudo=sudo
    fi
    # Installing a server is not to start it.
    $sudo apt-get update -q >&2 &&
        $sudo env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -qy --no-install-recommends "$@" >&2
}

install_s3fs() {
    debian /usr/bin/s3fs s3fs
}

install_ganesha() {
    debian /usr/bin/ganesha.nfsd nfs-ganesha nfs-ganesha-vfs
}

install_nfsserve() {
    [ -x "$peers/bin/nfsserve-$NFSSERVE_VERSION" ] && return 0
    say "compiling nfsserve $NFSSERVE_VERSION, a minute"
    build=$peers/build-nfsserve
    mkdir -p "$build" && cp "$here/nfsserve/main.rs" "$build/" && cp "$here/nfsserve/manifest.toml" "$build/Cargo.toml" &&
        CARGO_TARGET_DIR=$build/target cargo build --quiet --release --manifest-path "$build/Cargo.toml" &&
        cp "$build/target/release/nfsserve" "$peers/bin/nfsserve-$NFSSERVE_VERSION" && rm -rf "$build"
}

for peer in ${*:-s3fs ganesha nfsserve}; do
    case $peer in
    s3fs | ganesha | nfsserve) ;;
    *)
        say "there is no $peer; known are s3fs, ganesha and nfsserve"
        exit 2
        ;;
    esac
    if "install_$peer"; then
        say "$peer is there"
    else
        failed="$failed $peer"
    fi
done

if [ -n "$failed" ]; then
    say "not to be had:$failed; make bench-files runs without"
    exit 1
fi
