#!/bin/bash
# Boots a guest, mounts an NFSv3 export of a server on this host's 127.0.0.1 in it, and runs a script there.
#
#   run.sh [--port P] [--export /NAME] [--options MOUNT,OPTIONS] [--no-mount] [--timeout SECONDS] [--cpus N] [--memory MIB]
#          [--job DIR] SCRIPT [ARGUMENT…]
#
# In the guest: every program of the host (its root, under a cover that takes all writes), the export at /guest/mount, where the script
# starts, and /guest/job, which both sides write at once: DIR where it is given. The script's output comes as it is made; its
# exit status is this command's. 125: the guest did not mount; 124: it had no end within the timeout; 126: it ended without one.
# Several guests may run at once: each is a client of its own.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/trefoil/guest
port=2049 export=/ options='' mount=yes timeout=600 cpus=2 memory=2048 job=''
while [ $# -gt 0 ]; do
    case $1 in
        --port) port=$2 ;;
        --export) export=$2 ;;
        --options) options=,$2 ;;
        --no-mount) mount= && set -- x "$@" ;;
        --timeout) timeout=$2 ;;
        --cpus) cpus=$2 ;;
        --memory) memory=$2 ;;
        --job) job=$2 ;;
        -*) echo "guest: what is $1?" >&2 && exit 2 ;;
        *) break ;;
    esac
    shift 2
done
[ $# -gt 0 ] || { echo "guest: no script" >&2; exit 2; }
script=$1
shift
"$here/build.sh" || exit 1

own=
[ -n "$job" ] || own=$(mktemp -d) job=${job:-$own}
mkdir -p "$job"
qemu=
finish() {
    [ -z "$qemu" ] || kill "$qemu" 2>/dev/null
    [ -z "$own" ] || rm -rf "$own"
}
trap finish EXIT
trap 'exit 130' INT TERM
rm -f "$job/status"
cp "$script" "$job/script"
{
    echo 'export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8'
    printf 'export XDG_CACHE_HOME=%q\n' "${XDG_CACHE_HOME:-$HOME/.cache}"
    printf 'date -s @%s >/dev/null\n' "$(date +%s)"
    if [ -n "$mount" ]; then
        common=vers=3,proto=tcp,port=$port,mountproto=tcp,mountport=$port,nolock,retry=0
        printf 'mount_export() { mount -t nfs -o %q"${1:+,$1}" %q /guest/mount; }\nexport -f mount_export\n' \
            "$common$options" "10.0.2.2:$export"
        echo 'mount_export || { echo 125 >/guest/job/status; exit; }'
        echo 'cd /guest/mount'
    fi
    printf 'bash /guest/job/script'
    [ $# -eq 0 ] || printf ' %q' "$@"
    printf '\necho $? >/guest/job/status\n'
} >"$job/start"

# A pipe, for QEMU wants a descriptor that is open for nothing but writing.
exec 3> >(cat)
shown=$!
# KVM is not asked for: a stock kernel does not boot in every nested one, and the suites must run everywhere.
timeout "$timeout" qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp "$cpus" -m "$memory" -nodefaults -no-reboot -display none \
    -kernel "$cache/vmlinuz" -initrd "$cache/initrd" -serial "file:$job/console" \
    -append 'console=ttyS0 quiet loglevel=3 panic=-1 mitigations=off tsc=reliable random.trust_cpu=on' \
    -netdev user,id=net -device virtio-net-pci,netdev=net,romfile= \
    -device virtio-serial-pci -add-fd fd=3,set=1 -chardev file,id=output,path=/dev/fdset/1,append=on -device virtserialport,chardev=output,name=output \
    -virtfs local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap \
    -virtfs "local,path=$job,mount_tag=job,security_model=none" </dev/null &
qemu=$!
wait "$qemu"
ended=$?
qemu=
exec 3>&-
wait "$shown"
if [ -s "$job/status" ]; then
    exit "$(cat "$job/status")"
fi
echo "guest: no end within $timeout s, or it died (QEMU: $ended); its console:" >&2
tail -30 "$job/console" >&2
[ "$ended" = 124 ] && exit 124
exit 126
