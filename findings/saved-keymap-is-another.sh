#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: xkbcomp writes the keyboard map of a server to a file and loads that file into the server again, as
#           one does to put the map back after a test. Is a third call's file the first one?
# Guess:    yes, the map is what it was, so is its text, with names and all.
# Instead:  the names have changed: "pc+us+de:2+inet(evdev)" is "pc_us_de_2_inet(evdev)" now, which programs
#           that read the layout from there do not understand; two entries of key types are gone, and a key
#           with the same symbol in two groups has one group. From then on it stays so. What "setxkbmap
#           -query" says is the property of the root window, which xkbcomp never touches, even when it
#           loads a map of another layout.
# Why:      where a map is loaded, + and : of its names become underscores, and what says nothing new is not
#           kept: an entry for level 1, a second group like the first.
# Seen:     xkbcomp and setxkbmap of x11-xkb-utils 7.7+7 (Debian 7.7+7), Xvfb 21.1.7 (2:21.1.7-3+deb12u13)
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
    xvfb=2:21.1.7-3+deb12u13 x11-xkb-utils=7.7+7) || cannot packages
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

stated='first: pc+us+de:2+inet(evdev)
second: pc_us_de_2_inet(evdev)
- map[Shift+Lock]= Level1;
- map[Shift+NumLock]= Level1;
- symbols[Group1]= [ ISO_Level3_Shift ],
- symbols[Group2]= [ ISO_Level3_Shift ]
+ symbols[Group1]= [ ISO_Level3_Shift ]
third: as the second
pc_fr_inet(evdev) loaded: query says us'

seen=$(DISPLAY=:$number timeout 50 python3 - "$tmp/unpacked/usr/bin" <<'END'
import difflib
import os
import re
import subprocess
import sys


def tool(*command, text=None):
    return subprocess.run(
        [f"{sys.argv[1]}/{command[0]}", *command[1:]],
        input=text,
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    ).stdout


def dump():
    return tool("xkbcomp", "-xkb", display, "-").splitlines()


def named(lines):
    (name,) = re.findall(r'xkb_symbols "(.*?)"', "\n".join(lines))
    return name


display = os.environ["DISPLAY"]
tool("setxkbmap", "-layout", "us,de")
first = dump()
tool("xkbcomp", "-", display, text="\n".join(first) + "\n")
second = dump()
tool("xkbcomp", "-", display, text="\n".join(second) + "\n")
print("first:", named(first))
print("second:", named(second))
for line in difflib.unified_diff(first, second, n=0, lineterm=""):
    if line[0] in "+-" and line[1:4] not in ("++ ", "-- ") and '"' not in line:
        print(line[0], line[1:].strip())
print("third:", "as the second" if dump() == second else "another")
tool("setxkbmap", "-layout", "fr")
french = dump()
tool("setxkbmap", "-layout", "us")
tool("xkbcomp", "-", display, text="\n".join(french) + "\n")
(layout,) = re.findall(r"layout: +(\S+)", tool("setxkbmap", "-query"))
print(f"{named(dump())} loaded: query says {layout}")
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
