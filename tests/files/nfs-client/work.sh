# In the guest, on the export: a clone and its check, fsx, the build of a C project. Arguments: a repository, fsx, its operations.
set -eu
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
did() { echo "did $1 at $(cut -d' ' -f1 /proc/uptime) s"; }
grep ' /guest/mount ' /proc/mounts
git clone -q --no-hardlinks "$1" clone
git -C clone fsck --strict
[ -z "$(git -C clone status --porcelain)" ]
did 'git clone and fsck'
cp "$2" /tmp/fsx
mkdir fsx
(cd fsx && /tmp/fsx -q -N "$3" -S 7 -P /tmp file)
did "fsx, $3 operations"
mkdir project
cd project
for number in 1 2 3 4 5 6; do
    echo "int f$number(int x) { return x + $number; }" >"f$number.c"
done
cat >main.c <<'C'
#include <stdio.h>
int f1(int), f2(int), f3(int), f4(int), f5(int), f6(int);
int main(void) { printf("%d\n", f1(f2(f3(f4(f5(f6(0))))))); return 0; }
C
printf 'all: main\nmain: main.o f1.o f2.o f3.o f4.o f5.o libf.a\n\t$(CC) -o $@ main.o f1.o f2.o f3.o f4.o f5.o libf.a\nlibf.a: f6.o\n\t$(AR) rcs $@ $^\n' >Makefile
make -s -j2
[ "$(./main)" = 21 ]
[ "$(make -s -n)" = '' ]
did 'the build of a C project'
ln main hard
ln -s main soft
[ "$(stat -c %h hard)" = 2 ]
[ "$(./soft)" = 21 ]
mkfifo fifo
[ -p fifo ]
exec 5>open
rm open
echo gone >&5
exec 5>&-
[ -z "$(find . -name '.nfs*')" ]
did 'links, a fifo, a file that was removed while open'
