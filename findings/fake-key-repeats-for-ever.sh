#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: a client presses a key with XTEST and ends before it releases it. What do other clients get,
#           and does the screen saver come?
# Guess:    one KeyPress: no hardware is there to repeat the key. The key stays down, nobody touches
#           anything, and the saver comes when its time is over.
# Instead:  KeyPress after KeyPress, 25 in a second, for as long as the server lives. Each of them is
#           input: IDLETIME starts anew, and the saver never comes. A test robot that fails between two
#           of its requests leaves a server that types and stays awake.
# Why:      the repetition of keys is software, a timer of XKB for each keyboard, the virtual one of
#           XTEST included, and closing a client releases grabs, but no keys.
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

stated='pressed and released: 1 press, the saver comes
pressed by a client that is gone: many presses, no saver in 6 s
released by another client: the saver comes'

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


def fake(client, kind):
    client.send(xtest, 2, "BBHII8xhh8x", kind, 38, 0, 0, 0, 0, 0)
    client.ask(43, 0)


def until_saved(seconds):
    """The presses told of until the saver comes, or until one was told of so late."""
    presses, first = 0, None
    while True:
        event = client.message()
        if event[:2] == bytes((saver_event, 1)):  # On
            return presses, "the saver comes"
        if event[0] == 2:
            presses += 1
            time = struct.unpack("<4xI", event[:8])[0]
            first = time if first is None else first
            if time - first > 1000 * seconds:
                return presses, f"no saver in {seconds} s"


client, robot = Client(), Client()
xtest = client.opcode(b"XTEST")
saver = client.ask(98, 0, "H2x16s", 16, b"MIT-SCREEN-SAVER")
saver, saver_event = saver[9:11]
client.ask(saver, 0, "BB2x", 1, 1)
client.send(saver, 2, "II", client.root, 1)  # SelectInput: notify
window = client.new_id()
client.send(1, 0, "IIhhHHHHIII", window, client.root, 0, 0, 9, 9, 0, 1, 0, 2048, 1)
client.send(8, 0, "I", window)
client.send(42, 0, "II", window, 0)  # SetInputFocus
client.send(107, 0, "hhBB2x", 2, 0, 1, 1)  # SetScreenSaver: after 2 s
client.ask(43, 0)
fake(robot, 2)
fake(robot, 3)
presses, saved = until_saved(6)
print(f"pressed and released: {presses} press, {saved}")
fake(robot, 2)
robot.socket.shutdown(socket.SHUT_RDWR)
presses, saved = until_saved(6)
print(f"pressed by a client that is gone: {'many presses' if presses > 50 else presses}, {saved}")
fake(client, 3)
print("released by another client:", until_saved(6)[1])
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
