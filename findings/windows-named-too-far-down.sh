#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: where is a window, by xdotool getwindowgeometry, wmctrl -lG and xwininfo, with three window
#           managers, and, if it has a border, without one?
# Guess:    all three name the place of its inside on the screen, as TranslateCoordinates gives it, and
#           a robot that clicks there hits its first pixel.
# Instead:  so does xwininfo, if there is no border. The other two count the place within the frame twice:
#           a window at 301,220 is at 302,240 for them with openbox. With icewm they are right, as the
#           window fills a frame within its frame. A border without a window manager all leave out: they
#           name its corner, while "xdotool mousemove --window" goes to the inside.
# Why:      xdotool and wmctrl translate the place of the window within its parent as if it were a place
#           within the window; xdotool takes it as it is where the parent is the root window.
# Seen:     xdotool 3.20160805, wmctrl 1.07, xwininfo of x11-utils 7.7+5, openbox 3.6.1, twm 1.0.10, icewm
#           3.3.1 (Debian 1:3.20160805.1-5, 1.07-7+b1, 7.7+5, 3.6.1-10, 1:1.0.10-1, 3.3.1-1), Xvfb 21.1.7
#           (2:21.1.7-3+deb12u13); by hand also fluxbox 1.3.5, as openbox
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
    xvfb=2:21.1.7-3+deb12u13 twm=1:1.0.10-1 icewm=3.3.1-1 openbox=3.6.1-10 wmctrl=1.07-7+b1 \
    x11-utils=7.7+5 xdotool=1:3.20160805.1-5 libxdo3=1:3.20160805.1-5 libobrender32v5=3.6.1-10 \
    libobt2v5=3.6.1-10 libimlib2 libpangoxft-1.0-0 libstartup-notification0 libxft2 libxinerama1 \
    libxcomposite1 libxdamage1 libxcb-util1 libxcb-shape0 libxcursor1 libxi6 libxtst6) || cannot packages
for package in "$tmp"/*.deb; do
    dpkg-deb -x "$package" "$tmp/unpacked"
    echo "$(dpkg-deb -f "$package" Package) $(dpkg-deb -f "$package" Version)"
done

stated='none: 305,205; xwininfo 300,200, xdotool 300,200, wmctrl unknown; mousemove 305,205
openbox: 301,220; xwininfo 301,220, xdotool 302,240, wmctrl 302,240; mousemove 301,220
twm: 302,229; xwininfo 302,229, xdotool 302,256, wmctrl unknown; mousemove 302,229
icewm: 306,226; xwininfo 306,226, xdotool 306,226, wmctrl 306,226; mousemove 306,226'

library=$(dirname "$tmp"/unpacked/usr/lib/*/libobt.so.2)
cat >"$tmp/client" <<'END'
import os
import re
import socket
import struct
import subprocess
import sys
import time


class Client:
    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect("\0/tmp/.X11-unix/X" + os.environ["DISPLAY"][1:])
        self.socket.sendall(struct.pack("<BxHHHH2x", ord("l"), 11, 0, 0, 0))
        self.read = self.socket.makefile("rb").read
        setup = self.read(4 * struct.unpack("<6xH", self.read(8))[0])
        self.last_id, vendor, formats = struct.unpack("<4xI8xH3xB", setup[:22])
        self.root = struct.unpack_from("<I", setup, 32 + (vendor + 3) // 4 * 4 + 8 * formats)[0]

    def message(self):
        head = self.read(32)
        more = struct.unpack("<4xI", head[:8])[0] if head[0] == 1 or head[0] & 127 == 35 else 0
        return head + self.read(4 * more)

    def new_id(self):
        self.last_id += 1
        return self.last_id

    def send(self, opcode, minor, layout="", *values):
        body = struct.pack("<" + layout, *values)
        self.socket.sendall(struct.pack("<BBH", opcode, minor, 1 + len(body) // 4) + body)

    def ask(self, *request):
        self.send(*request)
        while (answer := self.message())[0] > 1:  # events
            pass
        return answer  # a reply or an error


def shown(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=20).stdout


def place(text, pattern):
    found = re.search(pattern, text)
    return ",".join(found.groups()) if found else "unknown"


def managed(x, y, border):
    """A window of 200x100 that asks for this place, once it is mapped."""
    window = client.new_id()
    values = (x, y, 200, 100, border, 1, 0, 0x802, 255, 0x20000)
    client.send(1, 0, "IIhhHHHHIIII", window, client.root, *values)
    hints = [1 | 8, x, y, 200, 100] + [0] * 13  # USPosition, PSize
    client.send(18, 0, "IIIB3xI18I", window, 40, 41, 32, 18, *hints)  # WM_NORMAL_HINTS
    while client.ask(3, 0, "I", window)[26] != 2:  # not viewable
        client.send(8, 0, "I", window)  # MapWindow; who starts may miss it
        time.sleep(0.1)
    return window


client, manager = Client(), sys.argv[1]
there = manager == "none"
while not there:  # until one is there who selected SubstructureRedirect
    there = struct.unpack_from("<I", client.ask(3, 0, "I", client.root), 32)[0] & 1 << 20
border = 5 if manager == "none" else 0
window = managed(300, 200, border)
client.send(4, 0, "I", managed(600, 500, 0))  # when this one is mapped, all before has been done
real = struct.unpack_from("<hh", client.ask(40, 0, "IIhh", window, client.root, 0, 0), 12)
shown("xdotool", "mousemove", "--window", str(window), "0", "0")
pointer = "{},{}".format(*struct.unpack_from("<hh", client.ask(38, 0, "I", client.root), 16))
robot = place(shown("xdotool", "getwindowgeometry", str(window)), r"Position: (\d+),(\d+)")
listed = place(shown("wmctrl", "-lG"), rf"(?m)^0x0*{window:x} +\S+ +(\d+) +(\d+)")
info = shown("xwininfo", "-id", str(window))
info = place(info, r"upper-left X: +(\d+)\s.*upper-left Y: +(\d+)")
print(f"{manager}: {real[0]},{real[1]}; xwininfo {info}", end=", ")
print(f"xdotool {robot}, wmctrl {listed}; mousemove {pointer}")
END
try_with() {
    rm -f "$tmp/number" && mkfifo "$tmp/number"
    timeout -k 2 55 "$tmp/unpacked/usr/bin/Xvfb" -screen 0 1024x768x24 -noreset -displayfd 3 \
        3>"$tmp/number" >/dev/null 2>&1 &
    server=$!
    servers="$servers $server"
    number=$(timeout 20 head -n 1 "$tmp/number")
    [ -n "$number" ] || cannot server
    if [ "$1" != none ]; then
        DISPLAY=:$number LD_LIBRARY_PATH=$library HOME=$tmp XDG_CONFIG_DIRS=$tmp/unpacked/etc/xdg \
            XDG_DATA_DIRS=$tmp/unpacked/usr/share timeout 50 "$tmp/unpacked/usr/bin/$1" \
            >/dev/null 2>&1 &
        servers="$servers $!"
    fi
    DISPLAY=:$number LD_LIBRARY_PATH=$library PATH=$tmp/unpacked/usr/bin:$PATH \
        timeout 50 python3 "$tmp/client" "$1"
    kill "$server"
}

seen=$(
    set -e
    try_with none
    try_with openbox
    try_with twm
    try_with icewm
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
