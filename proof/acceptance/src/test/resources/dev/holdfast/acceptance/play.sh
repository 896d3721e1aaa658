#!/bin/bash
# Plays the commands of a file, one a line, on a node: after each "@@ EXIT-STATUS", what it printed before. NET.n stands for an address
# of the public network; "as USER" before a command runs it as that user.
NET=$(oifcfg getif -type public | sed -nE 's/^[^ ]+ +([0-9.]+)\.0 .*/\1/p')

# Other users may not be able to read the directory that this cluster was built in.
if [ ! -d /shared/holdfast ]; then
    mkdir -p /shared/holdfast/.holdfast/lib
    tools=$(dirname "$(readlink -f "$(command -v crsctl)")")
    cp -r "$tools" /shared/holdfast/bin
    cp "${HOLDFAST_LIB:-$tools/../.holdfast/lib}"/{holdfast-crsctl,holdfast-control,avaje-json-core}*.jar /shared/holdfast/.holdfast/lib
    chmod -R a+rX /shared/holdfast
fi
as() {
    local user=$1
    shift
    PATH=/shared/holdfast/bin:$PATH HOLDFAST_LIB=/shared/holdfast/.holdfast/lib \
        setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups "$@"
}

while IFS= read -r line; do
    eval "${line//NET./$NET.}" < /dev/null 2>&1
    echo "@@ $?"
done < "$1"
