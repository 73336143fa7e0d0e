#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: VESA's list of monitor timings (DMT) has modes that were made by its CVT formula. Does cvt,
#           which prints modelines for xrandr --newmode, print those?
# Guess:    yes, it computes them by the same formula, as edid-decode does, whose own calculation gives
#           the numbers of the list.
# Instead:  not 14 of 40. Six have a horizontal sync that begins 8 pixels late and is as much too short;
#           those of 1280x768 have a vertical sync of 10 lines instead of 7; six with reduced blanking
#           have a clock that is a quarter of a MHz too slow. Who looks for the mode in a list of
#           standard ones, or compares it with a monitor's, does not find it.
# Why:      libxcvt, like xf86CVTMode() of servers before it, rounds the start of the sync up where it is
#           a multiple of 8 already, looks for 15:9 only where the height is a multiple of 9, which 768
#           is not, and takes the clock of reduced blanking from an estimate of the time of a line.
# Seen:     cvt of libxcvt 0.1.2 and edid-decode 0.1 (Debian 0.1.2-1, 0.1~git20220315.cb74358c2896-1); by
#           hand also 0.1.3, where the horizontal sync is right
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 2' HUP INT TERM
cannot() { echo "cannot be tried: $1"; exit 2; }

(cd "$tmp" && apt-get -qq -o APT::Sandbox::User=root download \
    xcvt=0.1.2-1 libxcvt0=0.1.2-1 edid-decode=0.1~git20220315.cb74358c2896-1) || cannot packages
for package in "$tmp"/*.deb; do
    dpkg-deb -x "$package" "$tmp/unpacked"
    echo "$(dpkg-deb -f "$package" Package) $(dpkg-deb -f "$package" Version)"
done

stated='26 of 40 are those of the list
800x600 at 120, reduced: clock 73.0 instead of 73.25
1024x768 at 120, reduced: clock 115.25 instead of 115.5
1280x768 at 60, reduced: clock 68.0 instead of 68.25; vsync 771-781 instead of 771-778
1280x768 at 60: vsync 771-781 instead of 771-778
1280x768 at 75: vsync 771-781 instead of 771-778
1280x768 at 85: hsync 1368-1496 instead of 1360-1496; vsync 771-781 instead of 771-778
1280x800 at 85: hsync 1368-1496 instead of 1360-1496
1400x1050 at 85: hsync 1512-1656 instead of 1504-1656
1440x900 at 60: hsync 1528-1672 instead of 1520-1672
1600x1200 at 120, reduced: clock 268.0 instead of 268.25
1680x1050 at 120, reduced: clock 245.25 instead of 245.5
1792x1344 at 120, reduced: clock 333.0 instead of 333.25
1920x1200 at 75: hsync 2064-2264 instead of 2056-2264
2560x1600 at 60: hsync 2760-3032 instead of 2752-3032'

library=$(dirname "$tmp"/unpacked/usr/lib/*/libxcvt.so.0)
seen=$(LD_LIBRARY_PATH=$library PATH=$tmp/unpacked/usr/bin:$PATH timeout 60 python3 - <<'END'
import re
import subprocess


def shown(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def timing(text):
    """What edid-decode shows: the clock in MHz, then the starts and ends of a modeline."""
    number = r"\D*([\d.]+)"
    line = rf"(\d+)x(\d+) .* ([\d.]+) MHz.*\n +Hfront{number * 3}.*\n +Vfront{number * 3}"
    width, height, clock, *rest = map(float, re.search(line, text).groups())
    across = [width + sum(rest[:end]) for end in range(4)]
    down = [height + sum(rest[3:end]) for end in range(3, 7)]
    return [round(clock, 2), *map(int, across + down)]


def modeline(text):
    clock, *rest = re.search(r'Modeline +"\S+" +([\d.]+)((?: +\d+){8})', text).groups()
    return [float(clock), *map(int, rest[0].split())]


def dashed(values):
    return "-".join(map(str, values)) if isinstance(values, list) else values


agreed, missed = [], []
for name, width, height, rate in re.findall(
    r"DMT (0x\w+): +(\d+)x(\d+) +([\d.]+) Hz", shown("edid-decode", "--list-dmts")
):
    text = shown("edid-decode", "--dmt", name)
    rate = str(round(float(rate)))
    reduced = "RB" in text
    options = f"w={width},h={height},fps={rate}" + ",rb=1" * reduced
    wanted = timing(text)
    if timing(shown("edid-decode", "--cvt", options)) != wanted:
        continue  # not made by the formula
    found = modeline(shown("cvt", *["-r"] * reduced, width, height, rate))
    words = f"{width}x{height} at {rate}" + ", reduced" * reduced
    if found == wanted:
        agreed.append(words)
        continue
    fields = {"clock": 0, "hsync": slice(2, 4), "vsync": slice(6, 8)}
    parts = [
        f"{field} {dashed(found[place])} instead of {dashed(wanted[place])}"
        for field, place in fields.items()
        if found[place] != wanted[place]
    ]
    missed.append(f"{words}: " + "; ".join(parts))
print(f"{len(agreed)} of {len(agreed) + len(missed)} are those of the list")
print("\n".join(missed))
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
