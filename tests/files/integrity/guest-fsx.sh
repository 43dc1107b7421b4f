# Runs fsx in the guest, on the export. Arguments: the program, its configuration, operations, seed.
cp "$1" /tmp/fsx
mkdir fsx-nfs && cd fsx-nfs || exit 1
/tmp/fsx -q -f "$2" -N "$3" -S "$4" -P /tmp file
