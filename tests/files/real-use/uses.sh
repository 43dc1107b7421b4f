#!/bin/bash
# `make real-use`: what people do on a mount, each beside the same on the file system below, with its time as a ratio. Started by run.py
# with two directories: PLACE, on the mount, and BESIDE, on the host's file system; and SIZE, slice or whole.
#
# Always holds: what a program made on the mount is compared with what it made beside, or with its source; each line begins with `ok` or
# `FAILED`, and the exit status is 1 if any failed.
set -u
place=$1 beside=$2 size=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CARGO_HOME=${CARGO_HOME:-$HOME/.cargo} RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup}
export HOME=$work LC_ALL=C.UTF-8 GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.com GIT_COMMITTER_NAME=a \
    GIT_COMMITTER_EMAIL=a@example.com
failed=0
case $size in
    slice) files=600 rows=2000 clients=2 seconds=3 ;;
    whole) files=4000 rows=20000 clients=8 seconds=20 ;;
esac
export work rows seconds clients
printf '[init]\n\tdefaultBranch = main\n[safe]\n\tdirectory = *\n' >"$work/.gitconfig"

# timed DIRECTORY FUNCTION: runs it there, in a shell of its own that ends at the first failure; seconds in the variable `took`.
timed() {
    local begun ended
    export -f "${2?}"
    mkdir -p "$1"
    begun=$(date +%s.%N)
    (cd "$1" && exec bash -eu -o pipefail -c "$2") >"$work/out" 2>&1 || return 1
    ended=$(date +%s.%N)
    took=$(awk -v a="$begun" -v b="$ended" 'BEGIN { printf "%.2f", b - a }')
}

# use NAME FUNCTION [COMPARE]: on the mount and beside it; COMPARE gets both directories, where their results must be the same.
use() {
    local name=$1 function=$2 compare=${3:-} here there
    if ! timed "$beside/$function" "$function"; then
        echo "FAILED  real-use: $name (beside the mount: the machine lacks something)"
        tail -20 "$work/out" | sed 's/^/        /'
        failed=1
        return
    fi
    there=$took
    if ! timed "$place/$function" "$function"; then
        echo "FAILED  real-use: $name"
        tail -20 "$work/out" | sed 's/^/        /'
        failed=1
        return
    fi
    here=$took
    if [ -n "$compare" ] && ! "$compare" "$place/$function" "$beside/$function" >"$work/out" 2>&1; then
        echo "FAILED  real-use: $name (the results differ)"
        tail -20 "$work/out" | sed 's/^/        /'
        failed=1
        return
    fi
    awk -v name="$name" -v a="$here" -v b="$there" \
        'BEGIN { printf "ok      real-use: %s: %.2f s, beside it %.2f s, ratio %.2f\n", name, a, b, a / (b > 0.01 ? b : 0.01) }'
}

# What both sides must have the same of: names, kinds, modes, sizes, links, targets; and all bytes.
manifest() {
    (cd "$1" && find . -type d -printf '%p %y %m\n' -o -printf '%p %y %m %s %n %l\n' && find . -type f -exec md5sum {} +) | sort
}
same_trees() { diff <(manifest "$1") <(manifest "$2"); }

# A repository with history, of text that packs and of bytes that do not.
git init -q "$work/origin"
python3 - "$work/origin" "$files" <<'P'
import os, random, sys
root, count = sys.argv[1], int(sys.argv[2])
pick = random.Random(1)
words = [bytes(pick.choices(b"abcdefghijklmnopqrstuvwxyz", k=pick.randrange(2, 9))) for _ in range(2000)]
for number in range(count):
    directory = f"{root}/d{number % 37}/e{number % 11}"
    os.makedirs(directory, exist_ok=True)
    with open(f"{directory}/f{number}.txt", "wb") as file:
        file.write(b" ".join(pick.choices(words, k=pick.randrange(10, 600))) if number % 10 else pick.randbytes(pick.randrange(60_000)))
os.chmod(f"{root}/d1/e1/f1.txt", 0o755)
os.symlink("d1/e1/f1.txt", f"{root}/link")
P
(cd "$work/origin" && git add -A && git commit -qm one && git mv d1 moved && git commit -qm two) >/dev/null

