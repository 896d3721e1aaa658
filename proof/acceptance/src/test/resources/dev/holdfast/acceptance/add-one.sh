#!/bin/bash
# Adds one to LOAD of the resource "counted", so many times, and tells how often it was refused because somebody was faster.
refused=0
for ((done = 0; done < $1; )); do
    seen=$(crsctl status resource counted -p -o json)
    version=$(sed -n 's/.*"version": *"\([0-9a-f]*\)".*/\1/p' <<< "$seen")
    load=$(sed -n 's/.*"LOAD": *"\([0-9]*\)".*/\1/p' <<< "$seen")
    answer=$(crsctl modify resource counted -attr "LOAD=$((load + 1))" -if-version "$version" 2>&1)
    status=$?
    if [ $status = 0 ]; then
        done=$((done + 1))
    elif [[ $answer == *HF-3171* ]]; then
        refused=$((refused + 1))
    else
        echo "status $status: $answer" >&2
        exit 1
    fi
done
echo "refused $refused"
