# Runs pjdfstest in the guest, on the export. Arguments: the program, its configuration. Programs start faster from memory than over 9p.
cp "$1" /tmp/pjdfstest
mkdir /tmp/secondary && mount -t tmpfs tmpfs /tmp/secondary && chmod 755 /tmp/secondary
sed 's/^naptime = .*/naptime = 0.05/' "$2" >/tmp/pjdfstest.toml
/tmp/pjdfstest -c /tmp/pjdfstest.toml -p /guest/mount -s /tmp/secondary
