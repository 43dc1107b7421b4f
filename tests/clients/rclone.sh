#!/bin/sh
# rclone (Debian's package), which takes the endpoint for one with path style and otherwise like AWS: everyday work against $ENDPOINT.
. "$(dirname "$0")/common.sh"
export RCLONE_CONFIG=/dev/null RCLONE_CONFIG_T_TYPE=s3 RCLONE_CONFIG_T_PROVIDER=Minio RCLONE_CONFIG_T_ENV_AUTH=true \
    RCLONE_CONFIG_T_ENDPOINT="$ENDPOINT" RCLONE_CONFIG_T_FORCE_PATH_STYLE=true RCLONE_CONFIG_T_REGION=us-east-1 RCLONE_RETRIES=1 \
    RCLONE_CONFIG_T_UPLOAD_CUTOFF=10M RCLONE_CONFIG_T_CHUNK_SIZE=5M
rc() { /usr/bin/rclone "$@"; }
ranged() { rc cat --offset 1000 --count 50 "t:$bucket/moved.bin" | md5sum; }

check 'mkdir' rc mkdir "t:$bucket"
tree "$work/tree"
head -c 23000000 /dev/urandom >"$work/tree/large.bin"
check 'copy up' rc copy "$work/tree" "t:$bucket/tree"
check 'check by hash' rc check "$work/tree" "t:$bucket/tree"
check 'check by download' rc check --download "$work/tree" "t:$bucket/tree"
check 'copy down' rc copy "t:$bucket/tree" "$work/back"
same 'the tree came back' "$work/tree" "$work/back"
check 'times came back' sh -c 'test "$(stat -c %Y "$1/large.bin")" = "$(stat -c %Y "$2/large.bin")"' sh "$work/tree" "$work/back"
says 'md5sum is ours' "$(md5sum <"$work/tree/three-megabytes.bin" | cut -d' ' -f1)" rc md5sum "t:$bucket/tree/three-megabytes.bin"
says 'lsf' 'sub dir/' rc lsf "t:$bucket/tree"
says 'size' 'Total objects: 14' rc size "t:$bucket/tree"
printf changed >"$work/tree/plain.txt"
rm "$work/tree/empty"
check 'sync' rc sync "$work/tree" "t:$bucket/tree"
check 'sync made both the same' rc check "$work/tree" "t:$bucket/tree"
says 'what is the same is not sent again' 'There was nothing to transfer' rc sync -v "$work/tree" "t:$bucket/tree"
check 'copy within the store' rc copy "t:$bucket/tree" "t:$bucket/copied"
check 'the copy is the same' rc check "$work/tree" "t:$bucket/copied"
check 'moveto within the store' rc moveto "t:$bucket/copied/large.bin" "t:$bucket/moved.bin"
check 'the moved file' rc check --one-way --include large.bin "$work/tree" "t:$bucket/tree"
says 'cat of a range' "$(dd if="$work/tree/large.bin" bs=1 skip=1000 count=50 2>/dev/null | md5sum)" ranged
check 'rcat of a stream' sh -c 'head -c 12000000 /dev/zero | /usr/bin/rclone rcat "$1"' sh "t:$bucket/streamed"
says 'the stream has its size' '12000000' rc lsf --format s "t:$bucket/streamed"
check 'deletefile' rc deletefile "t:$bucket/streamed"
check 'an upload in a few streams' rc copyto --s3-upload-concurrency 4 "$work/tree/large.bin" "t:$bucket/concurrent"
check 'link' sh -c 'curl -sSf "$(/usr/bin/rclone link --expire 1m "$1")" | cmp - "$2"' sh "t:$bucket/concurrent" "$work/tree/large.bin"
check 'cleanup' rc cleanup "t:$bucket"
check 'purge' rc purge "t:$bucket"
refuse 'the bucket is gone' 'directory not found' rc lsf "t:$bucket"
check 'a bucket with versions' rc mkdir "t:$bucket-v"
check 'versioning' rc backend versioning "t:$bucket-v" Enabled
printf one | rc rcat "t:$bucket-v/versioned"
printf two | rc rcat "t:$bucket-v/versioned"
says 'versions are listed' 'versioned-v' rc lsf --s3-versions "t:$bucket-v"
check 'old versions are cleaned up' rc backend cleanup-hidden "t:$bucket-v"
says 'the newest is still there' 'two' rc cat "t:$bucket-v/versioned"
finish
