#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: xrandr --gamma 2 sets the gamma of an output. Which one does xrandr --verbose print, and what
#           comes of setting what was printed?
# Guess:    2.0, and nothing: the number is worked out from the ramp that the server keeps, and is the
#           one that was given, so far as 256 steps allow; a script restores a gamma that it read before.
# Instead:  0.50, which set in turn makes the picture darker than it was at first, and is printed as 2.0:
#           a script that reads a gamma and sets it again later turns it round. Each of three numbers
#           comes back as 1 divided by it. The brightness is printed as it was given.
# Why:      xrandr finds the exponent of the ramp in set_gamma_info() and prints that; of what --gamma
#           gets it makes the exponent by dividing 1 by it.
# Seen:     xrandr 1.5.1 (Debian x11-xserver-utils 7.7+9+b1), Xvfb 21.1.7 (2:21.1.7-3+deb12u13); by hand
#           also xrandr 1.5.0 and 1.5.3
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
    xvfb=2:21.1.7-3+deb12u13 x11-xserver-utils=7.7+9+b1) || cannot packages
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

stated='--gamma 1: Gamma 1.0:1.0:1.0 Brightness 1.0
--gamma 2: Gamma 0.50:0.50:0.50 Brightness 1.0
--gamma 0.5: Gamma 2.0:2.0:2.0 Brightness 1.0
--gamma 1:2:3: Gamma 1.0:0.50:0.34 Brightness 1.0
--gamma 1.0:0.50:0.34: Gamma 1.0:2.0:3.0 Brightness 1.0
--gamma 1 --brightness 0.5: Gamma 1.0:1.0:1.0 Brightness 0.50
--gamma 2 --brightness 0.5: Gamma 0.50:0.50:0.50 Brightness 0.50'

xrandr() { DISPLAY=:$number timeout 10 "$tmp/unpacked/usr/bin/xrandr" "$@"; }
try() {
    xrandr --output screen "$@"
    echo "$*: $(xrandr --verbose | sed -n 's/^\t\(Gamma\|Brightness\): */\1 /p' | xargs)"
}

seen=$(
    set -e
    try --gamma 1
    try --gamma 2
    try --gamma 0.5
    try --gamma 1:2:3
    try --gamma 1.0:0.50:0.34
    try --gamma 1 --brightness 0.5
    try --gamma 2 --brightness 0.5
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
