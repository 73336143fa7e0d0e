#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: a client starts the screen saver with ForceScreenSaver. Since when is it on, by QueryInfo of
#           MIT-SCREEN-SAVER?
# Guess:    since now: for a saver that is on, til-or-since is the time since it came.
# Instead:  since 49.7 days less what is left of the timeout: whoever divides by 1000 or adds gets
#           nonsense. Even later it is not right: it is the time that passed since the saver would have
#           come by itself. Only a saver that came by itself is told of right.
# Why:      ProcScreenSaverQueryInfo() subtracts the timeout from the idle time, both without a sign;
#           nobody keeps when the saver began.
# Seen:     Xvfb 21.1.7 (Debian 2:21.1.7-3+deb12u13); by hand also 1.20.11 and 21.1.25
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

stated='came by itself: on since 0 s
ended: it will come in 600 s
forced: on since 49.7 days'

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


def info():
    reply = client.ask(saver, 1, "I", client.root)
    time = struct.unpack("<12xI", reply[:16])[0] / 1000
    time = f"{time / 86400:.1f} days" if time > 86400 else f"{10 * round(time / 10)} s"
    return ("it will come in ", "on since ")[reply[1]] + time


client = Client()
saver, saver_event = client.ask(98, 0, "H2x16s", 16, b"MIT-SCREEN-SAVER")[9:11]
client.ask(saver, 0, "BB2x", 1, 1)
client.send(107, 0, "hhBB2x", 1, 0, 1, 1)  # SetScreenSaver: after 1 s
client.send(saver, 2, "II", client.root, 1)  # SelectInput: notify
client.ask(43, 0)
while client.message()[0] != saver_event:
    pass
print("came by itself:", info())
client.send(115, 0)  # ForceScreenSaver: Reset
client.send(107, 0, "hhBB2x", 600, 0, 1, 1)
print("ended:", info())
client.send(115, 1)  # ForceScreenSaver: Activate
print("forced:", info())
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
