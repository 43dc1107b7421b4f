#!/bin/sh
# aws cli v2 (Debian's package): everyday work against $ENDPOINT.
. "$(dirname "$0")/common.sh"
aws() { /usr/bin/aws --endpoint-url "$ENDPOINT" "$@"; }
s3() { aws s3 "$@" --only-show-errors; }
api() { aws s3api "$@"; }
pipe() { printf %s "$1" | aws s3 cp - "s3://$bucket/stream"; }

check 'mb' aws s3 mb "s3://$bucket"
says 'ls of buckets' "$bucket" aws s3 ls
tree "$work/tree"
check 'sync up' s3 sync "$work/tree" "s3://$bucket/tree"
check 'sync down' s3 sync "s3://$bucket/tree" "$work/back"
same 'the tree came back' "$work/tree" "$work/back"
silent 'sync again copies nothing' aws s3 sync "$work/tree" "s3://$bucket/tree"
says 'ls of a directory' 'PRE sub dir/' aws s3 ls "s3://$bucket/tree/"
says 'ls of everything' 'tree/sub dir/deeper/file.txt' aws s3 ls --recursive "s3://$bucket/"
rm "$work/tree/plain.txt"
check 'sync with deletion' s3 sync --delete "$work/tree" "s3://$bucket/tree"
refuse 'the deleted file is gone' 404 api head-object --bucket "$bucket" --key tree/plain.txt
head -c 25000000 /dev/urandom >"$work/large"
check 'multipart upload' s3 cp "$work/large" "s3://$bucket/large"
check 'multipart download' s3 cp "s3://$bucket/large" "$work/large.back"
check 'the large file came back' cmp "$work/large" "$work/large.back"
says 'it was sent in parts' '-3' api head-object --bucket "$bucket" --key large
check 'cp within the store' s3 cp "s3://$bucket/large" "s3://$bucket/copy of large"
check 'mv within the store' s3 mv "s3://$bucket/copy of large" "s3://$bucket/moved"
check 'the moved file' s3 cp "s3://$bucket/moved" "$work/moved"
check 'the moved file is the large one' cmp "$work/large" "$work/moved"
check 'from standard input' pipe stream
says 'to standard output' 'stream' aws s3 cp "s3://$bucket/stream" -
check 'metadata and type' s3 cp "$work/large" "s3://$bucket/meta" --metadata 'colour=blue,n=1' --content-type text/x-test --cache-control no-cache
says 'metadata is read back' '"colour": "blue"' api head-object --bucket "$bucket" --key meta
says 'the type is read back' 'text/x-test' api head-object --bucket "$bucket" --key meta
check 'a range' api get-object --bucket "$bucket" --key large --range bytes=100-199 "$work/range"
check 'the range is right' sh -c 'dd if="$1" bs=1 skip=100 count=100 2>/dev/null | cmp - "$2"' sh "$work/large" "$work/range"
url=$(aws s3 presign "s3://$bucket/stream" --expires-in 60)
says 'presigned url' 'stream' curl -sSf "$url"
forbidden 'the url without its signature' "${url%%\?*}"
check 'tags' api put-object-tagging --bucket "$bucket" --key stream --tagging 'TagSet=[{Key=a,Value=1}]'
says 'tags are read back' '"Key": "a"' api get-object-tagging --bucket "$bucket" --key stream
check 'acl' api put-object-acl --bucket "$bucket" --key stream --acl public-read
says 'anybody can read it' 'stream' curl -sSf "$ENDPOINT/$bucket/stream"
check 'versioning' api put-bucket-versioning --bucket "$bucket" --versioning-configuration Status=Enabled
check 'a second version' pipe second
first=$(api list-object-versions --bucket "$bucket" --prefix stream --query 'Versions[?!IsLatest].VersionId' --output text)
check 'the first version' api get-object --bucket "$bucket" --key stream --version-id "$first" "$work/first"
says 'is the first' 'stream' cat "$work/first"
check 'checksum upload' api put-object --bucket "$bucket" --key sum --body "$work/first" --checksum-algorithm SHA256
says 'checksum is read back' 'ChecksumSHA256' api head-object --bucket "$bucket" --key sum --checksum-mode ENABLED
says 'attributes' '"ObjectSize": 6' api get-object-attributes --bucket "$bucket" --key sum --object-attributes ObjectSize
check 'rm of everything' s3 rm --recursive "s3://$bucket"
refuse 'rb of a bucket with versions' BucketNotEmpty aws s3 rb "s3://$bucket"
/usr/bin/aws --endpoint-url "$ENDPOINT" s3api list-object-versions --bucket "$bucket" --output json \
    --query '{Objects: [Versions, DeleteMarkers][][].{Key: Key, VersionId: VersionId}}' >"$work/versions"
check 'delete-objects' api delete-objects --bucket "$bucket" --delete "file://$work/versions"
check 'rb' aws s3 rb "s3://$bucket"
refuse 'the bucket is gone' NoSuchBucket aws s3 ls "s3://$bucket"
finish
