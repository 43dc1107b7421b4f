#!/bin/sh
# s3cmd (Debian's package): everyday work against $ENDPOINT.
. "$(dirname "$0")/common.sh"
host=${ENDPOINT#http://}
s3cmd() {
    /usr/bin/s3cmd --config=/dev/null --access_key="$AWS_ACCESS_KEY_ID" --secret_key="$AWS_SECRET_ACCESS_KEY" --host="$host" \
        --host-bucket="$host" --no-ssl --region=us-east-1 --quiet --no-progress "$@"
}
loud() {
    /usr/bin/s3cmd --config=/dev/null --access_key="$AWS_ACCESS_KEY_ID" --secret_key="$AWS_SECRET_ACCESS_KEY" --host="$host" \
        --host-bucket="$host" --no-ssl --region=us-east-1 --no-progress "$@"
}

check 'mb' s3cmd mb "s3://$bucket"
says 'ls of buckets' "$bucket" loud ls
tree "$work/tree"
check 'put of a file' s3cmd put "$work/tree/plain.txt" "s3://$bucket/plain.txt"
check 'get of a file' s3cmd get "s3://$bucket/plain.txt" "$work/plain"
check 'the file came back' cmp "$work/tree/plain.txt" "$work/plain"
check 'sync up' s3cmd sync "$work/tree/" "s3://$bucket/tree/"
mkdir "$work/back"
check 'sync down' s3cmd sync "s3://$bucket/tree/" "$work/back/"
same 'the tree came back' "$work/tree" "$work/back"
head -c 22000000 /dev/urandom >"$work/large"
check 'multipart put' s3cmd put --multipart-chunk-size-mb=5 "$work/large" "s3://$bucket/large"
check 'get of the large file' s3cmd get "s3://$bucket/large" "$work/large.back"
check 'the large file came back' cmp "$work/large" "$work/large.back"
head -c 9000000 "$work/large" >"$work/partial"
check 'a get goes on where it stopped' s3cmd get --continue "s3://$bucket/large" "$work/partial"
check 'the continued file' cmp "$work/large" "$work/partial"
says 'info' 'MD5 sum' loud info "s3://$bucket/plain.txt"
check 'cp' s3cmd cp "s3://$bucket/plain.txt" "s3://$bucket/copied.txt"
check 'mv' s3cmd mv "s3://$bucket/copied.txt" "s3://$bucket/moved.txt"
says 'la' 'moved.txt' loud la
says 'du' '/' loud du "s3://$bucket"
check 'setacl' s3cmd setacl --acl-public "s3://$bucket/plain.txt"
says 'anybody can read it' 'hello' curl -sSf "$ENDPOINT/$bucket/plain.txt"
check 'setacl private' s3cmd setacl --acl-private "s3://$bucket/plain.txt"
forbidden 'nobody can read it' "$ENDPOINT/$bucket/plain.txt"
# s3cmd signs urls by version 2 only, which is off unless a setting allows it.
says 'signurl by version 2 is refused' 'AWS4-HMAC-SHA256' curl -sS "$(loud signurl "s3://$bucket/plain.txt" +60 | sed 's/^https:/http:/')"
check 'modify' s3cmd modify --add-header=x-amz-meta-colour:blue "s3://$bucket/plain.txt"
says 'modified metadata' 'colour' loud info "s3://$bucket/plain.txt"
check 'del of everything' s3cmd del --recursive --force "s3://$bucket"
check 'rb' s3cmd rb "s3://$bucket"
finish
