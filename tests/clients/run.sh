#!/bin/sh
# Runs every client's everyday work against a server of its own ($TREFOIL_BIN), or against $ENDPOINT where it is set (with
# AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY). Arguments choose clients by name; a run of all of them against a server of its own
# writes tests/results/clients.json. Exit 1 if any check failed.
set -u
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/trefoil/clients
whole=
if [ $# = 0 ]; then
    set -- aws boto3-current boto3-1.35 rclone s3cmd restic
    [ -n "${ENDPOINT:-}" ] || whole=yes
fi
scratch=$(mktemp -d)
server=
stop() {
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null
        wait "$server" 2>/dev/null
    fi
    rm -rf "$scratch"
}
trap stop EXIT
trap 'exit 1' INT TERM
if [ -z "${ENDPOINT:-}" ]; then
    : "${TREFOIL_BIN:?the server binary}"
    export AWS_ACCESS_KEY_ID=TREFOILCLIENTS000001 AWS_SECRET_ACCESS_KEY=clients/secret+of=the0tests1234567890abcde
    TREFOIL_ACCESS_KEY_ID=$AWS_ACCESS_KEY_ID TREFOIL_SECRET_ACCESS_KEY=$AWS_SECRET_ACCESS_KEY \
        "$TREFOIL_BIN" serve --data-dir "$scratch/data" --s3-listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 \
        >"$scratch/out" 2>"$scratch/err" &
    server=$!
    for _ in $(seq 600); do
        grep -q '^ready ' "$scratch/out" && break
        kill -0 "$server" 2>/dev/null || { cat "$scratch/err" >&2; exit 1; }
        sleep 0.1
    done
    ENDPOINT=http://$(sed -n 's/^ready s3=\([^ ]*\) .*/\1/p' "$scratch/out")
fi
export ENDPOINT
for name in "$@"; do
    case $name in
        boto3-*) "$cache/$name/bin/python" "$here/boto3_work.py" ;;
        *) sh "$here/$name.sh" ;;
    esac || echo "$name" >>"$scratch/failed"
done 2>&1 | tee "$scratch/log"
if [ -n "$server" ] && ! kill -0 "$server" 2>/dev/null; then
    echo "FAILED  the server died"
    exit 1
fi
if [ -n "$whole" ]; then
    python3 "$here/outcome.py" "$scratch/log"
fi
echo "$(grep -c '^ok ' "$scratch/log") checks passed, $(grep -c '^FAILED ' "$scratch/log") failed"
[ ! -e "$scratch/failed" ] && ! grep -q '^FAILED ' "$scratch/log"
