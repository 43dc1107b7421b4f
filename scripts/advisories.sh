#!/bin/sh
# Checks the dependencies against a local checkout of https://github.com/rustsec/advisory-db, without the network.
set -eu
database=$(CDPATH='' cd -- "$1" && pwd)
if [ ! -d "$database/crates" ]; then
    echo "advisories.sh: $database is no checkout of rustsec/advisory-db" >&2
    exit 2
fi
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# cargo-deny takes databases from a directory, each named after its URL: a clone of ours under that name, then no fetch.
sed 's|^\[advisories\]|[advisories]\ndb-path = "'"$work"'"\ndb-urls = ["file://'"$database"'"]|' "$root/deny.toml" >"$work/deny.toml"
cd "$root"
"$root/scripts/cargo-deny.sh" --locked check --config "$work/deny.toml" advisories
