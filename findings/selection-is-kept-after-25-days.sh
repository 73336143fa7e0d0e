#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: a client, such as a compositor or a tray with its manager selection, owns a selection for some
#           time. Then it gives it up as ICCCM says: SetSelectionOwner with None and the time stamp with
#           which it got it. Who owns the selection?
# Guess:    nobody, however long it was.
# Instead:  nobody up to 24.8 days; then it stays the owner until 49.7 days, for 24.8 days nobody again, and
#           so on. No error comes. A successor that waits for the selection to be free waits. With the
#           current time the request would have done it.
# Why:      the server takes a time stamp that is more than half of 32 bits of milliseconds ago for one in
#           the future, and SetSelectionOwner ignores times in the future.
# Seen:     Xvfb 21.1.7 (Debian 2:21.1.7-3+deb12u13), with the clock of libfaketime 0.9.10 (0.9.10-2.1);
#           by hand also 21.1.16, 21.1.25, XLibre's 25.2, Xephyr and TigerVNC 1.12
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
    xvfb=2:21.1.7-3+deb12u13 libfaketime=0.9.10-2.1) || cannot packages
for package in "$tmp"/*.deb; do
    dpkg-deb -x "$package" "$tmp/unpacked"
    echo "$(dpkg-deb -f "$package" Package) $(dpkg-deb -f "$package" Version)"
done
library=$(echo "$tmp"/unpacked/usr/lib/*/faketime/libfaketime.so.1)
echo +0d >"$tmp/clock"
mkfifo "$tmp/number"
LD_PRELOAD=$library FAKETIME_TIMESTAMP_FILE=$tmp/clock FAKETIME_NO_CACHE=1 \
    timeout -k 2 55 "$tmp/unpacked/usr/bin/Xvfb" -screen 0 640x480x24 -noreset -displayfd 3 \
    3>"$tmp/number" >/dev/null 2>&1 &
servers=$!
number=$(timeout 20 head -n 1 "$tmp/number")
[ -n "$number" ] || cannot server

stated='after 1 days: nobody; with the current time: nobody
after 24 days: nobody; with the current time: nobody
after 25 days: still the owner; with the current time: nobody
after 49 days: still the owner; with the current time: nobody
after 50 days: nobody; with the current time: nobody
after 74 days: nobody; with the current time: nobody
after 75 days: still the owner; with the current time: nobody'

seen=$(DISPLAY=:$number timeout 50 python3 - "$tmp/clock" <<'END'
import os
import pathlib
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
        self.told = []
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
            self.told.append(answer)
        return answer  # a reply or an error


def sleep_days(days):
    global today
    today += days
    clock = pathlib.Path(sys.argv[1] + ".new")
    clock.write_text(f"+{today}d\n")
    clock.rename(sys.argv[1])
    for _ in range(3):
        client.ask(43, 0)


def now():
    """A time stamp of the server, by a PropertyNotify."""
    client.told.clear()
    client.send(18, 2, "IIIB3xI", window, 39, 31, 8, 0)  # ChangeProperty: append nothing
    client.ask(43, 0)
    return struct.unpack_from("<I", client.told[-1], 12)[0]


def owner():
    return struct.unpack_from("<I", client.ask(23, 0, "I", PRIMARY), 8)[0]  # GetSelectionOwner


PRIMARY = 1
client, today = Client(), 0
window = client.new_id()
client.send(1, 0, "IIhhHHHHIII", window, client.root, 0, 0, 9, 9, 0, 1, 0, 1 << 11, 1 << 22)
for days in 1, 24, 25, 49, 50, 74, 75:
    got = now()
    client.send(22, 0, "III", window, PRIMARY, got)  # SetSelectionOwner
    assert owner() == window
    sleep_days(days)
    client.send(22, 0, "III", 0, PRIMARY, got)
    words = f"after {days} days: {'still the owner' if owner() == window else 'nobody'}"
    client.send(22, 0, "III", 0, PRIMARY, now())
    print(f"{words}; with the current time: {'still the owner' if owner() else 'nobody'}")
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
