#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: NotifyMSC asks Xvfb for the frames 20, 30 and 50 days ahead. Which is told of now?
# Guess:    none: the target has 64 bits, and no event comes before its frame.
# Instead:  the one 30 days ahead, at once, with today's MSC; the nearer and the farther one wait. A
#           client that parks something by a far target must stay below 24.8 days.
# Why:      present_fake_queue_vblank() keeps the time to wait, in ms, in 32 bits with a sign: from 2^31
#           ms (24.8 days) to 2^32 ms (49.7 days) it is negative, that is, over.
# Seen:     Xvfb 21.1.7 (Debian 2:21.1.7-3+deb12u13); by hand also XLibre's 25.2
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
mkfifo "$tmp/number"
timeout -k 2 55 "$tmp/unpacked/usr/bin/Xvfb" -screen 0 640x480x24 -noreset -displayfd 3 \
    3>"$tmp/number" >/dev/null 2>&1 &
servers=$!
number=$(timeout 20 head -n 1 "$tmp/number")
[ -n "$number" ] || cannot server

stated='20 days ahead: not told yet
30 days ahead: told 30 days too early
50 days ahead: not told yet'

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


def notify(serial, target):
    client.send(present, 2, "II4xQQQ", window, serial, target, 0, 0)


def complete():
    event = client.message()
    assert event[0] == 35 and event[8:11] == b"\1\0\1", "this is no CompleteNotify of NotifyMSC"
    return struct.unpack("<20xI8xQ", event[:40])


client = Client()
present = client.opcode(b"Present")
client.ask(present, 0, "II", 1, 2)
window = client.new_id()
client.send(1, 0, "IIhhHHHHII", window, client.root, 0, 0, 64, 64, 0, 1, 0, 0)
client.send(present, 3, "III", client.new_id(), window, 2)  # SelectInput: CompleteNotify
notify(1, 0)
now = complete()[1]
frames = 86400 * 1000000 // 16666  # a day, at the 60 frames per second of this server
days = (20, 30, 50)
for one in days:
    notify(one, now + one * frames)
notify(2, now + 60)  # the frame a second from now: the end of the trial
told = {}
while 2 not in told:
    serial, msc = complete()
    told[serial] = msc
for one in days:
    early = (now + one * frames - told.get(one, 0)) / frames
    print(f"{one} days ahead:", f"told {early:.0f} days too early" if one in told else "not told yet")
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
