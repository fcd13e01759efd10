#!/bin/busybox sh
# The first process of a virtual machine. The host's files are at /root, read-only. It prepares each
# file system on the disk /dev/vda, runs the tests there, and writes their output to /results.
busybox=/bin/busybox
$busybox mkdir -p /proc /sys /dev /root /results
$busybox --install -s /bin
export PATH=/bin:/sbin:/usr/bin:/usr/sbin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
for module in $(cat /modules/order); do
    insmod "/modules/$module" 2>/dev/null || echo "insmod $module failed"
done
share="trans=virtio,version=9p2000.L,msize=524288"
mount -t 9p -o "$share,ro,cache=loose" host /root || { echo "cannot mount the host's files"; poweroff -f; }
mount -t 9p -o "$share" results /results || { echo "cannot mount the results"; poweroff -f; }
. /results/settings # file_systems, environment
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
uname -r > /results/release

host() { chroot /root "$@"; }

# Makes the file system, and sets `scratch` to its directory as the tests see it.
prepare() {
    mkdir -p /root/mnt/scratch
    scratch=/mnt/scratch
    # Features that old kernels do not know are left out.
    case $1 in
        ext4 | overlay) host mkfs.ext4 -q -F -O ^orphan_file,^metadata_csum_seed /dev/vda && disk=ext4 ;;
        xfs) host mkfs.xfs -q -f /dev/vda && disk=xfs ;;
        btrfs) host mkfs.btrfs -q -f /dev/vda && disk=btrfs ;;
        tmpfs) mount -t tmpfs tmpfs /root/mnt/scratch; return ;;
    esac || return
    mount -t "$disk" /dev/vda /root/mnt/scratch || return
    if [ "$1" = overlay ]; then
        scratch=/mnt/scratch/merged
        cd /root/mnt/scratch && mkdir lower upper work merged || return
        mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work overlay merged || return
        cd /
    fi
}

for system in $file_systems; do
    mkdir -p "/results/$system"
    if ! prepare "$system" > "/results/$system/prepare" 2>&1 ||
        [ "$(awk -v at="/root$scratch" '$2 == at { print $3 }' /proc/mounts | tail -n 1)" != "$system" ]; then
        echo "the file system at $scratch is not $system" >> "/results/$system/prepare"
        echo failed > "/results/$system/cannot"
        continue
    fi
    while read -r number directory program; do
        output=/results/$system/$number
        env -i $environment COURSE_PATIENCE=10 LESSON_SCRATCH="$scratch" RUST_BACKTRACE=0 \
            chroot /root sh -c "cd '$directory' && exec timeout -k 5 300 '$program' --format pretty --include-ignored" \
            > "$output.running" 2>&1 < /dev/null
        echo "exit status $?" >> "$output.running"
        mv "$output.running" "$output.out"
    done < /results/programs
    [ "$system" = overlay ] && umount -l /root/mnt/scratch/merged
    umount -l /root/mnt/scratch
done
echo done > /results/done
sync
poweroff -f
