# 'holdfast verify-watchdog': what it needs, and the guest's files; read by ../../../../../holdfast, which has said what $home, $work,
# need, say and fail are. The boots themselves are in dev.holdfast.bench.VerifyWatchdog.
# shellcheck shell=bash

# What the guest loads before the driver of its watchdog, in this order.
guest_modules="virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk watchdog"
guest_drivers="i6300esb softdog"

verify_watchdog() {
    local place=$work/watchdog
    [ "$(uname -m)" = x86_64 ] || fail "verify-watchdog boots an x86-64 guest with this machine's own Java; this is a $(uname -m)"
    need_for_guest
    ensure_built
    mkdir -p "$place"
    fetch_guest_kernel "$place"
    make_guest "$place"
    run_main -Dholdfast.guest="$place" dev.holdfast.bench.VerifyWatchdog "$@"
}

need_for_guest() {
    find_java
    need qemu-system-x86_64=qemu-system-x86 busybox=busybox-static cpio=cpio dpkg-deb=dpkg
    if ldd "$(command -v busybox)" > /dev/null 2>&1; then install_packages busybox-static; fi
}

# A stock kernel of Debian, unpacked and not installed: this machine's own may have no watchdog drivers, and cannot be read by all.
fetch_guest_kernel() { # directory
    local place=$1 package
    [ ! -e "$place/kernel/ready" ] || return 0
    [ "$may_install" != no ] || fail "a stock kernel is fetched with 'apt-get download', and --no-install was given"
    rm -rf "$place/kernel"
    mkdir -p "$place/kernel"
    package=$(apt-cache depends linux-image-amd64 2> /dev/null | sed -n 's/^ *Depends: *\(linux-image-[^ ]*\)$/\1/p' | head -n 1)
    if [ -z "$package" ]; then
        apt-get update > "$work/install.log" 2>&1 || true
        package=$(apt-cache depends linux-image-amd64 2> /dev/null | sed -n 's/^ *Depends: *\(linux-image-[^ ]*\)$/\1/p' | head -n 1)
    fi
    [ -n "$package" ] || fail "apt knows no package linux-image-amd64; the guest's kernel comes from there"
    say "Fetching the guest's kernel, unpacked and not installed: $package   (log: $work/install.log)"
    (cd "$place/kernel" && apt-get download "$package" > "$work/install.log" 2>&1) ||
        fail "apt-get download $package failed; the log: $work/install.log"
    dpkg-deb -x "$place/kernel"/linux-image-*.deb "$place/kernel"
    rm -f "$place/kernel"/linux-image-*.deb
    cp "$place/kernel"/boot/vmlinuz-* "$place/kernel/vmlinuz"
    touch "$place/kernel/ready"
}

make_guest() { # directory
    local place=$1 root=$1/root each file needed
    say "Building the guest: busybox, a Java runtime made by jlink, our jars"
    rm -rf "$root"
    mkdir -p "$root"/{bin,modules,etc/holdfast,lib/holdfast}
    cp "$(command -v busybox)" "$root/bin/busybox"
    cp "$home/proof/bench/src/main/sh/watchdog-guest.sh" "$root/init"
    chmod 755 "$root/init"
    for each in $guest_modules $guest_drivers; do
        file=$(find "$place/kernel/lib/modules" -name "$each.ko" | head -n 1)
        [ -n "$file" ] || fail "the guest's kernel has no module $each.ko (compressed ones are not unpacked here)"
        cp "$file" "$root/modules/"
    done
    echo "$guest_modules" > "$root/modules/order"
    if [ ! -x "$place/jre/bin/java" ]; then
        rm -rf "$place/jre"
        "$java_home/bin/jlink" --add-modules java.base,java.xml,java.naming,java.logging,java.management,jdk.net,jdk.unsupported \
            --strip-debug --no-header-files --no-man-pages --output "$place/jre" > "$work/watchdog.log" 2>&1 ||
            fail "jlink failed; the log: $work/watchdog.log"
    fi
    cp -a "$place/jre" "$root/jre"
    # What Java itself is linked with, at the places where the loader looks.
    for needed in $(ldd "$place/jre/bin/java" "$place/jre/lib/server/libjvm.so" | grep -oE '/[^ ]+\.so[^ ]*' | grep -v '/jre/' | sort -u); do
        case "$needed" in *:) continue ;; esac
        mkdir -p "$root$(dirname "$needed")"
        cp -L "$needed" "$root$needed"
    done
    for each in model membership registry policy resource node control linux cssd crsd; do
        cp "$lib"/holdfast-"$each"-*.jar "$root/lib/holdfast/"
    done
    cp "$lib"/{avaje-json-core,slf4j-api,logback-classic,logback-core,jspecify}-*.jar "$root/lib/holdfast/"
    guest_configuration /dev/vda > "$root/etc/holdfast/cluster.conf"
    printf 'node=1\nwatchdog=/dev/watchdog0\n' > "$root/etc/holdfast/node.conf"
    (umask 077 && head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n' > "$root/etc/holdfast/cluster.key")
    (cd "$root" && find . | cpio -o -H newc --quiet) > "$place/initramfs"
    # The voting disk is formatted here, where a JVM starts sooner; inside the guest it has another name.
    rm -rf "$place/etc" "$place/disk"
    mkdir -p "$place/etc"
    cp "$root/etc/holdfast/cluster.key" "$place/etc/"
    guest_configuration "$place/disk" > "$place/etc/cluster.conf"
    truncate -s 64M "$place/disk"
    "$java_home/bin/java" --enable-native-access=ALL-UNNAMED -cp "$lib/*" dev.holdfast.cssd.FormatDisks "$place/etc/cluster.conf" \
        > "$work/watchdog.log" 2>&1 || fail "the guest's voting disk could not be formatted; the log: $work/watchdog.log"
}

# A cluster of one node. An emulated processor on a busy host is slow: lease and watchdog are longer than in profile default.
guest_configuration() { # voting disk
    cat <<TEXT
cluster.name=guest
cluster.id=5b0f5a1c-6a1e-4a50-9c0e-0d5a3e6b7f10
node.1.name=guest1
node.1.private=127.0.0.1
votingdisk.1=$1
registry.1=$1
boot.wait=1
timing.lease=10000
timing.watchdog=10000
timing.granularity=1000
TEXT
}
