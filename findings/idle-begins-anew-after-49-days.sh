#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: nobody touches keyboard and pointer for 60 days. What does SYNC's counter IDLETIME say, and what
#           do alarms get that wait for 1 day and for 50 days of it (PositiveTransition)?
# Guess:    60 days, in milliseconds: a counter of SYNC has 64 bits, as SERVERTIME shows, which counts on; and
#           each alarm is told of once.
# Instead:  10 days: after 49.7 it begins at 0 again. The alarm of 1 day goes off a second time, that of 50
#           never does. A program that puts something to sleep by IDLETIME does so again though nobody
#           has woken it, and one that waits for "active again" by a fall of the counter sees one.
# Why:      IdleTimeQueryValue() subtracts two numbers of 32 bits of milliseconds.
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

stated='day 1: alarm of 1
after 1 days: IDLETIME 1, SERVERTIME 1
after 49 days: IDLETIME 49, SERVERTIME 49
after 50 days: IDLETIME 0, SERVERTIME 50
day 51: alarm of 1
after 60 days: IDLETIME 10, SERVERTIME 60'

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

    def opcode(self, extension):
        size = len(extension)
        return self.ask(98, 0, f"H2x{(size + 3) // 4 * 4}s", size, extension)[9]


DAY = 24 * 3600 * 1000


def value(counter):
    """In milliseconds."""
    high, low = struct.unpack("<8xiI", client.ask(sync, 5, "I", counter)[:16])  # QueryCounter
    return (high << 32) + low


client = Client()
sync, xtest = client.opcode(b"SYNC"), client.opcode(b"XTEST")
client.ask(sync, 0, "BB2x", 3, 1)
answer, counters, start = client.ask(sync, 1), {}, 32  # ListSystemCounters
for _ in range(struct.unpack_from("<I", answer, 8)[0]):
    counter, size = struct.unpack_from("<I8xH", answer, start)
    counters[answer[start + 14 : start + 14 + size]] = counter
    start += (14 + size + 3) // 4 * 4
idle, server = counters[b"IDLETIME"], counters[b"SERVERTIME"]
client.send(xtest, 2, "BBxxII8xhh8x", 6, 0, 0, 0, 9, 9)  # FakeInput: motion
first, alarms = value(server), {}
for days in 1, 50:
    alarm = client.new_id()
    alarms[alarm] = days
    numbers = (days * DAY >> 32, days * DAY & 0xFFFFFFFF)
    kind = (idle, 0, *numbers, 0, 0, 0, 1)  # absolute, PositiveTransition, delta 0, events
    client.send(sync, 8, "IIIIiIIiII", alarm, 0x3F, *kind)  # CreateAlarm
client.ask(43, 0)
for day in range(1, 61):
    clock = pathlib.Path(sys.argv[1] + ".new")
    clock.write_text(f"+{day}d\n")
    clock.rename(sys.argv[1])
    client.told = []
    for _ in range(3):
        client.ask(43, 0)
    for event in client.told:
        if event[1] == 1:  # AlarmNotify
            print(f"day {day}: alarm of {alarms[struct.unpack_from('<I', event, 4)[0]]}")
    if day in (1, 49, 50, 60):
        passed = [round(value(idle) / DAY), round((value(server) - first) / DAY)]
        print("after {} days: IDLETIME {}, SERVERTIME {}".format(day, *passed))
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
