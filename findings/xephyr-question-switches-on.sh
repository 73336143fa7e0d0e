#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: a client switches Xephyr's only CRTC off with SetCrtcConfig; another looks around with
#           GetScreenResources, as every run of xrandr does. Is the CRTC off?
# Guess:    yes: who asks changes nothing, and nobody has set a mode.
# Instead:  no. The question switches the CRTC on again, and so does GetScreenInfo of RANDR 1.1. Only
#           GetScreenResourcesCurrent and GetCrtcInfo, which do not look at the hardware, leave it off.
# Why:      ephyrRandRGetInfo() names the current size through RRSetCurrentConfig(), and
#           RRScanOldConfig() carries that out as a mode of the CRTC.
# Seen:     Xephyr 21.1.7 (Debian xserver-xephyr 2:21.1.7-3+deb12u13)
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
    xvfb=2:21.1.7-3+deb12u13 xserver-xephyr=2:21.1.7-3+deb12u13) || cannot packages
for package in "$tmp"/*.deb; do
    dpkg-deb -x "$package" "$tmp/unpacked"
    echo "$(dpkg-deb -f "$package" Package) $(dpkg-deb -f "$package" Version)"
done
start() {  # a server; its display in $number
    program=$1
    shift
    rm -f "$tmp/number" && mkfifo "$tmp/number"
    timeout -k 2 55 "$tmp/unpacked/usr/bin/$program" "$@" -noreset -displayfd 3 \
        3>"$tmp/number" >/dev/null 2>&1 &
    servers="$! $servers"  # the guest ends before its host
    number=$(timeout 20 head -n 1 "$tmp/number")
    [ -n "$number" ] || cannot "$program"
}
start Xvfb -screen 0 1024x768x24
export DISPLAY=":$number"
start Xephyr -screen 640x480

stated='at first: the CRTC is on
after SetCrtcConfig without a mode: status 0, the CRTC is off
after GetScreenResourcesCurrent: the CRTC is off
after GetScreenResources: the CRTC is on
switched off again: the CRTC is off
after GetScreenInfo: the CRTC is on'

seen=$(DISPLAY=:$number timeout 30 python3 - <<'END'
import os
import socket
import struct


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

    def opcode(self, extension):
        size = len(extension)
        return self.ask(98, 0, f"H2x{(size + 3) // 4 * 4}s", size, extension)[9]


def state():
    mode = struct.unpack("<20xI", client.ask(randr, 20, "II", crtc, 0)[:24])[0]  # GetCrtcInfo
    return f"the CRTC is {'on' if mode else 'off'}"


client = Client()
randr = client.opcode(b"RANDR")
client.ask(randr, 0, "II", 1, 6)
resources = client.ask(randr, 8, "I", client.root)  # GetScreenResources
stamp, crtcs = struct.unpack("<12xIH", resources[:18])
assert crtcs == 1
crtc = struct.unpack_from("<I", resources, 32)[0]
print("at first:", state())
status = client.ask(randr, 21, "IIIhhIHH", crtc, 0, stamp, 0, 0, 0, 1, 0)[1]
print(f"after SetCrtcConfig without a mode: status {status}, {state()}")
client.ask(randr, 25, "I", client.root)
print("after GetScreenResourcesCurrent:", state())
client.ask(randr, 8, "I", client.root)
print("after GetScreenResources:", state())
client.ask(randr, 21, "IIIhhIHH", crtc, 0, stamp, 0, 0, 0, 1, 0)
print("switched off again:", state())
client.ask(randr, 5, "I", client.root)
print("after GetScreenInfo:", state())
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
