#!/bin/sh
# restic (Debian's package): a repository on $ENDPOINT, from init to prune.
. "$(dirname "$0")/common.sh"
export RESTIC_REPOSITORY="s3:$ENDPOINT/$bucket/repository" RESTIC_PASSWORD=secret RESTIC_CACHE_DIR="$work/cache"
restic() { /usr/bin/restic "$@"; }

check 'init' restic init
tree "$work/tree"
head -c 30000000 /dev/urandom >"$work/tree/large.bin"
check 'backup' restic backup "$work/tree"
check 'check of all data' restic check --read-data
check 'restore' restic restore latest --target "$work/restored"
same 'the tree came back' "$work/tree" "$work/restored$work/tree"
printf more >"$work/tree/more.txt"
head -c 8000000 /dev/urandom >"$work/tree/second.bin"
rm "$work/tree/large.bin"
check 'second backup' restic backup "$work/tree"
says 'two snapshots' '2 snapshots' restic snapshots
says 'diff' 'more.txt' restic diff $(restic snapshots --json | sed 's/},{/\n/g' | grep -o '"short_id":"[^"]*"' | cut -d'"' -f4 | tr '\n' ' ')
check 'forget and prune' restic forget --keep-last 1 --prune
check 'check after prune' restic check --read-data
check 'restore after prune' restic restore latest --target "$work/again"
same 'the second tree came back' "$work/tree" "$work/again$work/tree"
refuse 'a wrong password' 'wrong password' env RESTIC_PASSWORD=wrong /usr/bin/restic snapshots
silent 'no locks are left' restic list locks --no-lock --quiet
check 'stats' restic stats
finish
