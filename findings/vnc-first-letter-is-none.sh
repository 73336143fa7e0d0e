#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: a VNC server has a keyboard without Greek letters, and a viewer types 25. What do clients get?
# Guess:    25 letters: the server gives each a spare key, and takes one again when there are no more.
# Instead:  the first is a key without a symbol: its place in the keyboard's map is lost before the key is
#           pressed. So it is after every key of XTEST, which also takes the letters back that have a key.
#           A spare key is never taken again: after as many letters as there were such keys, the
#           others are not typed at all, also for the next viewer.
# Why:      vncAddKeysym() changes the map of the master keyboard. The slave that presses the key has one
#           of its own, which the server copies to the master when the slave last used was another.
# Seen:     TigerVNC 1.12.0 (Debian tigervnc-standalone-server 1.12.0+dfsg-8); by hand 1.15.0 takes spare keys
#           again, and loses the same first letters
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
    tigervnc-standalone-server=1.12.0+dfsg-8) || cannot packages
for package in "$tmp"/*.deb; do
    dpkg-deb -x "$package" "$tmp/unpacked"
    echo "$(dpkg-deb -f "$package" Package) $(dpkg-deb -f "$package" Version)"
done
mkfifo "$tmp/number"
timeout -k 2 55 "$tmp/unpacked/usr/bin/Xtigervnc" -geometry 640x480 -SecurityTypes None -rfbport -1 \
    -rfbunixpath "$tmp/viewers" -noreset -displayfd 3 3>"$tmp/number" >/dev/null 2>&1 &
servers=$!
number=$(timeout 20 head -n 1 "$tmp/number")
[ -n "$number" ] || cannot server

stated='19 spare keys; 25 letters: 1 a key without a symbol, 19 right, 5 nothing
the last letter, by another viewer: 1 nothing
the first two after a key of XTEST: 1 a key without a symbol, 1 right
the first two after a key of XTEST: 1 a key without a symbol, 1 right'

seen=$(DISPLAY=:$number timeout 30 python3 - "$tmp/viewers" <<'END'
import itertools
import os
import socket
import struct
import sys


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


def viewer():
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(20)
    connection.connect(sys.argv[1])
    read = connection.makefile("rb").read
    read(12)
    connection.sendall(b"RFB 003.008\n")
    read(read(1)[0])
    connection.sendall(b"\1")  # no authentication
    read(4)
    connection.sendall(b"\1")
    read(struct.unpack(">20xI", read(24))[0])
    return connection


def symbols(keycode, count=1):
    reply = client.ask(101, 0, "BB2x", keycode, count)  # GetKeyboardMapping
    return struct.unpack_from(f"<{count * reply[1]}I", reply, 32), reply[1]


def typed(letters):
    """What a client makes of letters that the viewer types."""
    results = []
    for letter in letters:
        for keysym in (letter, 0xFF1B):  # and Escape
            for down in (1, 0):
                connection.sendall(struct.pack(">BB2xI", 4, down, keysym))
        keycodes = []
        while not keycodes or keycodes[-1] != 9:
            event = client.message()
            if event[0] == 2:  # KeyPress
                keycodes.append(event[1])
        first = symbols(keycodes[0])[0][0] if len(keycodes) > 1 else None
        results.append({letter: "right", 0: "a key without a symbol", None: "nothing"}.get(first, "wrong"))
    return ", ".join(f"{len(list(group))} {result}" for result, group in itertools.groupby(results))


GREEK = range(0x7E1, 0x7FA)  # alpha to omega
client = Client()
xtest = client.opcode(b"XTEST")
every, width = symbols(8, 248)
spare = sum(not any(every[at : at + width]) for at in range(0, len(every), width))
window = client.new_id()
client.send(1, 0, "IIhhHHHHIII", window, client.root, 0, 0, 9, 9, 0, 1, 0, 2048, 1)
client.send(8, 0, "I", window)
client.send(42, 0, "II", window, 0)  # SetInputFocus
client.ask(43, 0)
connection = viewer()
print(f"{spare} spare keys; {len(GREEK)} letters: {typed(GREEK)}")
connection.shutdown(socket.SHUT_WR)
while connection.recv(65536):
    pass
connection = viewer()
print("the last letter, by another viewer:", typed(GREEK[-1:]))
for _ in range(2):
    for kind in (2, 3):
        client.send(xtest, 2, "BB2xII8xhh8x", kind, 38, 0, 0, 0, 0)  # FakeInput: a key
    client.ask(43, 0)
    print("the first two after a key of XTEST:", typed(GREEK[:2]))
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
