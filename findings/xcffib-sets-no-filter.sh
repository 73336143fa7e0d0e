#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: does xcffib set the filter of a picture with SetPictureFilter of RENDER?
# Guess:    yes: the description of the protocol has the request as it is, the filter's name and its
#           padding to four bytes included, and xcffib is made from it, as libxcb is.
# Instead:  no filter at all: each is a Match error. xcffib always writes four bytes behind the name,
#           which the server takes for a value that the filter does not have. What it reads it pads not
#           at all: the list of SYNC's system counters ends in an AssertionError.
# Why:      the generator takes the description's alignment of four for a padding of four.
# Seen:     xcffib 1.13.0 with Xvfb 21.1.7 (Debian 2:21.1.7-3+deb12u13)
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
python3 -m pip install -q --disable-pip-version-check --target "$tmp/python" xcffib==1.13.0 \
    >/dev/null 2>&1 || cannot packages
echo "xcffib 1.13.0"
mkfifo "$tmp/number"
timeout -k 2 55 "$tmp/unpacked/usr/bin/Xvfb" -screen 0 640x480x24 -noreset -displayfd 3 \
    3>"$tmp/number" >/dev/null 2>&1 &
servers=$!
number=$(timeout 20 head -n 1 "$tmp/number")
[ -n "$number" ] || cannot server

stated='bilinear by SetPictureFilter: MatchError, by bytes: set
nearest by SetPictureFilter: MatchError, by bytes: set
fast by SetPictureFilter: MatchError, by bytes: set
good by SetPictureFilter: MatchError, by bytes: set
best by SetPictureFilter: MatchError, by bytes: set
system counters: AssertionError'

seen=$(DISPLAY=:$number PYTHONPATH=$tmp/python timeout 30 python3 - <<'END'
import io
import struct


import xcffib
import xcffib.render
import xcffib.sync
import xcffib.xproto

connection = xcffib.connect()
root = connection.get_setup().roots[0].root
render, sync = connection(xcffib.render.key), connection(xcffib.sync.key)
render.QueryVersion(0, 11).reply()
sync.Initialize(3, 1).reply()
formats = render.QueryPictFormats().reply().formats
a8 = next(one.id for one in formats if one.depth == 8)
pixmap, picture = connection.generate_id(), connection.generate_id()
connection.core.CreatePixmap(8, pixmap, root, 8, 8)
render.CreatePicture(picture, pixmap, a8, 0, [])


def try_filter(name, values, raw=False):
    try:
        if raw:
            name += bytes(-len(name) % 4)
            body = struct.pack("=xx2xIH2x", picture, len(name.rstrip(b"\0"))) + name
            render.send_request(30, io.BytesIO(body), is_checked=True).check()
        else:
            render.SetPictureFilter(picture, len(name), name, len(values), values, True).check()
    except xcffib.Error as error:
        return type(error).__name__
    return "set"


for name in (b"bilinear", b"nearest", b"fast", b"good", b"best"):
    results = try_filter(name, []), try_filter(name, [], raw=True)
    print(name.decode(), "by SetPictureFilter: {}, by bytes: {}".format(*results))
try:
    counters = sync.ListSystemCounters().reply().counters
    print("system counters:", *(bytes(one.name.buf()).decode() for one in counters))
except Exception as error:
    print("system counters:", type(error).__name__)
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
