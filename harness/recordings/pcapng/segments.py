# SPDX-License-Identifier: MIT
"""The connections of clients as TCP over IPv4: segments that a packet analyser can follow.

RFC 791 and 9293.  TCP's checksums are left out, as where the network card makes them.
"""

import struct
from dataclasses import dataclass, field

from harness.recordings.recording import Sender

SERVER = 0x7F000001
"""127.0.0.1."""
_CLIENTS = 0x7F010000
"""127.1.0.0: the address of the first clients, the next one where its ports are used up."""
_PORTS = range(10_000, 60_000)
X_PORTS = range(6000, 6064)
"""Ports of displays that packet analysers take for X11."""

LARGEST_DATA = 64_000
"""Bytes of one segment: with its headers it must not reach 64 KiB."""

_HEADERS = struct.Struct(">BBHHHBBHIIHHIIBBHHH")
_WRITTEN = struct.Struct(">2sH6sH12sII8s")
"""The same, with what is constant for a flow as bytes."""
_SCALE = b"\x02\x04" + struct.pack(">H", LARGEST_DATA) + b"\x01\x03\x03\x0e"
"""Options of SYN: the largest segment, and windows in units of 16 KiB, up to 1 GiB."""
_VERSION, _DO_NOT_FRAGMENT, _TTL, _TCP = 0x45, 0x4000, 64, 6
_WINDOW = 0xFFFF
_BEGINNING = bytes((_VERSION, 0))
_MIDDLE = struct.pack(">HHBB", 0, _DO_NOT_FRAGMENT, _TTL, _TCP)

FIN, SYN, PSH, ACK = 1, 2, 8, 16
"""Flags; plain numbers, for a recording has millions of segments."""
_ENDS = tuple(
    struct.pack(">BBH4x", 0x70 if flags & SYN else 0x50, flags, _WINDOW) for flags in range(32)
)
"""The ends of headers, by their flags."""


class NoSegment(Exception):
    """A packet is not one of a client's TCP connection to the server; the text says why."""


@dataclass(frozen=True, slots=True)
class TcpSegment:
    """A segment of the connection of ``client``; ``sequence`` is its number (mod 2**32)."""

    client: int
    sender: Sender
    flags: int
    sequence: int
    data: bytes = field(repr=False)


class Flow:
    """The segments of one client's connection, numbered as TCP does."""

    def __init__(self, client: int, port: int) -> None:
        host, at = divmod(client - 1, len(_PORTS))
        here, there = (_CLIENTS + host, _PORTS[at]), (SERVER, port)
        # Of the client, then of the server: addresses, and both ports.
        self._ends = tuple(
            struct.pack(">IIHH", source[0], target[0], source[1], target[1])
            for source, target in ((here, there), (there, here))
        )
        self._next = [0, 0]
        self._base = _base_sum(here[0], there[0])

    def header(self, by_server: bool, flags: int, size: int = 0) -> bytes:
        """The IP and TCP headers of the next segment, which has ``size`` bytes of data."""
        opening = flags & SYN
        length = _HEADERS.size + size + (len(_SCALE) if opening else 0)
        checksum = self._base + length
        checksum = ~((checksum & 0xFFFF) + (checksum >> 16)) & 0xFFFF
        following = self._next
        sequence = following[by_server]
        following[by_server] = (sequence + size + (flags & (SYN | FIN) > 0)) & 0xFFFFFFFF
        acknowledged = following[not by_server] if flags & ACK else 0
        header = _WRITTEN.pack(
            _BEGINNING,
            length,
            _MIDDLE,
            checksum,
            self._ends[by_server],
            sequence,
            acknowledged,
            _ENDS[flags],
        )
        return header + _SCALE if opening else header


def _base_sum(source: int, target: int) -> int:
    """The sum of all 16-bit words of an IP header but its length."""
    addresses = sum(word for one in (source, target) for word in divmod(one, 1 << 16))
    total = (_VERSION << 8) + _DO_NOT_FRAGMENT + (_TTL << 8 | _TCP) + addresses
    return (total & 0xFFFF) + (total >> 16)


def decode(packet: bytes) -> TcpSegment:
    """The segment in a packet.  Raises NoSegment."""
    if len(packet) < _HEADERS.size:
        raise NoSegment(f"a packet of {len(packet)} bytes, expected the headers of IPv4 and TCP")
    version, _, length, _, _, _, protocol, _, source, target, *rest = _HEADERS.unpack_from(packet)
    source_port, target_port, sequence, _, offset, flags, *_ = rest
    if version != _VERSION or protocol != _TCP:
        raise NoSegment(
            f"the first byte {version:#04x} and protocol {protocol}, expected IPv4 (0x45) with "
            f"TCP (6)"
        )
    start = 20 + 4 * (offset >> 4)
    if not _HEADERS.size <= start <= length == len(packet):
        raise NoSegment(f"headers that speak of {length} bytes, the packet has {len(packet)}")
    sender = Sender.SERVER if source == SERVER else Sender.CLIENT
    if sender is Sender.CLIENT:
        host, port, other = source, source_port, target
    else:
        host, port, other = target, target_port, source
    if other != SERVER or host < _CLIENTS or port not in _PORTS:
        raise NoSegment("addresses that are not those of a client and the server")
    client = (host - _CLIENTS) * len(_PORTS) + _PORTS.index(port) + 1
    return TcpSegment(client, sender, flags, sequence, packet[start:])
