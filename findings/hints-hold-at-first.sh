#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: a window has hints for a largest size of 333x333 and for steps of 10. It asks for 400x300 when it
#           is mapped, later for 347x247, then for 400x300 again. What does it get of four window managers?
# Guess:    330x300, 330x240 and 330x300: what the hints allow, whenever it asks.
# Instead:  so does openbox. icewm holds the first request to the hints, and of the second the steps alone:
#           340x240 and 400x300 are larger than the largest size. jwm knows the largest size and no steps,
#           twm nothing at all. The same request gives two sizes in one life of a window, and "the
#           window has its largest size" is not what a second request for too much shows.
# Why:      icewm has one code for windows that it begins to manage and one for ConfigureRequest; jwm and twm
#           apply these hints, or some, only to what the user drags.
# Seen:     openbox 3.6.1, icewm 3.3.1, jwm 2.4.3, twm 1.0.10 (Debian 3.6.1-10, 3.3.1-1, 2.4.3-1,
#           1:1.0.10-1), Xvfb 21.1.7 (2:21.1.7-3+deb12u13); by hand also xfwm4
#           4.18.0, which forgets the steps for the second request
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
    xvfb=2:21.1.7-3+deb12u13 twm=1:1.0.10-1 icewm=3.3.1-1 openbox=3.6.1-10 jwm=2.4.3-1 \
    libobrender32v5=3.6.1-10 libobt2v5=3.6.1-10 libimlib2 libpangoxft-1.0-0 libxpm4 \
    libstartup-notification0 libxft2 libxinerama1 libxcomposite1 libxdamage1 libxcb-util1 \
    libxcursor1 libxi6) || cannot packages
for package in "$tmp"/*.deb; do
    dpkg-deb -x "$package" "$tmp/unpacked"
    echo "$(dpkg-deb -f "$package" Package) $(dpkg-deb -f "$package" Version)"
done

stated='openbox: 400x300 gives 330x300, 347x247 330x240, 400x300 330x300
icewm: 400x300 gives 330x300, 347x247 340x240, 400x300 400x300
jwm: 400x300 gives 333x300, 347x247 333x247, 400x300 333x300
twm: 400x300 gives 400x300, 347x247 347x247, 400x300 400x300'

library=$(dirname "$tmp"/unpacked/usr/lib/*/libobt.so.2)
cat >"$tmp/client" <<'END'
import os
import socket
import struct
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


def managed(flags, places=()):
    """A window of 400x300 with these hints, once the window manager has mapped it."""
    window = client.new_id()
    layout = "IIhhHHHHIII"
    client.send(1, 0, layout, window, client.root, 100, 100, 400, 300, 0, 1, 0, 0x800, 0x20000)
    hints = [1 | flags, 100, 100, 400, 300] + [0] * 13  # USPosition
    for place, value in dict(places).items():
        hints[place] = value
    client.send(18, 0, "IIIB3xI18I", window, 40, 41, 32, 18, *hints)  # WM_NORMAL_HINTS
    while client.ask(3, 0, "I", window)[26] != 2:  # not viewable
        client.send(8, 0, "I", window)  # MapWindow; who starts may miss it
        time.sleep(0.1)
    return window


def size(window):
    """When another window has been mapped, all before has been done."""
    client.send(4, 0, "I", managed(0))
    return "{}x{}".format(*struct.unpack("<16xHH", client.ask(14, 0, "I", window)[:20]))


MAX_AND_STEPS = {7: 333, 8: 333, 9: 10, 10: 10}

client = Client()
while not struct.unpack_from("<I", client.ask(3, 0, "I", client.root), 32)[0] & 1 << 20:
    pass  # until one is there who selected SubstructureRedirect
client.send(4, 0, "I", managed(0))
window = managed(32 | 64, MAX_AND_STEPS)
first = size(window)
client.send(12, 0, "IH2xII", window, 12, 347, 247)  # ConfigureWindow
second = size(window)
client.send(12, 0, "IH2xII", window, 12, 400, 300)
print(f"{sys.argv[1]}: 400x300 gives {first}, 347x247 {second}, 400x300 {size(window)}")
END
try_with() {
    rm -f "$tmp/number" && mkfifo "$tmp/number"
    timeout -k 2 55 "$tmp/unpacked/usr/bin/Xvfb" -screen 0 1024x768x24 -noreset -displayfd 3 \
        3>"$tmp/number" >/dev/null 2>&1 &
    server=$!
    servers="$servers $server"
    number=$(timeout 20 head -n 1 "$tmp/number")
    [ -n "$number" ] || cannot server
    DISPLAY=:$number LD_LIBRARY_PATH=$library HOME=$tmp XDG_CONFIG_DIRS=$tmp/unpacked/etc/xdg \
        XDG_DATA_DIRS=$tmp/unpacked/usr/share timeout 50 "$tmp/unpacked/usr/bin/$1" \
        >/dev/null 2>&1 &
    servers="$servers $!"
    DISPLAY=:$number timeout 50 python3 "$tmp/client" "$1"
    kill "$server"
}

seen=$(
    set -e
    try_with openbox
    try_with icewm
    try_with jwm
    try_with twm
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
