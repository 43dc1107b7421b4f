#!/bin/sh
# Installs what the suites of the file doors run: Debian's packages, and two tools that cargo builds into the cache directory. Arguments
# choose suites by name: posix, integrity, real-use, kernel (real-use's long form), guest, crossover. Debian 12; run again at will.
set -eu
cache=${XDG_CACHE_HOME:-$HOME/.cache}/trefoil/files
[ $# -gt 0 ] || set -- posix integrity real-use kernel guest crossover
packages=''
tools=''
for suite in "$@"; do
    case $suite in
        posix) packages="$packages libacl1-dev acl perl" tools="$tools pjdfstest:0.2.2" ;;
        integrity) packages="$packages fio stress-ng attr" tools="$tools fsx:0.3.2" ;;
        real-use) packages="$packages rsync vim dbench git gcc libc6-dev python3 tar" ;;
        kernel) packages="$packages linux-source xz-utils make gcc flex bison bc libelf-dev libssl-dev cpio" ;;
        guest) packages="$packages qemu-system-x86 busybox-static cpio kmod" tools="$tools fsx:0.3.2 pjdfstest:0.2.2" ;;
        crossover) packages="$packages libnfs-utils" ;;
        *) echo "install.sh: what is $suite?" >&2 && exit 2 ;;
    esac
done
missing=
# shellcheck disable=SC2086 # lists of words
for package in $packages; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
if [ -n "$missing" ]; then
    if [ "$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi
    $sudo apt-get -qq update
    # shellcheck disable=SC2086
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing >/dev/null
fi
# Built beside everything else, so that nothing is compiled twice.
for tool in $tools; do
    name=${tool%:*} version=${tool#*:}
    [ "$("$cache/$name/bin/$name" --version 2>/dev/null)" = "$name $version" ] ||
        cargo install --quiet --locked --force --root "$cache/$name" --version "=$version" --target-dir "$cache/build" "$name"
done
