# What the client scripts share. Sourced, with ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set.
#
# Always holds: each check prints one line, `ok` or `FAILED`; the script's exit status is 1 if any failed.

set -u
work=$(mktemp -d)
failed=0
client=$(basename "$0" .sh)
bucket=clients-$(echo "$client" | tr -c 'a-z0-9\n' '-')-$$
export AWS_DEFAULT_REGION=us-east-1 AWS_EC2_METADATA_DISABLED=true AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
export HOME="$work/home" LC_ALL=C.UTF-8
mkdir -p "$HOME"
unset AWS_CA_BUNDLE http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY AWS_PROFILE AWS_SESSION_TOKEN 2>/dev/null
trap 'rm -rf "$work"' EXIT

# check NAME COMMAND...: the command must succeed.
check() {
    name=$1
    shift
    if "$@" >"$work/out" 2>&1; then
        echo "ok      $client: $name"
    else
        echo "FAILED  $client: $name"
        sed 's/^/        /' "$work/out" | tail -20
        failed=1
    fi
}

# refuse NAME TEXT COMMAND...: the command must fail and say the text: why the server refused it. A command that is not there
# fails too, and says something else.
refuse() {
    name=$1
    text=$2
    shift 2
    if "$@" >"$work/out" 2>&1; then
        echo "FAILED  $client: $name (it succeeded)"
        sed 's/^/        /' "$work/out" | tail -20
        failed=1
    elif ! grep -qF -- "$text" "$work/out"; then
        echo "FAILED  $client: $name (no \"$text\")"
        sed 's/^/        /' "$work/out" | tail -20
        failed=1
    else
        echo "ok      $client: $name"
    fi
}

# forbidden NAME URL: the server answers 403. Not: there is no curl, or no server.
forbidden() {
    says "$1" 403 curl -sS -o /dev/null -w '%{http_code}' "$2"
}

# same NAME TREE TREE: two directories hold the same files with the same bytes.
same() {
    check "$1" diff -r "$2" "$3"
}

# says NAME TEXT COMMAND...: the command succeeds and prints the text (on either stream).
says() {
    name=$1
    text=$2
    shift 2
    if "$@" >"$work/out" 2>&1 && grep -qF -- "$text" "$work/out"; then
        echo "ok      $client: $name"
    else
        echo "FAILED  $client: $name (no \"$text\")"
        sed 's/^/        /' "$work/out" | tail -20
        failed=1
    fi
}

# silent NAME COMMAND...: the command succeeds and prints nothing.
silent() {
    name=$1
    shift
    if "$@" >"$work/out" 2>&1 && [ ! -s "$work/out" ]; then
        echo "ok      $client: $name"
    else
        echo "FAILED  $client: $name"
        sed 's/^/        /' "$work/out" | tail -20
        failed=1
    fi
}

# tree DIRECTORY: files of many sizes under names that are odd and everyday.
tree() {
    mkdir -p "$1/sub dir/deeper" "$1/ünïcode/ñ" "$1/a.b/c+d"
    printf 'hello' >"$1/plain.txt"
    : >"$1/empty"
    printf 'space' >"$1/with space.txt"
    printf 'plus' >"$1/plus+sign&and=more.txt"
    printf 'percent' >"$1/100%25.txt"
    printf 'quote' >"$1/quote'quote.txt"
    printf 'uml' >"$1/ünïcode/ñ/日本語.txt"
    printf 'hash' >"$1/#hash;semi.txt"
    printf 'paren' >"$1/(paren)[bracket]{brace}.txt"
    printf 'tilde' >"$1/a.b/c+d/~tilde"
    printf 'deep' >"$1/sub dir/deeper/file.txt"
    head -c 70000 /dev/urandom >"$1/sub dir/inline-and-more.bin"
    head -c 3000000 /dev/urandom >"$1/three-megabytes.bin"
}

finish() {
    exit $failed
}
