#!/usr/bin/env bash
# Process 1 of a lab node, and of the client host. Started by the lab daemon in new namespaces, twice:
#   node-init.sh enter   builds the node's file tree and goes into it
#   node-init.sh boot    brings the interfaces up and does what a service manager does for cssd
# What it says to the daemon (standard output): "pid N", "ready". What it is told (standard input): "plugged", "start".
# What it needs to know comes in LAB_* variables; see LabNode.java.
set -euo pipefail

say() { printf '%s\n' "$*"; }

await() { # the daemon's next word must be $1
    local word
    read -r word || exit 1
    [ "$word" = "$1" ] || { echo "expected '$1' from the lab daemon, got '$word'" >&2; exit 1; }
}

device() { # name major minor mode
    mknod -m "$4" "$root/dev/$1" c "$2" "$3" 2>/dev/null || { : > "$root/dev/$1"; mount --bind "/dev/$1" "$root/dev/$1"; }
}

give_file() { # what where
    : > "$2"
    mount --bind "$1" "$2"
}

give_directory() { # what where
    mkdir -p "$2"
    mount --bind "$1" "$2"
}

# The host's programs are the node's programs, but whatever the node writes stays with the node.
mount_root() {
    mkdir -p "$LAB_RAM/upper" "$LAB_RAM/work" "$root"
    if [ "${LAB_NO_OVERLAY:-}" != yes ] && mount -t overlay overlay \
        -o "lowerdir=/,upperdir=$LAB_RAM/upper,workdir=$LAB_RAM/work,index=off" "$root" 2>/dev/null; then
        return
    fi
    # Without overlayfs the places that a node writes to are copied, once.
    mount --bind / "$root"
    local place
    for place in /etc /var/log /var/lib/holdfast; do
        if [ ! -d "$LAB_RAM/copy$place" ]; then
            mkdir -p "$LAB_RAM/copy$place"
            if [ "$place" = /etc ]; then cp -a /etc/. "$LAB_RAM/copy/etc/"; fi
        fi
        mkdir -p "$root$place"
        mount --bind "$LAB_RAM/copy$place" "$root$place"
    done
}

enter() {
    # /proc is still the lab daemon's: this is our number as the daemon sees it.
    local pid rest
    read -r pid rest < /proc/self/stat
    say "pid $pid"

    mkdir -p "$LAB_CGROUP/init" "$LAB_CGROUP/exec"
    echo 0 > "$LAB_CGROUP/init/cgroup.procs"

    root=$LAB_RAM/root
    mount_root
    mount -t tmpfs -o mode=755 run "$root/run"
    mount -t tmpfs -o mode=1777 tmp "$root/tmp"
    mkdir -p "$root/run/lock" "$root/run/holdfast" "$root/run/old-root"
    chmod 1777 "$root/run/lock"

    mount -t tmpfs -o mode=755 dev "$root/dev"
    device null 1 3 666; device zero 1 5 666; device full 1 7 666
    device random 1 8 666; device urandom 1 9 666; device tty 5 0 666
    mkdir -p "$root/dev/pts" "$root/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
    ln -s pts/ptmx "$root/dev/ptmx"
    mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
    ln -s /proc/self/fd "$root/dev/fd"
    ln -s fd/0 "$root/dev/stdin"; ln -s fd/1 "$root/dev/stdout"; ln -s fd/2 "$root/dev/stderr"

    mount -t proc proc "$root/proc"
    mount -t sysfs -o ro sys "$root/sys"
    # Rooted at the node, because the node has a cgroup namespace of its own.
    mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"

    # The product and its JDK, at their usual places, wherever they are mounted from.
    give_directory "$HOLDFAST_HOME" "$root$HOLDFAST_HOME"
    give_directory "$JAVA_HOME" "$root$JAVA_HOME"
    give_directory "$HOLDFAST_LIB" "$root$HOLDFAST_LIB"
    give_directory "$LAB_SHARED" "$root/shared"

    # Nodes share the kernel, but every power-on is a new boot.
    cat /proc/sys/kernel/random/uuid > "$root/run/boot_id"
    mount --bind "$root/run/boot_id" "$root/proc/sys/kernel/random/boot_id"

    if [ "$LAB_ROLE" = node ]; then
        give_directory "$LAB_STATE/etc" "$root/etc/holdfast"
        give_directory "$LAB_STATE/log" "$root/var/log/holdfast"
        mkdir -p "$root/var/lib/holdfast"
        give_directory "$LAB_POWER" "$root/run/holdfast-lab"
        mkdir "$root/dev/hf"
        local disk
        for disk in $LAB_DISKS; do
            give_file "$LAB_FUSE/$disk/$disk" "$root/dev/hf/$disk"
        done
        give_file "$LAB_FUSE/devices/watchdog" "$root/dev/hf/watchdog"
        give_file "$LAB_FUSE/devices/sysrq" "$root/dev/hf/sysrq"
    fi
    # Who resets his machine must reach the node's reset line, never the host's. Not every kernel has one.
    if [ -e /proc/sysrq-trigger ]; then
        if [ "$LAB_ROLE" = node ]; then
            mount --bind "$LAB_FUSE/devices/sysrq" "$root/proc/sysrq-trigger"
        else
            mount --bind /dev/null "$root/proc/sysrq-trigger"
        fi
    fi

    echo "$LAB_NAME" > /proc/sys/kernel/hostname
    rm -f "$root/etc/hostname" "$root/etc/hosts"
    echo "$LAB_NAME" > "$root/etc/hostname"
    { echo "127.0.0.1 localhost"; printf '%s\n' "$LAB_HOSTS"; } > "$root/etc/hosts"
    mkdir -p "$root/etc/profile.d"
    printf 'export HOLDFAST_HOME=%q HOLDFAST_LIB=%q JAVA_HOME=%q PATH=%q\n' \
        "$HOLDFAST_HOME" "$HOLDFAST_LIB" "$JAVA_HOME" "$PATH" > "$root/etc/profile.d/holdfast.sh"

    await plugged
    cd "$root"
    pivot_root . run/old-root
    exec chroot . "$BASH" "$HOLDFAST_HOME/edge/lab/src/main/sh/node-init.sh" boot
}

boot() {
    umount -l /run/old-root
    rmdir /run/old-root
    cd /
    printf '%s\n' "$LAB_INTERFACES" | ip -batch -
    mkfifo /run/holdfast-init
    say ready
    await start
    if [ "$LAB_ROLE" = node ]; then
        supervise
    fi
    # Keeps both ends of the pipe open, so that this waits for good; the shell reaps orphans meanwhile.
    while true; do read -r _ <> /run/holdfast-init; done
}

# As a unit with Restart=always and RestartPreventExitStatus=3 would: 3 means that the node was asked to leave.
supervise() {
    local status word
    set +e
    while true; do
        "$HOLDFAST_HOME/bin/holdfast-cssd" < /dev/null 2>> /var/log/holdfast/console.log
        status=$?
        if [ $status = 3 ]; then
            word=
            while [ "$word" != start ]; do read -r word <> /run/holdfast-init; done
        else
            sleep 1 # Nothing but a fault of the script itself ends it so.
        fi
    done
}

"$1"
