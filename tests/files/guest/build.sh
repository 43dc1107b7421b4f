#!/bin/bash
# Makes the kernel and the initramfs of the guest: a machine in QEMU with a real Linux NFS client, whatever the host's own kernel has.
# Everything comes from Debian's packages: the kernel with its modules, mount.nfs, busybox. The result lies in the cache directory and is
# made again where the kernel's package or this folder changed.
#
# Always holds: nothing is installed and nothing outside the cache directory is written.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/trefoil/guest
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
cd "$cache"

# What linux-image-amd64 means today, by the lists that the machine has.
kernel=$(apt-cache depends linux-image-amd64 | awk '/Depends: linux-image/ { print $2; exit }')
[ -n "$kernel" ] || { echo "guest: apt knows no linux-image-amd64; run apt-get update" >&2; exit 1; }
stamp="$kernel $(cat "$here/build.sh" "$here/init" | sha256sum | cut -c1-16)"
if [ -e initrd ] && [ "$(cat stamp 2>/dev/null)" = "$stamp" ]; then
    exit 0
fi
rm -rf stamp root packages
mkdir packages

# unpack NAME INTO: Debian's package of that name.
unpack() {
    (cd packages && apt-get -qq -o APT::Sandbox::User=root download "$1")
    mkdir -p "$2"
    dpkg -x packages/"$1"_*.deb "$2"
}
if [ ! -d "kernel/$kernel" ]; then
    rm -rf kernel
    mkdir kernel
    unpack "$kernel" "kernel/$kernel.part"
    mv "kernel/$kernel.part" "kernel/$kernel"
fi
for package in nfs-common libtirpc3; do
    unpack "$package" nfs
done
version=$(ls "kernel/$kernel/lib/modules")
cp "kernel/$kernel/boot/vmlinuz-$version" vmlinuz
depmod -b "kernel/$kernel" "$version"

mkdir -p root/{bin,sbin,proc,sys,dev,host,cover,guest,modules,lib/x86_64-linux-gnu,lib64,etc}
cp "$(command -v busybox)" root/bin/busybox
cp "$here/init" root/init
chmod 755 root/init

# The modules with what they need, in the order in which they are loaded.
for module in virtio_pci virtio_net virtio_console 9pnet_virtio 9p overlay nfs nfsv3; do
    modprobe -d "kernel/$kernel" -S "$version" --show-depends "$module" | awk '$1 == "insmod" { print $2 }'
done | awk '!seen[$0]++' | while read -r path; do
    cp "$path" root/modules/
    basename "$path"
done >root/modules/order

# mount.nfs runs in the guest's view of the host, whose libraries it takes; only its own may be missing there.
cp nfs/sbin/mount.nfs root/sbin/
find nfs -name 'libtirpc.so.3*' -exec cp -P {} root/lib/x86_64-linux-gnu/ \;
printf 'udp tpi_clts v inet udp - -\ntcp tpi_cots_ord v inet tcp - -\n' >root/etc/netconfig

(cd root && find . | cpio -o -H newc --quiet | gzip -1) >initrd.part
mv initrd.part initrd
rm -rf root packages nfs
echo "$stamp" >stamp
echo "guest: $version, $(du -ch vmlinuz initrd | awk 'END { print $1 }'), in $cache" >&2
