#!/bin/sh
# Installs the clients that `make clients` runs: Debian's packages of the tools, and two environments of boto3 in the cache directory.
# Debian 12; run again at will.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/trefoil/clients
missing=
for pair in aws:awscli rclone:rclone s3cmd:s3cmd restic:restic; do
    # Debian's own program, whatever else stands in the way.
    [ -x "/usr/bin/${pair%%:*}" ] || missing="$missing ${pair##*:}"
done
python3 -c 'import venv, ensurepip' 2>/dev/null || missing="$missing python3-venv"
if [ -n "$missing" ]; then
    if [ "$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi
    $sudo apt-get -qq update
    # shellcheck disable=SC2086
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing >/dev/null
fi
for name in current 1.35; do
    wanted=$here/boto3-$name.txt
    if ! cmp -s "$wanted" "$cache/boto3-$name/requirements.txt"; then
        rm -rf "$cache/boto3-$name"
        python3 -m venv "$cache/boto3-$name"
        "$cache/boto3-$name/bin/pip" install -q -r "$wanted"
        cp "$wanted" "$cache/boto3-$name/requirements.txt"
    fi
done