# In these no `a && b` stands before the last line: a shell does not end where `a` fails.
git_clone() {
    git clone -q --no-hardlinks "$work/origin" clone
    git -C clone fsck --strict
}
git_work() {
    git clone -q --no-hardlinks "$work/origin" clone
    cd clone
    git checkout -q -b topic HEAD~1
    echo more >>d2/e2/f2.txt
    git commit -qam three
    git rebase -q main
    git gc -q
    git fsck --strict
    [ -z "$(git status --porcelain)" ]
}
compare_git() { diff -r --no-dereference --exclude .git "$1/clone" "$2/clone"; }
use 'git clone and fsck' git_clone compare_git
use 'git branch, rebase, gc' git_work compare_git

tar -C "$work" -cf "$work/tree.tar" --exclude .git origin
tar_x() { tar -xf "$work/tree.tar"; }
use 'tar x' tar_x same_trees

mkdir "$work/linked"
cp -r "$work/origin/d2" "$work/linked/"
for number in 1 2 3; do ln "$work/linked/d2/e2/f2.txt" "$work/linked/again-$number"; done
mkfifo "$work/linked/fifo"
touch -d '2001-02-03 04:05:06.789' "$work/linked/d2/e2/f2.txt"
chmod 640 "$work/linked/d2/e2/f2.txt"
rsync_a() {
    rsync -aH "$work/linked/" copy/
    [ -z "$(rsync -aHni --checksum "$work/linked/" copy/)" ]
    rsync -aH --delete copy/ again/
}
use 'rsync -aH, twice compared' rsync_a same_trees

vim_write() {
    seq 1000 >text
    ln text kept
    for number in $(seq 10); do
        vim -es -u NONE -N -c 'set backup backupcopy=no writebackup' -c "\$put ='line $number'" -c wq text </dev/null
    done
    [ "$(tail -1 text)" = 'line 10' ] && [ "$(wc -l <text)" = 1010 ] && [ "$(wc -l <kept)" = 1000 ]
}
use "vim's write and rename" vim_write same_trees

sqlite_wal() { python3 "$here/sqlite_wal.py" "$rows"; }
here=$(dirname "$(readlink -f "$0")")
export here
use 'SQLite in WAL mode, two writers and a reader' sqlite_wal

cargo_build() {
    cargo new --quiet --bin --vcs none hello
    cd hello
    for number in $(seq 20); do
        echo "pub fn f$number(x: u64) -> u64 { (0..x).map(|n| n ^ $number).sum() }" >"src/m$number.rs"
        echo "mod m$number;" >>src/main.rs
    done
    sed -i 's/println!.*/println!("{}", m1::f1(10) + m20::f20(10));/' src/main.rs
    cargo build --quiet --offline --target-dir target
    ./target/debug/hello
    touch src/m3.rs
    cargo build --quiet --offline --target-dir target
    ./target/debug/hello
}
use 'cargo build of a crate, twice' cargo_build

# dbench has its own time, and says how much it did in it: what a megabyte took is compared.
dbench_run() {
    local rate
    rate=$(dbench -D . -c /usr/share/dbench/client.txt -t "$seconds" "$clients" | tee /dev/stderr | sed -n 's/^Throughput \([0-9.]*\) MB.*/\1/p')
    awk -v rate="$rate" 'BEGIN { if (rate > 0) printf "%.4f\n", 100 / rate; else exit 1 }' >took
}
name="dbench, $clients clients, 100 MB"
if timed "$beside/dbench" dbench_run && timed "$place/dbench" dbench_run; then
    awk -v name="$name" -v a="$(cat "$place/dbench/took")" -v b="$(cat "$beside/dbench/took")" \
        'BEGIN { printf "ok      real-use: %s: %.2f s, beside it %.2f s, ratio %.2f\n", name, a, b, a / b }'
else
    echo "FAILED  real-use: $name"
    tail -20 "$work/out" | sed 's/^/        /'
    failed=1
fi

if [ "$size" = whole ]; then
    export source
    source=$(find /usr/src -maxdepth 1 -name 'linux-source-*.tar.xz' | sort -V | tail -1)
    linux_build() {
        tar -xf "$source"
        cd linux-source-*
        make -s tinyconfig
        make -s -j2
        ls -l vmlinux
    }
    use "Debian's $(basename "$source"): unpacked, tinyconfig, built" linux_build
fi
exit $failed
