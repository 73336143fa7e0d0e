#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: a window asks for 300, 200 when it is mapped, as position of the user, and gets it; then it
#           asks for 300, 200 once more (ConfigureWindow). By how much do three window managers move it?
# Guess:    not at all: ICCCM has them put the frame so that the point which the window gravity names is
#           where it would be without a frame, for both requests.
# Instead:  so does openbox. twm moves it by 2 pixels, the width of its border, to the left and up with
#           NorthWestGravity, to the right and down with SouthEastGravity; icewm moves it by 11 and 31,
#           as far as its frame is larger, with SouthEastGravity. Each request that repeats the place
#           adds nothing more: the two requests mean different places. A test that compares what a client
#           asked for with where it is has to know which one it was.
# Why:      both have one code for MapRequest, which knows the gravity, and another one for
#           ConfigureRequest: that of twm puts the border elsewhere, that of icewm knows StaticGravity
#           alone.
# Seen:     twm 1.0.10, icewm 3.3.1, openbox 3.6.1 (Debian 1:1.0.10-1, 3.3.1-1, 3.6.1-10), Xvfb 21.1.7
#           (2:21.1.7-3+deb12u13)
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
    xvfb=2:21.1.7-3+deb12u13 twm=1:1.0.10-1 icewm=3.3.1-1 openbox=3.6.1-10 \
    libobrender32v5=3.6.1-10 libobt2v5=3.6.1-10 libimlib2 libpangoxft-1.0-0 \
    libstartup-notification0 libxft2 libxinerama1 libxcomposite1 libxdamage1 libxcb-util1 \
    libxcursor1 libxi6) || cannot packages
for package in "$tmp"/*.deb; do
    dpkg-deb -x "$package" "$tmp/unpacked"
    echo "$(dpkg-deb -f "$package" Package) $(dpkg-deb -f "$package" Version)"
done

stated='openbox: NorthWest not at all, Center not at all, SouthEast not at all, Static not at all
twm: NorthWest -2-2, Center not at all, SouthEast +2+2, Static not at all
icewm: NorthWest not at all, Center not at all, SouthEast +11+31, Static not at all'

library=$(dirname "$tmp"/unpacked/usr/lib/*/libobt.so.2)
cat >"$tmp/client" <<'END'
import os
import socket
import struct
import sys
import time

GRAVITIES = {1: "NorthWest", 5: "Center", 9: "SouthEast", 10: "Static"}


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


def managed(x, y, gravity, first=False):
    """A window of 200x100 that asks for this place, once the window manager has mapped it."""
    window = client.new_id()
    layout = "IIhhHHHHIII"
    client.send(1, 0, layout, window, client.root, x, y, 200, 100, 0, 1, 0, 0x800, 0x20000)
    hints = [1 | 8 | 512, x, y, 200, 100] + [0] * 12 + [gravity]  # USPosition, PSize, PWinGravity
    client.send(18, 0, "IIIB3xI18I", window, 40, 41, 32, 18, *hints)  # WM_NORMAL_HINTS
    while first and client.ask(3, 0, "I", window)[26] != 2:  # not viewable
        client.send(8, 0, "I", window)  # MapWindow; who starts may miss it
        time.sleep(0.1)
    if first:
        return window
    client.send(8, 0, "I", window)
    while (event := client.message())[0] & 127 != 19 or event[8:12] != struct.pack("<I", window):
        pass  # until its MapNotify
    return window


def place(window):
    managed(700, 500, 1)  # when this one is mapped, all before has been done
    return struct.unpack("<12xhh", client.ask(40, 0, "IIhh", window, client.root, 0, 0)[:16])


client = Client()
while not struct.unpack_from("<I", client.ask(3, 0, "I", client.root), 32)[0] & 1 << 20:
    pass  # until one is there who selected SubstructureRedirect
managed(700, 500, 1, first=True)
moves = []
for gravity, name in GRAVITIES.items():
    window = managed(300, 200, gravity)
    first = place(window)
    client.send(12, 0, "IH2xii", window, 3, 300, 200)  # ConfigureWindow
    second = place(window)
    client.send(12, 0, "IH2xii", window, 3, 300, 200)
    if place(window) != second:
        name += " and on"
    moves.append(f"{name} {second[0] - first[0]:+d}{second[1] - first[1]:+d}")
print(f"{sys.argv[1]}:", ", ".join(moves).replace("+0+0", "not at all"))
END
try_with() {
    rm -f "$tmp/number" && mkfifo "$tmp/number"
    timeout -k 2 55 "$tmp/unpacked/usr/bin/Xvfb" -screen 0 1024x768x24 -noreset -displayfd 3 \
        3>"$tmp/number" >/dev/null 2>&1 &
    server=$!
    servers="$servers $server"
    number=$(timeout 20 head -n 1 "$tmp/number")
    [ -n "$number" ] || cannot server
    DISPLAY=:$number LD_LIBRARY_PATH=$library HOME=$tmp XDG_DATA_DIRS=$tmp/unpacked/usr/share \
        XDG_CONFIG_DIRS=$tmp/unpacked/etc/xdg timeout 50 "$tmp/unpacked/usr/bin/$1" \
        >/dev/null 2>&1 &
    servers="$servers $!"
    DISPLAY=:$number timeout 50 python3 "$tmp/client" "$1"
    kill "$server"
}

seen=$(
    set -e
    try_with openbox
    try_with twm
    try_with icewm
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
