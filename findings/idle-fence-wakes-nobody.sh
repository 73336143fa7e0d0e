#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: a client waits by SYNC's AwaitFence for the idle fence of a presentation. Does it go on when
#           the pixmap is idle?
# Guess:    yes: the server triggers the fence, QueryFence says so, and a fence that is triggered holds
#           nobody.
# Instead:  no. IdleNotify has come, QueryFence says triggered, and the client waits on, for ever if nobody
#           helps; so does a presentation whose wait fence it is. Who begins to wait now goes on at once,
#           and a TriggerFence of the fence, which is triggered already, frees the others. Two clients
#           that hand a buffer back and forth by fences alone may stop at the first frame.
# Why:      present_fence_set_triggered() sets the mark of the fence alone; miSyncTriggerFence(), behind
#           TriggerFence, goes round among those who wait as well.
# Seen:     Xvfb 21.1.7 (Debian 2:21.1.7-3+deb12u13); by hand also 1.20.11, 21.1.25 and XLibre's 25.2
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

stated='IdleNotify has come, the fence is triggered
the client that waited before: still waits
the presentation that waited before: still waits
a client that waits from now on: goes on
after TriggerFence, the client: goes on
after TriggerFence, the presentation: is complete'

seen=$(DISPLAY=:$number timeout 30 python3 - <<'END'
import itertools
import select
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
client, waiter, later, asker = Client(), Client(), Client(), Client()
sync, present = asker.opcode(b"SYNC"), asker.opcode(b"Present")
for each in (client, waiter, later, asker):
    each.ask(sync, 0, "BB2x", 3, 1)
    each.ask(present, 0, "II", 1, 2)
shown, held, fence = (client.new_id() for _ in range(3))
for window in (shown, held):
    client.send(1, 0, "IIhhHHHHII", window, client.root, 0, 0, 20, 20, 0, 1, 0, 0)
    client.send(8, 0, "I", window)
    client.send(present, 3, "III", client.new_id(), window, 2 | 4)  # SelectInput: complete, idle
client.send(sync, 14, "IIB3x", shown, fence, 0)  # CreateFence, not triggered
client.ask(43, 0)
complete, idle = set(), set()  # serials
numbers = itertools.count(100)


def present_to(window, serial, wait_fence, idle_fence):
    pixmap = client.new_id()
    client.send(53, 24, "IIHH", pixmap, window, 20, 20)
    fences = (wait_fence, idle_fence)
    values = (window, pixmap, serial, 0, 0, 0, 0, 0, *fences, 0, 0, 0, 0, 0)
    client.send(present, 1, "IIIIIhhIIIIIQQQ", *values)


def come(serials, serial):  # whether its event has come, at the latest in the next five frames
    frames = [next(numbers) for _ in range(5)]
    for remainder, number in enumerate(frames):  # NotifyMSC
        client.send(present, 2, "IIIQQQ", shown, number, 0, 0, 5, remainder)
    while serial not in serials and not complete.issuperset(frames):
        event = client.message()
        told = complete if event[8] == 1 else idle
        told.add(struct.unpack_from("<I", event, 20)[0])
    return serial in serials


def wait(client):
    client.send(43, 0)
    client.send(sync, 19, "I", fence)  # AwaitFence
    client.send(43, 0)
    client.socket.recv(32, socket.MSG_WAITALL)  # the first answer


def is_held(client):  # whether what follows its AwaitFence has no answer yet
    return not select.select([client.socket], [], [], 5)[0]


wait(waiter)
present_to(held, 8, fence, 0)
present_to(shown, 7, 0, fence)
event = "IdleNotify has come" if come(idle, 7) else "no IdleNotify has come"
triggered = "triggered" if asker.ask(sync, 18, "I", fence)[8] else "not triggered"
print(f"{event}, the fence is {triggered}")
done = come(complete, 8)
print("the client that waited before:", "still waits" if is_held(waiter) else "goes on")
print("the presentation that waited before:", "is complete" if done else "still waits")
wait(later)
print("a client that waits from now on:", "still waits" if is_held(later) else "goes on")
asker.send(sync, 15, "I", fence)  # TriggerFence
asker.ask(43, 0)
done = come(complete, 8)
print("after TriggerFence, the client:", "still waits" if is_held(waiter) else "goes on")
print("after TriggerFence, the presentation:", "is complete" if done else "still waits")
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
