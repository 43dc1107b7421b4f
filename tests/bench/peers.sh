#!/bin/sh
# Installs the servers that `make bench` compares with, those that package registries have: MinIO (Go module), Garage (crate), Ceph's
# gateway and nginx (Debian). Compiled ones are kept in the cache, in peers/bin; what is there is not made again.
# Usage: peers.sh [minio] [garage] [radosgw] [nginx]; all without arguments. 20 minutes on two cores from nothing.
#
# A peer that can't be had is named and left out; the exit status is then 1. No service is started.
set -u

MINIO_VERSION=v0.0.0-20260212201848-7aac2a2c5b7c
GARAGE_VERSION=2.5.0

peers=${XDG_CACHE_HOME:-$HOME/.cache}/trefoil/peers
mkdir -p "$peers/bin"
failed=

say() {
    echo "peers.sh: $*" >&2
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        say "run this as root: $*"
        return 1
    fi
}

# Debian packages, where a command of theirs is missing.
debian() {
    command=$1
    shift
    if command -v "$command" >/dev/null 2>&1 || [ -x "/usr/sbin/$command" ]; then
        return 0
    fi
    command -v apt-get >/dev/null 2>&1 || { say "$command: only Debian's packages are known here"; return 1; }
    as_root apt-get update -q >&2 &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "$@" >&2
}

install_minio() {
    [ -x "$peers/bin/minio" ] && return 0
    command -v go >/dev/null 2>&1 || { say "minio needs Go (https://go.dev/dl)"; return 1; }
    say "compiling MinIO $MINIO_VERSION, 7 minutes of CPU"
    GOBIN=$peers/bin go install "github.com/minio/minio@$MINIO_VERSION"
}

install_garage() {
    [ -x "$peers/bin/garage" ] && return 0
    say "compiling Garage $GARAGE_VERSION, 12 minutes of CPU"
    CARGO_TARGET_DIR=$peers/build-garage cargo install garage --version "$GARAGE_VERSION" --locked --root "$peers" &&
        rm -rf "$peers/build-garage"
}

install_radosgw() {
    debian radosgw ceph-mon ceph-mgr ceph-osd radosgw
}

install_nginx() {
    debian nginx nginx
}

for peer in ${*:-minio garage radosgw nginx}; do
    case $peer in
    minio | garage | radosgw | nginx) ;;
    *)
        say "there is no $peer; known are minio, garage, radosgw and nginx"
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
    say "not to be had:$failed; make bench runs without"
    exit 1
fi
