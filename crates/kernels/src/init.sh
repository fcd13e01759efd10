#!/bin/busybox sh
# The first process of a virtual machine. The host's files become its root, read-only, with its own
# /dev, /proc, /sys, /tmp and /mnt. Then `tests.sh` runs there.
busybox=/bin/busybox
$busybox mkdir -p /proc /sys /dev /root
$busybox --install -s /bin
export PATH=/bin:/sbin
mount -t devtmpfs dev /dev
for module in $(cat /modules/order); do
    insmod "/modules/$module" || echo "cannot load the module $module"
done
share="trans=virtio,version=9p2000.L,msize=524288"
mount -t 9p -o "$share,ro,cache=loose" host /root || { echo "cannot mount the host's files"; poweroff -f; }
mount -t proc proc /root/proc
mount -t sysfs sysfs /root/sys
mount -t devtmpfs dev /root/dev
mkdir -p /root/dev/shm /root/dev/mqueue /root/dev/pts
mount -t devpts devpts /root/dev/pts
mount -t mqueue mqueue /root/dev/mqueue
mount -t tmpfs -o mode=1777 tmpfs /root/dev/shm
mount -t tmpfs -o mode=1777 tmpfs /root/tmp
mount -t tmpfs tmpfs /root/run
mount -t tmpfs tmpfs /root/mnt
ln -s /proc/self/fd /root/dev/fd
for stream in 0:stdin 1:stdout 2:stderr; do
    ln -s "/proc/self/fd/${stream%%:*}" "/root/dev/${stream##*:}"
done
ip link set lo up
mkdir /root/mnt/results
mount -t 9p -o "$share" results /root/mnt/results || { echo "cannot mount the results"; poweroff -f; }
cp /bin/busybox /tests.sh /root/mnt
exec switch_root /root /mnt/busybox sh /mnt/tests.sh
