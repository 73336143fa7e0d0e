#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: a client sets the "Coordinate Transformation Matrix" of XTEST's pointer to one half, and
#           leaves. Where do two robots put the pointer that they are told to move to 300, 300: xdotool,
#           and xte?
# Guess:    to 300, 300, both: the matrix is there for touchscreens and tablets, whose coordinates are
#           their own, while a request of XTEST names a place on the root window.
# Instead:  xdotool so, for its mousemove warps. xte, with XTEST, moves it to 149, 149, and by 40 pixels
#           to the right and down from 300, 300 to 169, 169. It stays so for all clients that come. A
#           matrix that shifts by a part of the screen, as those of several monitors do, changes nothing.
# Why:      the pointer of XTEST has the property as other devices have, and GetPointerEvents() puts its
#           motions through it. The matrix is scaled by the range of its axes, which have no limits: both
#           ends are -1, so that the place -1, -1 is the origin, and a shift is one by 0.
# Seen:     Xvfb 21.1.7 (Debian 2:21.1.7-3+deb12u13), xte of xautomation 1.09 (1.09-4), xdotool
#           3.20160805 (1:3.20160805.1-5); by hand also XLibre's 25.2
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
    xvfb=2:21.1.7-3+deb12u13 xinput=1.6.3-1 xautomation=1.09-4 xdotool=1:3.20160805.1-5 \
    libxdo3=1:3.20160805.1-5 libxtst6 libxinerama1 libxi6) || cannot packages
for package in "$tmp"/*.deb; do
    dpkg-deb -x "$package" "$tmp/unpacked"
    echo "$(dpkg-deb -f "$package" Package) $(dpkg-deb -f "$package" Version)"
done
mkfifo "$tmp/number"
timeout -k 2 55 "$tmp/unpacked/usr/bin/Xvfb" -screen 0 640x480x24 -noreset -displayfd 3 \
    3>"$tmp/number" >/dev/null 2>&1 &
servers=$!
number=$(timeout 20 head -n 1 "$tmp/number")
[ -n "$number" ] || cannot server

stated='no matrix: xdotool to 300, 300; xte to 300, 300; xte by 40, 40 to 340, 340
one half: xdotool to 300, 300; xte to 149, 149; xte by 40, 40 to 169, 169
a quarter to the right and down: xdotool to 300, 300; xte to 300, 300; xte by 40, 40 to 340, 340
none again: xdotool to 300, 300; xte to 300, 300; xte by 40, 40 to 340, 340'

library=$(dirname "$tmp"/unpacked/usr/lib/*/libxdo.so.3)
run() { DISPLAY=:$number LD_LIBRARY_PATH=$library timeout 10 "$tmp/unpacked/usr/bin/$@"; }
place() { run xdotool getmouselocation | sed 's/ s.*//; s/[xy]://g; s/ /, /'; }
set_matrix() {  # of XTEST's pointer; the client leaves at once
    run xinput set-prop "Virtual core XTEST pointer" "Coordinate Transformation Matrix" "$@"
}
try() {
    run xdotool mousemove 300 300 && line="xdotool to $(place)"
    run xte 'mousemove 300 300' && line="$line; xte to $(place)"
    run xdotool mousemove 300 300 && run xte 'mousermove 40 40'
    echo "$1: $line; xte by 40, 40 to $(place)"
}

seen=$(
    set -e
    try "no matrix"
    set_matrix 0.5 0 0 0 0.5 0 0 0 1
    try "one half"
    set_matrix 1 0 0.25 0 1 0.25 0 0 1
    try "a quarter to the right and down"
    set_matrix 1 0 0 0 1 0 0 0 1
    try "none again"
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
