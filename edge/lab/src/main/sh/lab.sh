# The lab's command line; read by ../../../../../holdfast, which has said what $home, fail and usage_error are.
#
# A lab lives in namespaces below its daemon, and in one control group. So ending it, also after any crash, is: kill the group.
# shellcheck shell=bash

lab_usage() {
    cat <<'TEXT'
holdfast lab: a whole cluster on this machine, in namespaces

  lab up [--nodes 2] [--voting-disks 1|3|5] [--profile default|fast|conservative]
         [--fencing power|watchdog] [--node-names a,b]
                                   build the machines and start the cluster on them
  lab status [-o json]             power, view, VIPs and faults
  lab list                         the labs of this directory
  lab down                         end it; nothing is left, whatever happened to it before

  lab exec NODE -- COMMAND...      run a command inside a node
  lab client -- COMMAND...         run a command on the client host

  lab power-off|power-on NODE      throw the power switch
  lab freeze|thaw NODE             stop a machine's time, and let it go on
  lab kill NODE cssd|crsd|both     kill -9 of the daemons of a node
  lab cut|mend NODE public|private1|private2|private|disk1..N|storage...
                                   pull cables and put them back; a cut disk fails at once
  lab cut NODE public|private1|private2|private... --inbound|--outbound
                                   lose only what is sent to the node, or only what it sends (mended by mend)
  lab hang NODE diskN|storage...   requests to the disk are not answered, until mended
  lab slow NODE diskN|storage... [MS]
                                   requests to the disk take MS milliseconds longer (200)
  With 'all' for NODE, kill, cut, mend, hang and slow mean every node at once.

Every command takes --name L (default demo); labs with different names do not see each other.
Exit code 0: done; 1: refused or failed; 2: not understood. exec and client: the command's own.
TEXT
}

lab_command_text() { # how the user would type: holdfast lab [--name L] WORDS
    if [ "$lab_name" = demo ]; then echo "holdfast lab $*"; else echo "holdfast lab --name $lab_name $*"; fi
}

lab_main() {
    local words=() command=()
    lab_name=demo
    while [ $# -gt 0 ]; do
        case "$1" in
            --name) [ $# -ge 2 ] || usage_error "--name needs the name of a lab"; lab_name=$2; shift ;;
            --name=*) lab_name=${1#--name=} ;;
            --) shift; command=("$@"); break ;;
            *) words+=("$1") ;;
        esac
        shift
    done
    [[ $lab_name =~ ^[A-Za-z0-9][A-Za-z0-9_-]{0,30}$ ]] ||
        usage_error "a lab's name has letters, digits, '-' and '_' (31 at most), got '$lab_name'"
    lab_root=${HOLDFAST_LAB_STATE:-$work/lab}
    lab_state=$lab_root/$lab_name
    local verb=${words[0]:-help}
    set -- "${words[@]:1}"
    if [ ${#command[@]} -gt 0 ] && [ "$verb" != exec ] && [ "$verb" != client ]; then
        usage_error "lab $verb takes nothing after --"
    fi
    case "$verb" in
        help | -h | --help) lab_usage ;;
        list) lab_list ;;
        up) lab_up "$@" ;;
        down) [ $# = 0 ] || usage_error "lab down takes no arguments but --name, got '$*'"; lab_down ;;
        exec)
            [ $# -ge 1 ] || usage_error "lab exec needs a node and a command: $(lab_command_text exec node1 -- hostname)"
            [ $# = 1 ] && [ ${#command[@]} -gt 0 ] || usage_error "lab exec: the command stands after --: $(lab_command_text exec "$1" -- hostname)"
            lab_enter "$1" "${command[@]}"
            ;;
        client)
            [ $# = 0 ] && [ ${#command[@]} -gt 0 ] || usage_error "lab client: the command stands after --: $(lab_command_text client -- hostname)"
            lab_enter client "${command[@]}"
            ;;
        status | power-off | power-on | freeze | thaw | kill | cut | mend | hang | slow)
            case " $* " in *" --inbound "* | *" --outbound "*) need nft=nftables ;; esac
            lab_ask "$verb" "$@"
            ;;
        *) usage_error "there is no command 'lab $verb'; see: holdfast lab help" ;;
    esac
}

lab_require_root() {
    [ "$(id -u)" = 0 ] || fail "the lab makes namespaces, mounts and control groups: run it as root"
}

lab_find_cgroup2() { # sets cgroup2
    cgroup2=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)
    [ -n "$cgroup2" ] || fail "no control group file system of version 2 is mounted; mount it: mount -t cgroup2 none /sys/fs/cgroup"
}

lab_populated() { # control group
    [ -e "$1/cgroup.events" ] && grep -q '^populated 1' "$1/cgroup.events"
}

lab_alive() { # state directory
    local group
    group=$(cat "$1/cgroup" 2>/dev/null) && lab_populated "$group/labd" && [ -S "$1/lab.sock" ]
}

