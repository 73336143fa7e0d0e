#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: is every reply written in the byte order that its client announced?
# Guess:    yes: a server turns the header of each reply round, that of the extensions too.
# Instead:  CreateSegment of MIT-SHM, the request whose reply carries the descriptor of the memory,
#           is read in the client's order and answered in the server's: the third request of a
#           connection is answered as number 768. The reply of QueryVersion beside it is right.
# Why:      ProcShmCreateSegment() writes its reply without the swaps that ProcShmQueryVersion() and
#           ProcShmGetImage() have, and its SProc calls it.
# Seen:     Xvfb 21.1.7 (Debian 2:21.1.7-3+deb12u13); by hand also Xvnc 21.1.6, Xwayland 22.1.9
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

stated='little-endian: QueryVersion is request 2, answered as 2
little-endian: CreateSegment is request 3, answered as 3, with 1 descriptor
big-endian: QueryVersion is request 2, answered as 2
big-endian: CreateSegment is request 3, answered as 768, with 1 descriptor'

seen=$(DISPLAY=:$number timeout 30 python3 - <<'END'
import os
import socket
import struct

for name, order in (("little", "<"), ("big", ">")):
    stream = socket.socket(socket.AF_UNIX)
    stream.settimeout(20)
    stream.connect("\0/tmp/.X11-unix/X" + os.environ["DISPLAY"][1:])

    def read(size):
        return stream.recv(size, socket.MSG_WAITALL)

    def send(opcode, minor, layout="", *values):
        body = struct.pack(order + layout, *values)
        stream.sendall(struct.pack(f"{order}BBH", opcode, minor, 1 + len(body) // 4) + body)

    stream.sendall(struct.pack(f"{order}BxHHHH2x", ord("l" if order == "<" else "B"), 11, 0, 0, 0))
    setup = read(4 * struct.unpack(f"{order}6xH", read(8))[0])
    (base,) = struct.unpack_from(f"{order}I", setup, 4)
    send(98, 0, "H2x8s", 7, b"MIT-SHM")  # QueryExtension
    shm = read(32)[9]
    send(shm, 0)  # QueryVersion
    (answered,) = struct.unpack_from(f"{order}H", read(32), 2)
    print(f"{name}-endian: QueryVersion is request 2, answered as {answered}")
    send(shm, 7, "IIB3x", base + 1, 4096, 0)  # CreateSegment
    reply, descriptors, _, _ = socket.recv_fds(stream, 32, 4)
    (answered,) = struct.unpack_from(f"{order}H", reply, 2)
    count = f"{len(descriptors)} descriptor" + "s" * (len(descriptors) != 1)
    print(f"{name}-endian: CreateSegment is request 3, answered as {answered}, with {count}")
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
