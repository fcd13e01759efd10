#!/bin/sh
# The second program of a virtual machine: prepares each file system on the disk /dev/vda, runs the tests
# there, and writes their output to /mnt/results.
results=/mnt/results
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
. $results/settings # file_systems, environment, skip
uname -r > $results/release
echo "kernels: booted"

# Makes the file system, mounts it, and sets `scratch` to its directory.
prepare() {
    mkdir -p /mnt/scratch
    scratch=/mnt/scratch
    # Features that old kernels do not know are left out.
    case $1 in
        ext4 | overlay) mkfs.ext4 -q -F -O ^orphan_file,^metadata_csum_seed /dev/vda && disk=ext4 ;;
        xfs) mkfs.xfs -q -f /dev/vda && disk=xfs ;;
        btrfs) mkfs.btrfs -q -f /dev/vda && disk=btrfs ;;
        tmpfs) mount -t tmpfs tmpfs $scratch; return ;;
    esac || return
    mount -t "$disk" /dev/vda $scratch || return
    if [ "$1" = overlay ]; then
        mkdir $scratch/lower $scratch/upper $scratch/work $scratch/merged || return
        layers=lowerdir=$scratch/lower,upperdir=$scratch/upper,workdir=$scratch/work
        scratch=$scratch/merged
        mount -t overlay -o "$layers" overlay $scratch || return
    fi
}

# Puts copies in memory over files of the host that are used often. Each `open` of the host's own file is a
# request to the host, and some claims drop the page cache.
copy() {
    for file in "$@"; do
        file=$(readlink -f "$file")
        copy=/run/copies/$(echo "$file" | tr / _)
        if [ -f "$file" ] && [ ! -e "$copy" ]; then
            cp -p "$file" "$copy" && mount --bind "$copy" "$file"
        fi
    done
}

# Some claims make as many mappings as a process may have. An emulated processor takes 20 s for the usual 65530.
echo 5000 > /proc/sys/vm/max_map_count

mkdir /run/copies
copy /etc/ld.so.cache /lib64/ld-linux-x86-64.so.2 /bin/sh
copy /lib/x86_64-linux-gnu/libc.so.6 /lib/x86_64-linux-gnu/libm.so.6 /lib/x86_64-linux-gnu/libgcc_s.so.1
while read -r number directory program; do
    copy "$program"
    for binary in "${program%/deps/*}/${directory##*/}"*; do
        case $binary in
            *.d) ;;
            *) copy "$binary" ;;
        esac
    done
done < $results/programs

for system in $file_systems; do
    mkdir -p "$results/$system"
    if ! prepare "$system" > "$results/$system/prepare" 2>&1 ||
        [ "$(/mnt/busybox awk -v at="$scratch" '$2 == at { print $3 }' /proc/mounts | tail -n 1)" != "$system" ]; then
        echo "the file system at $scratch is not $system" >> "$results/$system/prepare"
        echo failed > "$results/$system/cannot"
        continue
    fi
    while read -r number directory program; do
        output=$results/$system/$number
        cd "$directory" || exit
        # shellcheck disable=SC2046 # A test's name has no spaces.
        env -i $environment COURSE_PATIENCE=10 LESSON_SCRATCH="$scratch" \
            timeout -k 5 1200 "$program" --format pretty --include-ignored --exact $(cat "$results/$number.tests") \
            > "$output.running" 2> "$output.errors" < /dev/null
        echo $? > "$output.status"
        mv "$output.running" "$output.out"
        echo "kernels: finished"
    done < $results/programs
    cd /
    [ "$system" = overlay ] && umount -l $scratch
    umount -l /mnt/scratch
done
echo done > $results/done
sync
/mnt/busybox poweroff -f
