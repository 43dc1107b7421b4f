#!/bin/sh
# Installs the clients that `make clients` runs: Debian's packages of the tools, and two environments of boto3 in the cache directory.
# Arguments choose clients by name. Debian 12; run again at will.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/trefoil/clients
[ $# -gt 0 ] || set -- aws boto3-current boto3-1.35 rclone s3cmd restic
missing=
command -v curl >/dev/null 2>&1 || missing="$missing curl"
for name in "$@"; do
    case $name in
        boto3-*) python3 -c 'import venv, ensurepip' 2>/dev/null || missing="$missing python3-venv" ;;
        # Debian's own program, whatever else stands in the way.
        aws) [ -x /usr/bin/aws ] || missing="$missing awscli" ;;
        *) [ -x "/usr/bin/$name" ] || missing="$missing $name" ;;
    esac
done
if [ -n "$missing" ]; then
    if [ "$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi
    $sudo apt-get -qq update
    # shellcheck disable=SC2086
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing >/dev/null
fi
for name in "$@"; do
    wanted=$here/$name.txt
    if [ -f "$wanted" ] && ! cmp -s "$wanted" "$cache/$name/requirements.txt"; then
        rm -rf "${cache:?}/$name"
        python3 -m venv "$cache/$name"
        "$cache/$name/bin/pip" install -q -r "$wanted"
        cp "$wanted" "$cache/$name/requirements.txt"
    fi
done
