# Runs a Python program in the guest, on the export, out of memory: the host's folder is slow and may change.
cp "$1" /tmp/program.py
shift
exec python3 /tmp/program.py "$@"
