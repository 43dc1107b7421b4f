#!/bin/sh
# Runs cargo-deny with the given arguments; installs it into the cache first where it is missing (some minutes).
set -eu
version=0.20.2
tools=${XDG_CACHE_HOME:-$HOME/.cache}/trefoil/tools
deny=$tools/bin/cargo-deny
if [ "$("$deny" --version 2>/dev/null || true)" != "cargo-deny $version" ]; then
    CARGO_TARGET_DIR="$tools/build" cargo install cargo-deny --locked --version "$version" --root "$tools" >&2
    rm -rf "$tools/build"
fi
exec "$deny" "$@"
