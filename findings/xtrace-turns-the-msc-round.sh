#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: xtrace stands between a client and the server and prints what goes by. Which MSC does it
#           print for NotifyMSC of frame 3, and for the CompleteNotify?
# Guess:    3, and the MSC and the UST that the client gets: it prints the counters of SYNC, numbers of
#           64 bits too, right.
# Instead:  12884901888, which is 3 * 2^32, and numbers of that kind for MSC and UST, the UST often below
#           0: the halves of each are exchanged. Who looks for a missing frame in such a log sees MSCs
#           that jump by 4294967296, and none that was asked for.
# Why:      its one kind of 64-bit number is that of SYNC, whose high half comes first on the wire in
#           either byte order; Present's are plain numbers of 64 bits, in the client's byte order.
# Seen:     xtrace 1.4.0 (Debian 1.4.0-1+b1), Xvfb 21.1.7 (2:21.1.7-3+deb12u13)
set -eu

servers=
socket=
tmp=$(mktemp -d)
clean_up() {
    for server in $servers; do kill "$server" 2>/dev/null || :; done
    wait
    rm -rf "$tmp" "$socket"
}
trap clean_up EXIT
trap 'exit 2' HUP INT TERM
cannot() { echo "cannot be tried: $1"; exit 2; }

(cd "$tmp" && apt-get -qq -o APT::Sandbox::User=root download \
    xvfb=2:21.1.7-3+deb12u13 xtrace=1.4.0-1+b1) || cannot packages
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
socket=/tmp/.X11-unix/X$((number + 20000))

stated='NotifyMSC of frame 3: target_msc=12884901888, divisor=0
CompleteNotify: msc and ust with their halves exchanged
the counter of SYNC at 3: 3'

cat >"$tmp/client" <<'END'
import os
import socket
import struct


class Client:
    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect("/tmp/.X11-unix/X" + os.environ["DISPLAY"][1:])
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


client = Client()
present, sync = client.opcode(b"Present"), client.opcode(b"SYNC")
client.ask(present, 0, "II", 1, 2)
client.ask(sync, 0, "BB2x", 3, 1)
counter = client.new_id()
client.send(sync, 2, "IiI", counter, 0, 3)  # CreateCounter
client.ask(sync, 5, "I", counter)  # QueryCounter
client.send(present, 3, "III", client.new_id(), client.root, 2)  # CompleteNotify
client.send(present, 2, "II4xQQQ", client.root, 1, 3, 0, 0)  # NotifyMSC
while (event := client.message())[0] & 127 != 35:
    pass
print(*struct.unpack("<24xQQ", event))
END
# xtrace runs the client with its own display, a number far from those of servers
timeout 30 "$tmp/unpacked/usr/bin/xtrace" -n -d ":$number" -D ":${socket##*X}" -o "$tmp/log" \
    -- python3 "$tmp/client" >"$tmp/facts" 2>"$tmp/errors" || cannot xtrace

seen=$(timeout 30 python3 - "$tmp" <<'END'
import re
import sys

ust, msc = (int(word) for word in open(f"{sys.argv[1]}/facts").read().split())
log = open(f"{sys.argv[1]}/log").read()
exchanged = lambda number: (number & 0xFFFFFFFF) << 32 | number >> 32
asked = re.search(r"NotifyMSC .*target_msc=(-?\d+) divisor=(-?\d+)", log)
print(f"NotifyMSC of frame 3: target_msc={asked[1]}, divisor={asked[2]}")
told = re.search(r"CompleteNotify\(1\).* ust=(-?\d+) msc=(-?\d+)", log)
shown = [int(word) % 2**64 for word in told.groups()]
ways = {(ust, msc): "right", (exchanged(ust), exchanged(msc)): "with their halves exchanged"}
print("CompleteNotify: msc and ust", ways.get(tuple(shown), shown))
counter = re.search(r"Reply to QueryCounter: \S*=(-?\d+)", log)
print("the counter of SYNC at 3:", counter[1])
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
