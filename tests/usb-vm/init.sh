#!/bin/busybox sh
# The guest's first process: modules, the host's root file system, the tests, power off.
# Whatever happens, the guest ends: the host waits for that, and reads what was said here when a test failed.
export PATH=/bin
/bin/busybox --install -s /bin

say()
{
    echo "init: $(cut -d' ' -f1 /proc/uptime) s: $*"
}

# must COMMAND...: without it no test makes sense.
must()
{
    "$@" && return
    say "failed: $*"
    poweroff -f
}

mkdir -p /proc /sys /dev /host
mount -t proc proc /proc
must mount -t sysfs sys /sys
must mount -t devtmpfs dev /dev
for module in $(cat /modules/order); do
    must insmod "/modules/$module" $(cat "/modules/$module.options" 2>/dev/null)
done
must mount -t configfs config /sys/kernel/config
mkdir -p /dev/pts /dev/shm
must mount -t devpts devpts /dev/pts
say "modules loaded"

# Programs, libraries and Python are the host's, read-only; what is written goes to memory.
must mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=262144 host /host
must mount --rbind /dev /host/dev
must mount --rbind /sys /host/sys
must mount -t proc proc /host/proc
must mount -t tmpfs run /host/run
mkdir /host/run/scratch
say "file systems mounted"

stty -F /dev/ttyS1 raw -echo
. /environment
cd /
chroot /host $GUEST_COMMAND </dev/null >/dev/ttyS1 2>/dev/console
say "tests ended with $?"
poweroff -f
