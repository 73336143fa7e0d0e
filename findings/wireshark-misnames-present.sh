#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: a client selects for Present's events with four ids, one after the other, and gets a
#           CompleteNotify for each. How does Wireshark show these four, and a RawMotion of XInput?
# Guess:    as CompleteNotify with window, serial and MSC, and as RawMotion: it prints the requests of
#           both extensions by their names, with all fields.
# Instead:  the name is made of the last 16 bits of the id that the client chose: one of the four is a
#           CompleteNotify, one an IdleNotify, one a RedirectNotify, one nothing; two are malformed
#           packets, and the serial is shown as a window. An event of XInput is named by its time: it is
#           a number, and its fields are not decoded.
# Why:      the dissector looks for the type of a GenericEvent four bytes behind the place where it is,
#           and reads all fields that follow from there.
# Seen:     tshark 4.0.17 (Debian 4.0.17-0+deb12u3), Xvfb 21.1.7 (2:21.1.7-3+deb12u13); by hand also
#           4.4.19
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
    xvfb=2:21.1.7-3+deb12u13 tshark=4.0.17-0+deb12u3 libwireshark16=4.0.17-0+deb12u3 \
    libwiretap13=4.0.17-0+deb12u3 libwsutil14=4.0.17-0+deb12u3 libpcap0.8=1.10.3-1 \
    libc-ares2 liblua5.2-0 libnghttp2-14 libsmi2ldbl) || cannot packages
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

stated='CompleteNotify for the event id 0x200000: 0, not decoded
CompleteNotify for the event id 0x200001: CompleteNotify, window 0x1001 (the serial), malformed
CompleteNotify for the event id 0x200002: IdleNotify, window 0x1002 (the serial)
CompleteNotify for the event id 0x200003: RedirectNotify, event_window 0x1003 (the serial), malformed
RawMotion: its time, not decoded
NotifyMSC, for comparison: its fields'

library=$(dirname "$tmp"/unpacked/usr/lib/*/libwireshark.so.16)
DISPLAY=:$number timeout 30 python3 - "$tmp" >"$tmp/facts" <<'END' || cannot conversation
import os
import socket
import struct
import sys


class Client:
    def __init__(self):
        self.sent = []  # (by the client, bytes)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect("\0/tmp/.X11-unix/X" + os.environ["DISPLAY"][1:])
        self.file = self.socket.makefile("rb")
        self.write(struct.pack("<BxHHHH2x", ord("l"), 11, 0, 0, 0))
        setup = self.read(4 * struct.unpack("<6xH", self.read(8))[0])
        self.last_id, vendor, formats = struct.unpack("<4xI8xH3xB", setup[:22])
        self.root = struct.unpack_from("<I", setup, 32 + (vendor + 3) // 4 * 4 + 8 * formats)[0]

    def write(self, data):
        self.sent.append((True, data))
        self.socket.sendall(data)

    def read(self, size):
        data = self.file.read(size)
        self.sent.append((False, data))
        return data

    def message(self):
        head = self.read(32)
        more = struct.unpack("<4xI", head[:8])[0] if head[0] == 1 or head[0] & 127 == 35 else 0
        return head + self.read(4 * more) if more else head

    def send(self, opcode, minor, layout="", *values):
        body = struct.pack("<" + layout, *values)
        self.write(struct.pack("<BBH", opcode, minor, 1 + len(body) // 4) + body)

    def ask(self, *request):
        self.send(*request)
        while (answer := self.message())[0] > 1:  # events
            pass
        return answer  # a reply or an error

    def event(self):
        while self.message()[0] & 127 != 35:
            pass

    def opcode(self, extension):
        size = len(extension)
        return self.ask(98, 0, f"H2x{(size + 3) // 4 * 4}s", size, extension)[9]


def save(path):
    """A capture of raw IP packets: the conversation, as if it had gone through TCP."""
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
        at = {True: 1, False: 1}
        for ours, data in client.sent:
            for start in range(0, len(data), 1400):
                part = data[start : start + 1400]
                ports = (50000, 6000) if ours else (6000, 50000)
                ends = (b"\x7f\0\0\1", b"\x7f\0\0\2")[:: 1 if ours else -1]
                tcp = struct.pack(">HHIIBBH4x", *ports, at[ours], at[not ours], 80, 24, 65535)
                size = 40 + len(part)
                ip = struct.pack(">BxHHHBBH", 0x45, size, 1, 0x4000, 64, 6, 0)
                file.write(struct.pack("<IIII", 0, 0, size, size) + ip + b"".join(ends) + tcp + part)
                at[ours] += len(part)


client = Client()
present, xinput, xtest = map(client.opcode, (b"Present", b"XInputExtension", b"XTEST"))
client.ask(present, 0, "II", 1, 2)
client.ask(xinput, 47, "HH", 2, 2)
for end in range(4):
    window = client.last_id + 0x100 + end
    layout = "IIhhHHHHII"
    client.send(1, 0, layout, window, client.root, 0, 0, 16, 16, 0, 1, 0, 0)
    client.send(present, 3, "III", client.last_id + end, window, 2)  # CompleteNotify
    client.send(present, 2, "II4xQQQ", window, 0x1000 + end, 0, 0, 0)  # NotifyMSC
    client.event()
client.send(xinput, 46, "IH2xHHI", client.root, 1, 1, 1, 1 << 17)  # RawMotion
time = 0
while time < 64:  # a time that is the number of no event
    client.send(xtest, 2, "BBxxII8xhh7xB", 6, 0, 0, client.root, 20, 20, 0)
    client.event()
    time = struct.unpack("<12xI", client.sent[-2][1][:16])[0] & 0xFFFF
print(client.last_id, time)
save(f"{sys.argv[1]}/capture")
END
HOME=$tmp LD_LIBRARY_PATH=$library timeout 60 "$tmp/unpacked/usr/bin/tshark" -r "$tmp/capture" -V \
    -d tcp.port==6000,x11 -o tcp.check_checksum:FALSE -o ip.check_checksum:FALSE \
    >"$tmp/shown" 2>/dev/null || cannot tshark

seen=$(timeout 30 python3 - "$tmp" <<'END'
import re
import sys

last_id, time = map(int, open(f"{sys.argv[1]}/facts").read().split())
shown = open(f"{sys.argv[1]}/shown").read()
raw = ""
for frame in shown.split("\nFrame "):
    if "(GenericEvent)" not in frame:
        continue
    event = frame[frame.index("X11, Event") :]
    name = re.search(r"minor-opcode: (\w+)", event)[1]
    if "(Present)" not in event:
        raw = ("its time" if name == str(time) else name) + ", "
        raw += "not decoded" if event.count(": ") < 7 else "its fields"
        continue
    what = [name]
    if window := re.search(r"(\w*window): 0x0*(10\w\w)$", event, re.MULTILINE):
        what.append(f"{window[1]} 0x{window[2]} (the serial)")
    elif "undecoded" in event:
        what.append("not decoded")
    what += ["malformed"] * ("Malformed" in event)
    print(f"CompleteNotify for the event id {last_id:#x}:", ", ".join(what))
    last_id += 1
print("RawMotion:", raw)
serials = re.findall(r"minor: 2 \(NotifyMSC\)\n.*\n.*\n +serial: 0x0*(\w+)", shown)
right = serials == ["1000", "1001", "1002", "1003"]
print("NotifyMSC, for comparison:", "its fields" if right else serials)
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
