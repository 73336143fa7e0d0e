#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: a client sends 70000 NoOperation through libxcb, then one GetInputFocus. How many
#           requests does the server get, and what is the number of the last?
# Guess:    70001: a library adds requests only when it is asked for an extension.
# Instead:  70002. Before 65536 requests have gone by without a reply, libxcb slips in a
#           GetInputFocus of its own and drops the reply. A recorder, a proxy or a replay that counts
#           what the program did is one off from there on.
# Why:      sequence numbers on the wire have 16 bits: xcb_send_request_with_fds64() calls send_sync()
#           in time for every reply to be told apart.
# Seen:     libxcb 1.15 (Debian libxcb1 1.15-1), xcffib 1.13.0, Xvfb 21.1.7 (2:21.1.7-3+deb12u13)
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
    xvfb=2:21.1.7-3+deb12u13 libxcb1=1.15-1) || cannot packages
for package in "$tmp"/*.deb; do
    dpkg-deb -x "$package" "$tmp/unpacked"
    echo "$(dpkg-deb -f "$package" Package) $(dpkg-deb -f "$package" Version)"
done
python3 -m venv --without-pip "$tmp/venv"
python3 -m pip install -qqq --target "$tmp/lib" --no-deps \
    xcffib==1.13.0 cffi==2.1.1 pycparser==3.12 six==1.17.0 2>"$tmp/log" || cannot pip
mkfifo "$tmp/number"
timeout -k 2 55 "$tmp/unpacked/usr/bin/Xvfb" -screen 0 640x480x24 -noreset -displayfd 3 \
    3>"$tmp/number" >/dev/null 2>&1 &
servers=$!
number=$(timeout 20 head -n 1 "$tmp/number")
[ -n "$number" ] || cannot server

stated='the client asked for 70000 NoOperation and 1 GetInputFocus
the server got 70000 NoOperation and 2 GetInputFocus
the extra one is request 65535, the last one is request 70002'

seen=$(cd "$tmp" && PYTHONPATH=$tmp/lib LD_LIBRARY_PATH=$(echo "$tmp"/unpacked/usr/lib/*/) DISPLAY=:$number \
    timeout 40 "$tmp/venv/bin/python" - <<'END'
import os
import socket
import struct
import threading

import xcffib
import xcffib.xproto

ours, clients = socket.socketpair()
server = socket.socket(socket.AF_UNIX)
server.connect("\0/tmp/.X11-unix/X" + os.environ["DISPLAY"][1:])
requests = []


def to_client():
    while data := server.recv(65536):
        ours.sendall(data)


def to_server():
    stream = ours.makefile("rb")
    server.sendall(stream.read(12))
    while len(head := stream.read(4)) == 4:
        requests.append(head[0])
        server.sendall(head + stream.read(4 * struct.unpack("<2xH", head)[0] - 4))


for relay in (to_client, to_server):
    threading.Thread(target=relay, daemon=True).start()
connection = xcffib.Connection(fd=clients.detach())
with open("/proc/self/maps") as maps:
    assert any("/unpacked/usr/lib" in line and "libxcb.so" in line for line in maps), "another libxcb"
before = len(requests)
for _ in range(70000):
    connection.core.NoOperation()
last = connection.core.GetInputFocus()
last.reply()
asked = requests[before:]
print("the client asked for 70000 NoOperation and 1 GetInputFocus")
print(f"the server got {asked.count(127)} NoOperation and {asked.count(43)} GetInputFocus")
print(f"the extra one is request {requests.index(43) + 1}, the last one is request {last.sequence}")
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