lab_require_alive() {
    [ -d "$lab_state" ] || fail "there is no lab '$lab_name'. Make one: $(lab_command_text up)"
    lab_alive "$lab_state" || fail "lab '$lab_name' is not up: its daemon is gone, or still starting.
  Its log: $lab_state/labd.log
  Remove what is left: $(lab_command_text down)"
}

lab_list() {
    local state
    for state in "$lab_root"/*/; do
        [ -e "$state/cgroup" ] || continue
        if lab_alive "$state"; then echo "$(basename "$state")  up"; else echo "$(basename "$state")  not up"; fi
    done
}

# Sends words to the lab daemon; its answer goes where it belongs, and so does the exit code.
lab_ask() {
    lab_require_alive
    local answer code
    # In the directory, because the path of a socket may have 107 bytes only.
    cd "$lab_state"
    answer=$(printf '%s\n' "$@" | curl -sS --unix-socket lab.sock -w '\n%{http_code}' --data-binary @- http://lab/ 2>&1) ||
        fail "the daemon of lab '$lab_name' does not answer: $answer"
    code=${answer##*$'\n'}
    answer=${answer%$'\n'*}
    answer=${answer%$'\n'}
    case "$code" in
        200) [ -z "$answer" ] || printf '%s\n' "$answer" ;;
        400) printf '%s\n' "$answer" >&2; exit 2 ;;
        *) printf '%s\n' "$answer" >&2; exit 1 ;;
    esac
}

# Runs a command in a node, or on the client host, in its namespaces and its control group.
lab_enter() {
    local node=$1 name power pid found='' names=''
    shift
    lab_require_root
    lab_require_alive
    while read -r name power pid; do
        [ "$name" = client ] || names+="${names:+, }$name"
        if [ "$name" = "$node" ]; then found=$power; break; fi
    done < "$lab_state/processes"
    case "$found" in
        on) ;;
        frozen) fail "$node is frozen. Let it go on: $(lab_command_text thaw "$node")" 125 ;;
        off) fail "$node is off. Power it on: $(lab_command_text power-on "$node")" 125 ;;
        *) fail "there is no node '$node' in lab $lab_name; its nodes are $names" 125 ;;
    esac
    local group daemon java_home
    group=$(cat "$lab_state/cgroup")
    daemon=$(cat "$lab_state/labd.pid")
    java_home=$(cat "$lab_state/java-home")
    echo $$ > "$group/$node/exec/cgroup.procs" || fail "$node can't be entered: it is just going off" 125
    exec nsenter --target "$daemon" --mount --pid -- nsenter --target "$pid" --all -- \
        env -i HOME=/root LANG=C.UTF-8 TERM="${TERM:-dumb}" JAVA_HOME="$java_home" \
        HOLDFAST_HOME="$home" HOLDFAST_LIB="$lib" \
        PATH="$home/bin:$java_home/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
        "$@"
}

# Claims the lowest free index: the control group of that number. Under a lock that all labs of this machine know.
lab_claim_index() { # sets lab_index and lab_group; puts process $1 into the group
    local n
    exec 8< "$cgroup2"
    flock 8
    for ((n = 1; n <= 200; n++)); do
        if lab_populated "$cgroup2/holdfast-lab-$n"; then continue; fi
        lab_remove_group "$cgroup2/holdfast-lab-$n"
        mkdir -p "$cgroup2/holdfast-lab-$n/labd" || fail "control groups can't be made in $cgroup2"
        echo "$1" > "$cgroup2/holdfast-lab-$n/labd/cgroup.procs"
        lab_index=$n
        lab_group=$cgroup2/holdfast-lab-$n
        exec 8<&-
        return
    done
    fail "200 labs are up on this machine; end some"
}

lab_remove_group() {
    [ -d "$1" ] || return 0
    find "$1" -depth -type d -exec rmdir {} \; 2>/dev/null || true
}

lab_up() {
    lab_require_root
    need_for_lab
    ensure_built
    if lab_alive "$lab_state"; then
        fail "lab '$lab_name' is up already. See it: $(lab_command_text status)   End it: $(lab_command_text down)"
    fi
    if [ -d "$lab_state" ]; then
        if [ -e "$lab_state/starting" ] && kill -0 "$(cat "$lab_state/starting")" 2>/dev/null; then
            fail "lab '$lab_name' is just being brought up by process $(cat "$lab_state/starting")"
        fi
        say "lab $lab_name was not ended in order; removing what is left"
        lab_end
    fi
    lab_find_cgroup2
    mkdir -p "$lab_root"
    mkdir "$lab_state" 2>/dev/null || fail "lab '$lab_name' is just being brought up by somebody else, or $lab_root can't be written"
    echo $$ > "$lab_state/starting"
    trap 'say "interrupted; removing what was built"; lab_end; exit 130' INT TERM
    mkfifo "$lab_state/progress"

    # The daemon waits for its group, then becomes the first process of its namespaces.
    local launch began=$SECONDS line outcome='FAILED 1'
    launch='read -r group index < claimed
        cd "$1" || exit 1
        rm -f claimed
        exec unshare --net --mount --pid --fork --kill-child -- bash -c '\''
            read -r pid _ < /proc/self/stat
            echo "$pid" > labd.pid
            mount -t proc proc /proc
            state=$1; group=$2; index=$3; name=$4; shift 4
            exec "$JAVA_HOME/bin/java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx128m -XX:-UsePerfData \
                --enable-native-access=ALL-UNNAMED -Dfile.encoding=UTF-8 -cp "$HOLDFAST_LIB/*" \
                dev.holdfast.lab.Labd "$state" "$group" "$name" "$index" "$@"
        '\'' labd "$1" "$group" "$index" "$2" "${@:3}"'
    mkfifo "$lab_state/claimed"
    (
        cd "$lab_state"
        export JAVA_HOME=$java_home HOLDFAST_HOME=$home HOLDFAST_LIB=$lib
        exec setsid bash -c "$launch" labd "$lab_state" "$lab_name" "$@"
    ) < /dev/null > "$lab_state/progress" 2>> "$lab_state/labd.log" &
    local launcher=$!
    trap 'kill "$launcher" 2>/dev/null' EXIT
    exec 7< "$lab_state/progress"
    lab_claim_index "$launcher"
    echo "$java_home" > "$lab_state/java-home"
    echo "$lab_group" > "$lab_state/cgroup"
    echo "$lab_group $lab_index" > "$lab_state/claimed"
    trap - EXIT
    disown "$launcher" 2>/dev/null || true # its end is not news
    say "lab $lab_name: bringing up"
    while IFS= read -r line <&7; do
        case "$line" in
            READY | 'FAILED '*) outcome=$line; break ;;
            *) say "  $(printf '%2d' $((SECONDS - began))) s  $line" ;;
        esac
    done
    exec 7<&-
    rm -f "$lab_state/progress" "$lab_state/starting"
    trap - INT TERM
    if [ "$outcome" != READY ]; then
        local kept=$work/failed-lab/$lab_name code=${outcome#FAILED }
        if [ "$code" != 2 ]; then
            rm -rf "$kept"
            mkdir -p "$kept"
            cp -r "$lab_state/labd.log" "$lab_state/nodes" "$kept/" 2>/dev/null || true
        fi
        lab_end
        [ "$code" = 2 ] && exit 2
        fail "lab '$lab_name' did not come up, and was removed. Its logs are kept in $kept"
    fi
    say "lab $lab_name is up after $((SECONDS - began)) s. Look at it: $(lab_command_text status)   End it: $(lab_command_text down)"
}

lab_down() {
    lab_require_root
    if [ ! -d "$lab_state" ]; then
        say "lab $lab_name is not up; nothing to do"
        return
    fi
    lab_end
    say "lab $lab_name is down"
}

# Ends a lab in whatever state it is. The daemon's death closes the other end of its file systems, so nothing can stay stuck in them.
lab_end() {
    local group deadline
    group=$(cat "$lab_state/cgroup" 2>/dev/null || true)
    if [ -n "$group" ] && [ -d "$group" ]; then
        if [ -e "$group/cgroup.kill" ]; then
            echo 1 > "$group/cgroup.kill"
        else
            find "$group" -name cgroup.procs -exec cat {} + | xargs -r kill -9 2>/dev/null || true
        fi
        deadline=$((SECONDS + 15))
        while lab_populated "$group"; do
            if [ $SECONDS -ge $deadline ]; then
                lab_abort_file_systems
                deadline=$((SECONDS + 15))
                [ -z "${aborted:-}" ] || fail "processes of lab '$lab_name' can't be killed: $(cat "$group"/labd/cgroup.procs | tr '\n' ' ')"
                local aborted=yes
            fi
            sleep 0.02
        done
        local attempt
        for attempt in 1 2 3 4 5 6 7 8 9 10; do # a group can be removed a moment after its last process only
            lab_remove_group "$group"
            [ -d "$group" ] || break
            sleep 0.05
        done
        [ ! -d "$group" ] || fail "the control group $group can't be removed"
    fi
    rm -rf "$lab_state"
    rmdir "$lab_root" 2>/dev/null || true
}

# The last resort: tells the kernel to fail every request to the lab's file systems.
lab_abort_file_systems() {
    [ -s "$lab_state/fuse-connections" ] || return 0
    unshare --mount bash -c '
        mount -t fusectl none /sys/fs/fuse/connections 2>/dev/null
        while read -r number; do
            echo 1 > "/sys/fs/fuse/connections/$number/abort"
        done' < "$lab_state/fuse-connections" 2>/dev/null || true
}
