#!/bin/busybox sh
# The first and only program of the guest that 'holdfast verify-watchdog' boots: runs the real cssd beside a real watchdog driver,
# tells the host over the serial line what it does and when, and ends in the way that the kernel's command line names.
# Lines for the host begin with HOLDFAST; the rest is for people.
/bin/busybox mkdir -p /proc /sys /dev /run /tmp /var/log/holdfast /var/lib/holdfast
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev 2> /dev/null
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
mount -t cgroup2 cgroup2 /sys/fs/cgroup
exec > /dev/ttyS0 2>&1 < /dev/null

say() {
    read -r up _ < /proc/uptime
    echo "HOLDFAST $up $*"
}

give_up() {
    say "failed $*"
    tail -n 30 /var/log/holdfast/cssd.log /var/log/holdfast/cssd.out
    sync
    poweroff -f
    while :; do sleep 1; done
}

option() { # name: its value on the kernel's command line
    sed -n "s/.* holdfast\.$1=\([^ ]*\).*/\1/p" /proc/cmdline
}

module=$(option module)
ending=$(option ending)
calm=$(option calm)

for each in $(cat /modules/order) "$module"; do
    insmod "/modules/$each.ko" 2> /dev/null || say "module $each is not loaded"
done
ip link set lo up
tries=0
while [ ! -b /dev/vda ] || [ ! -c /dev/watchdog0 ]; do
    tries=$((tries + 1))
    [ $tries -lt 200 ] || give_up "no /dev/vda or no /dev/watchdog0 (module $module)"
    sleep 0.1
done

watchdog() {
    echo "$(cat /sys/class/watchdog/watchdog0/state) timeout=$(cat /sys/class/watchdog/watchdog0/timeout)"
}

start_cssd() { # waits until it is a member
    : > /var/log/holdfast/events.jsonl
    # The same options as bin/holdfast-cssd, without what would start it again.
    /jre/bin/java -XX:+UseZGC -Xms32m -Xmx64m -Xss512k -XX:-UsePerfData -XX:+ExitOnOutOfMemoryError \
        --enable-native-access=ALL-UNNAMED -Dfile.encoding=UTF-8 \
        -cp '/lib/holdfast/*' dev.holdfast.cssd.Cssd > /var/log/holdfast/cssd.out 2>&1 &
    cssd=$!
    until grep -q '"event":"view-installed"' /var/log/holdfast/events.jsonl; do
        kill -0 $cssd 2> /dev/null || give_up "cssd ended before it was a member"
        sleep 0.2
    done
    say "member $(watchdog)"
}

say "booted $(uname -r) $(cat /sys/class/watchdog/watchdog0/identity)"
touch /var/log/holdfast/cssd.log
tail -f /var/log/holdfast/cssd.log & # For people, on the console.
start_cssd

if [ "$ending" = leave ]; then
    sleep "$calm"
    kill -0 $cssd || give_up "cssd ended while it should have petted"
    grep -q '"event":"lease-lost"' /var/log/holdfast/events.jsonl && give_up "the lease was lost meanwhile"
    say "petted $calm s, $(watchdog)"
    kill -TERM $cssd
    wait $cssd
    say "left with $?, $(watchdog)"
    sleep "$calm"
    say "quiet $calm s, $(watchdog)"
    sync
    poweroff -f
    while :; do sleep 1; done
fi

sleep 3 # Several renewals, each with its pet.
grep -q '"event":"lease-lost"' /var/log/holdfast/events.jsonl && give_up "the lease was lost before the ending"
case "$ending" in
    kill) say "ending kill"; kill -KILL $cssd ;;
    stop) say "ending stop"; kill -STOP $cssd ;;
    crash) say "ending crash"; echo c > /proc/sysrq-trigger ;;
    *) give_up "no such ending: $ending" ;;
esac
# Tells the host when the kernel timer has killed the stopped one: closing the device pings it a last time.
while kill -0 $cssd 2> /dev/null && [ -d /proc/$cssd/fd ] && [ -e /proc/$cssd/fd/0 ]; do sleep 0.05; done
say "ended cssd, $(watchdog)"
while :; do sleep 1; done
