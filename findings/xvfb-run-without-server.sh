#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: xvfb-run cannot start its server. Does the command run, and with which status does
#           xvfb-run end if the command succeeds?
# Guess:    the command does not run; xvfb-run says that Xvfb failed to start and fails, with -a once
#           it has tried some numbers.
# Instead:  without -a so it is. With -a, after ten tries, the command runs all the same, without a
#           server, and nothing is said. Then the status is 1, whatever the command's was: the manual
#           calls that one the failure of the command, which did not fail.
# Why:      the loop over the tries in xvfb-run ends as if a server had come up; clean_up() then kills
#           one that is gone, and under `set -e` the failed kill becomes the status.
# Seen:     xvfb-run of Debian xvfb 2:21.1.7-3+deb12u13, on a machine without Xvfb: here a PATH
#           without it
set -eu

servers=
tmp=$(mktemp -d)
clean_up() {
    for server in $servers; do kill "$server" 2>/dev/null || :; done
    wait
    rm -rf "$tmp"
}
trap clean_up EXIT
trap 'exit 2' HUP INT TERM
cannot() { echo "cannot be tried: $1"; exit 2; }

(cd "$tmp" && apt-get -qq -o APT::Sandbox::User=root download \
    xvfb=2:21.1.7-3+deb12u13) || cannot packages
for package in "$tmp"/*.deb; do
    dpkg-deb -x "$package" "$tmp/unpacked"
    echo "$(dpkg-deb -f "$package" Package) $(dpkg-deb -f "$package" Version)"
done
mkdir "$tmp/bin"
for tool in sh stty awk getopt xauth mcookie mktemp touch rm fmt; do
    ln -s "$(command -v "$tool")" "$tmp/bin/$tool" || cannot "$tool"
done

stated='plain: xvfb-run: error: Xvfb failed to start, status 1
with -a: the command ran, DISPLAY was set, status 1'

# shellcheck disable=SC2016
command='echo "the command ran, DISPLAY was ${DISPLAY:+set}"; exit 0'
limit=$(command -v timeout)
try() {  # what xvfb-run printed with these options, and its status
    status=0
    printed=$(PATH=$tmp/bin "$limit" 30 "$tmp/unpacked/usr/bin/xvfb-run" "$@" sh -c "$command" 2>&1) ||
        status=$?
    echo "$printed, status $status"
}
seen="plain: $(try)
with -a: $(try -a)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
