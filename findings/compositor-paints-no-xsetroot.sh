#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: xsetroot -solid red, then a compositor starts. Which colour has the screen, and which after
#           hsetroot made it green and xsetroot red again?
# Guess:    red, green, red: the background of the root window is the server's affair, and a compositor
#           puts the windows on it.
# Instead:  grey, green, green. xcompmgr and picom paint the background themselves, from the pixmap that
#           a property of the root names, or grey; xsetroot -solid sets the window's background and no
#           property, and leaves that of another program as it is. A test that colours the root to see
#           what is drawn sees its colour without a compositor alone.
# Why:      neither reads the background of the root, which no request gives: both look for _XROOTPMAP_ID
#           or _XSETROOT_ID, and make a pixmap of one pixel, 808080, if there is none.
# Seen:     xcompmgr 1.1.8, picom 9.1, xsetroot 1.1.2, hsetroot 1.0.5 (Debian 1.1.8-1, 9.1-1,
#           x11-xserver-utils 7.7+9+b1, 1.0.5-1), Xvfb 21.1.7 (2:21.1.7-3+deb12u13)
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
    xvfb=2:21.1.7-3+deb12u13 xcompmgr=1.1.8-1 picom=9.1-1 x11-xserver-utils=7.7+9+b1 \
    hsetroot=1.0.5-1 libimlib2 libconfig9 libev4 libxcb-image0 libxcb-util1 libxcb-damage0 \
    libxcb-xinerama0 libxcomposite1 libxdamage1 libxinerama1 libxcursor1) || cannot packages
for package in "$tmp"/*.deb; do
    dpkg-deb -x "$package" "$tmp/unpacked"
    echo "$(dpkg-deb -f "$package" Package) $(dpkg-deb -f "$package" Version)"
done

stated='xcompmgr: red, grey with it, green by hsetroot, green by xsetroot -solid red
picom: red, grey with it, green by hsetroot, green by xsetroot -solid red'

library=$(dirname "$tmp"/unpacked/usr/lib/*/libconfig.so.9)
programs=$tmp/unpacked/usr/bin
colour() {  # of the background, once it is not the one given
    DISPLAY=:$number timeout 30 python3 - "$1" <<'END'
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

    def send(self, opcode, minor, layout="", *values):
        body = struct.pack("<" + layout, *values)
        self.socket.sendall(struct.pack("<BBH", opcode, minor, 1 + len(body) // 4) + body)

    def ask(self, *request):
        self.send(*request)
        while (answer := self.message())[0] > 1:  # events
            pass
        return answer  # a reply or an error


def pixel():
    image = client.ask(73, 2, "IhhHHI", client.root, 12, 12, 1, 1, 0xFFFFFFFF)
    return f"{struct.unpack('<I', image[32:36])[0] & 0xFFFFFF:06x}"


client = Client()
window = client.last_id
client.send(1, 24, "IIhhHHHHIIII", window, client.root, 9, 9, 9, 9, 0, 1, 0, 0x202, 0xFFFFFF, 1)
deadline = time.monotonic() + 20
seen = sys.argv[1]
while seen == sys.argv[1] and time.monotonic() < deadline:
    client.send(8, 0, "I", window)  # a white window comes
    while pixel() != "ffffff" and time.monotonic() < deadline:
        pass
    client.send(10, 0, "I", window)  # and goes: what is there now was painted after all before
    while (seen := pixel()) == "ffffff" and time.monotonic() < deadline:
        pass
names = {"ff0000": "red", "00ff00": "green", "808080": "grey"}
print(names.get(seen, seen))
END
}
try_with() {  # a compositor; what is seen, step by step
    name=$1
    rm -f "$tmp/number" && mkfifo "$tmp/number"
    timeout -k 2 55 "$tmp/unpacked/usr/bin/Xvfb" -screen 0 640x480x24 -noreset -displayfd 3 \
        3>"$tmp/number" >/dev/null 2>&1 &
    server=$!
    servers="$servers $server"
    number=$(timeout 20 head -n 1 "$tmp/number")
    [ -n "$number" ] || cannot server
    run() { DISPLAY=:$number LD_LIBRARY_PATH=$library timeout 50 "$programs/$@"; }
    run xsetroot -solid red
    before=$(colour none)
    run "$@" >/dev/null 2>&1 &
    servers="$servers $!"
    started=$(colour ff0000)
    run hsetroot -solid '#00ff00' >/dev/null
    other=$(colour 808080)
    run xsetroot -solid red
    again=$(colour none)
    kill "$server"
    echo "$name: $before, $started with it, $other by hsetroot, $again by xsetroot -solid red"
}

seen=$(
    set -e
    try_with xcompmgr
    try_with picom --config /dev/null --backend xrender
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
