#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: how many bytes of a CompleteNotify of Present does the RECORD extension record?
# Guess:    40, as its receiver gets: 32, and the two words more that its length field tells of.
# Instead:  32. The length field in them still says two words, which are nowhere: whoever cuts the
#           recorded bytes into messages as the protocol says runs out of step, and the MSC is lost.
# Why:      RecordADeliveredEventOrError() records sizeof(xEvent) bytes of every event.
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

stated='delivered: 40 bytes, length field 2
recorded:  32 bytes, length field 2'

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

client, control, record = Client(), Client(), Client()
present, recorder = client.opcode(b"Present"), control.opcode(b"RECORD")
client.ask(present, 0, "II", 1, 2)
context = control.new_id()
delivered = struct.pack("<16x2B6x", 2, 127)  # the one range: all delivered events
control.send(recorder, 1, "IB3xIII24s", context, 0, 1, 1, 3, delivered)  # of all clients
control.ask(43, 0)
record.send(recorder, 5, "I", context)  # EnableContext: its replies are what is recorded
record.message()

window = client.new_id()
client.send(1, 0, "IIhhHHHHII", window, client.root, 0, 0, 64, 64, 0, 1, 0, 0)
client.send(present, 3, "III", client.new_id(), window, 2)  # SelectInput: CompleteNotify
client.send(present, 2, "II4xQQQ", window, 1, 0, 0, 0)  # NotifyMSC
event = client.message()
data = record.message()[32:]
for word, one in (("delivered:", event), ("recorded: ", data)):
    assert one[0] == 35 and one[8:10] == b"\1\0", one
    print(word, len(one), "bytes, length field", struct.unpack("<4xI", one[:8])[0])
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
