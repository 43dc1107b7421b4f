#!/bin/sh
# Checks the dependencies against a local checkout of https://github.com/rustsec/advisory-db, without the network.
set -eu
database=$(CDPATH='' cd -- "$1" && pwd)
if [ ! -d "$database/crates" ] || ! git -C "$database" rev-parse --git-dir >/dev/null 2>&1; then
    echo "advisories.sh: $database is no git checkout of rustsec/advisory-db" >&2
    exit 2
fi
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Without the network, cargo-deny takes a database from a directory below db-path that is named after a hash of the database's URL:
# a clone of the checkout is put there. How old it may be is for whoever brings it to decide.
clone=$work/advisory-db-3157b0e258782691
git clone -q "$database" "$clone"
git -C "$clone" fetch -q origin HEAD
sed 's|^\[advisories\]|[advisories]\ndb-path = "'"$work"'"\nmaximum-db-staleness = "P3650D"|' "$root/.deny.toml" >"$work/deny.toml"
cd "$root"
"$root/scripts/cargo-deny.sh" --locked --offline --config "$work/deny.toml" check advisories
