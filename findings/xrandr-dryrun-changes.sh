#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: what does `xrandr --dryrun --setmonitor` change? And --newmode, --addmode, --delmonitor?
# Guess:    nothing: the manual says that --dryrun does all but make changes.
# Instead:  it makes the change, says nothing, and returns 0: monitors come and go, modes are created
#           and added to outputs. What sets CRTCs, such as --off, is left out.
# Why:      main() of xrandr.c asks for the dry run where it sets the screen and the CRTCs; the blocks
#           for monitors and for modes do not.
# Seen:     xrandr 1.5.1 (Debian x11-xserver-utils 7.7+9+b1), Xvfb 21.1.7 (2:21.1.7-3+deb12u13)
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

stated='monitors at first: screen
after a dry run of --setmonitor: Half screen
after a dry run of --delmonitor: screen
modes at first: 640x480
after a dry run of --newmode: 640x480, and one of no output
after a dry run of --addmode: 640x480 mine
after a dry run of --off: the output is on'

xrandr() { DISPLAY=:$number timeout 10 "$tmp/unpacked/usr/bin/xrandr" "$@"; }
monitors() { xrandr --listmonitors | awk 'NR > 1 { sub("^[+*]*", "", $2); print $2 }' | sort | xargs; }
modes() { xrandr | awk '/^   [^ ]/ { print $1 }' | xargs; }

seen=$(
    set -e
    echo "monitors at first: $(monitors)"
    xrandr --dryrun --setmonitor Half 320/80x480/120+0+0 none
    echo "after a dry run of --setmonitor: $(monitors)"
    xrandr --dryrun --delmonitor Half
    echo "after a dry run of --delmonitor: $(monitors)"
    echo "modes at first: $(modes)"
    xrandr --dryrun --newmode mine 10 320 330 340 350 240 250 260 270
    xrandr | grep -q '^  mine (' && rest=', and one of no output' || rest=
    echo "after a dry run of --newmode: $(modes)$rest"
    xrandr --dryrun --addmode screen mine
    echo "after a dry run of --addmode: $(modes)"
    xrandr --dryrun --output screen --off >/dev/null
    xrandr | grep -q '^screen connected 640x480' && state=on || state=off
    echo "after a dry run of --off: the output is $state"
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
