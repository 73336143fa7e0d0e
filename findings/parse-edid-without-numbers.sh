#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: parse-edid turns the EDID of a monitor into a Monitor section for xorg.conf. Which modelines
#           does it print for the two detailed timings of one?
# Guess:    their names, clocks and timings, which the sections of xorg.conf want, and the signs of their
#           syncs, as edid-decode -X does.
# Instead:  a name and the signs, no numbers: lines that no server can take. It says "Checksum Correct",
#           ends with 0, and prints size, gamma and the ranges right.
# Why:      it appends the parts of a line by sprintf(line, "%s...", line), from a buffer into itself.
#           The sprintf() that checks sizes, with which Debian builds it, clears the buffer before it
#           reads from it, and the last part, the signs, is all that is left.
# Seen:     parse-edid of read-edid 3.0.2 (Debian 3.0.2-1.1) and edid-decode 0.1
#           (0.1~git20220315.cb74358c2896-1); by hand also with the C library of Debian 13
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 2' HUP INT TERM
cannot() { echo "cannot be tried: $1"; exit 2; }

(cd "$tmp" && apt-get -qq -o APT::Sandbox::User=root download \
    read-edid=3.0.2-1.1 edid-decode=0.1~git20220315.cb74358c2896-1) || cannot packages
for package in "$tmp"/*.deb; do
    dpkg-deb -x "$package" "$tmp/unpacked"
    echo "$(dpkg-deb -f "$package" Package) $(dpkg-deb -f "$package" Version)"
done

stated='parse-edid: Checksum Correct
DisplaySize 300 200
Gamma 2.20
Horizsync 30-83
VertRefresh 50-75
Modeline |Mode 0| -hsync -vsync
Modeline |Mode 1| +hsync +vsync
edid-decode: Modeline |1024x768_60.00| 65.000 1024 1048 1184 1344 768 771 777 806 -HSync -VSync
edid-decode: Modeline |1280x1024_60.02| 108.000 1280 1328 1440 1688 1024 1025 1028 1066 +HSync +VSync'

python3 - "$tmp/edid" <<'END'
import struct
import sys


def timing(clock, across, down, flags):
    """A detailed timing: clock in MHz; active, blank, start and length of the sync."""
    (width, blank, start, length), (height, pause, begin, lines) = across, down
    return struct.pack("<H", round(clock * 100)) + bytes(
        [width & 255, blank & 255, width >> 8 << 4 | blank >> 8]
        + [height & 255, pause & 255, height >> 8 << 4 | pause >> 8]
        + [start & 255, length & 255, begin << 4 | lines, start >> 8 << 6 | length >> 8 << 4]
        + [300 & 255, 200, 300 >> 8 << 4, 0, 0, flags]
    )


edid = b"\0" + b"\xff" * 6 + b"\0" + struct.pack(">HHxxxxBBBB", 0x5234, 0x1234, 10, 30, 1, 3)
edid += bytes([0x80, 30, 20, 120, 0x0A]) + bytes.fromhex("ee91a3544c99260f5054")
edid += bytes([0x21, 0x08, 0]) + b"\1\1" * 8
edid += timing(65, (1024, 320, 24, 136), (768, 38, 3, 6), 0x18)
edid += timing(108, (1280, 408, 48, 112), (1024, 42, 1, 3), 0x1E)
edid += b"\0\0\0\xfc\0" + b"Test\n".ljust(13)
edid += b"\0\0\0\xfd\0" + bytes([50, 75, 30, 83, 17, 0, 10]) + b" " * 6 + b"\0"
with open(sys.argv[1], "wb") as file:
    file.write(edid + bytes([-sum(edid) & 255]))
END

plain() { tr -s '\t ' ' ' | tr '"' '|' | sed 's/ $//'; }

seen=$(
    set -e
    PATH=$tmp/unpacked/usr/bin:$PATH
    parse-edid <"$tmp/edid" >"$tmp/section" 2>"$tmp/words" && echo "parse-edid: $(xargs <"$tmp/words")"
    sed -n 's/^\t\(Disp\|Gamma\|Horiz\|Vert\|Modeline\)/\1/p' "$tmp/section" | plain
    edid-decode -X "$tmp/edid" | sed -n 's/^ *\(Modeline\)/edid-decode: \1/p' | plain
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
