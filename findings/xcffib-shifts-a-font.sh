#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: does QueryTextExtents of xcffib ask for the extents of a text in the font that is given?
# Guess:    yes: xcffib is made from the protocol's own description, where this request is of X11R1.
# Instead:  never. It writes the font one byte too late, so the server looks for the font whose id is
#           256 times as large and answers with a Font error.
# Why:      the description gives odd_length as an expression between the header and the font, and the
#           generator pads the header to four bytes before it, instead of putting it into the header.
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
timeout -k 2 55 "$tmp/unpacked/usr/bin/Xvfb" -screen 0 640x480x24 -fp built-ins -noreset -displayfd 3 \
    3>"$tmp/number" >/dev/null 2>&1 &
servers=$!
number=$(timeout 20 head -n 1 "$tmp/number")
[ -n "$number" ] || cannot server

stated='the font can be queried: 13 pixels high
the extents of AB: Font error, for 256 times its id
the extents of ABC: Font error, for 256 times its id and 1'

seen=$(DISPLAY=:$number PYTHONPATH="$tmp/python" timeout 30 python3 - <<'END'
import xcffib
import xcffib.xproto

connection = xcffib.connect()
font = connection.generate_id()
connection.core.OpenFont(font, 5, "fixed")
known = connection.core.QueryFont(font).reply()
print(f"the font can be queried: {known.font_ascent + known.font_descent} pixels high")
for text in "AB", "ABC":
    characters = [xcffib.xproto.CHAR2B.synthetic(0, ord(character)) for character in text]
    try:
        reply = connection.core.QueryTextExtents(font, len(text), characters).reply()
        print(f"the extents of {text}: {reply.overall_width} pixels")
    except xcffib.xproto.FontError as error:
        more = error.bad_value - 256 * font
        print(f"the extents of {text}: Font error, for 256 times its id" + f" and {more}" * bool(more))
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
