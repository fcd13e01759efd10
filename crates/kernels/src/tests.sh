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

# Runs the tests that `$3` lists, one in a line, on the file system `$1`. `$2` is the program's number.
run() {
    output=$results/$1/$2
    if [ ! -s "$3" ]; then
        : > "$output.out"
        return
    fi
    # shellcheck disable=SC2046 # A test's name has no spaces.
    env -i $environment COURSE_PATIENCE=10 LESSON_SCRATCH="$scratch" \
        timeout -k 5 600 "$program" --format pretty --include-ignored --exact $(cat "$3") \
        > "$output.running" 2> "$output.errors" < /dev/null
    echo $? > "$output.status"
    mv "$output.running" "$output.out"
}

# Prints the tests of `$1` (a path without .out) that passed and did not say that they were not run.
passed() {
    sed -n 's/.*NOT RUN: \([^ ]*\): .*/\1/p' "$1.errors" > /tmp/not_run
    sed -n 's/^test \([^ ]*\).* \.\.\. ok$/\1/p' "$1.out" | grep -vxFf /tmp/not_run
}

for system in $file_systems; do
    mkdir -p "$results/$system"
    if [ "$system" = none ]; then
        scratch=/mnt/none # There is no such directory: a test that passes makes no file there.
    elif ! prepare "$system" > "$results/$system/prepare" 2>&1 ||
        [ "$(/mnt/busybox awk -v at="$scratch" '$2 == at { print $3 }' /proc/mounts | tail -n 1)" != "$system" ]; then
        echo "the file system at $scratch is not $system" >> "$results/$system/prepare"
        echo failed > "$results/$system/cannot"
        continue
    fi
    while read -r number directory program; do
        cd "$directory" || exit
        if [ "$system" = none ]; then
            run none "$number" "$results/$number.once"
            if [ -s "$results/none/$number.out" ]; then
                passed "$results/none/$number" > "$results/none/$number.passed"
                grep -vxFf "$results/none/$number.passed" "$results/$number.tests" > /tmp/rest
                cp /tmp/rest "$results/$number.tests"
            fi
        else
            run "$system" "$number" "$results/$number.tests"
        fi
        echo "kernels: finished"
    done < $results/programs
    cd /
    [ "$system" = none ] && continue
    [ "$system" = overlay ] && umount -l $scratch
    umount -l /mnt/scratch
done
echo done > $results/done
sync
/mnt/busybox poweroff -f
