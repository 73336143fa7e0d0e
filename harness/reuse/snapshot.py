# SPDX-License-Identifier: MIT
"""The state of a server that no client owns, read in one go and compared as bytes."""

import struct
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from harness.deadlines import Deadline
from harness.reuse import screen
from harness.reuse.root_pixels import SHARED_MEMORY, RootPixels
from harness.reuse.unused_bytes import clear_unused
from harness.reuse.wire import Wire, request
from harness.x11 import encoding
from harness.x11.extensions import Extension

_TIME = (8, 12)
_TWO_TIMES = (8, 16)
_PRIMARY_SELECTION, _SECONDARY_SELECTION = 1, 2
_WHOLE_PROPERTY = 1 << 20


def differences(before: screen.State, now: screen.State) -> list[str]:
    """What differs between two snapshots, in words."""
    return [] if before == now else [what for what in before if before[what] != now[what]]


@dataclass(frozen=True, slots=True)
class Query:
    """A request, ``what`` its reply shows, and which bytes of it are a time.

    ``clear`` clears what means nothing either in a reply.
    """

    what: str
    request: bytes
    time: tuple[int, int] | None = None
    clear: Callable[[bytearray], None] | None = None


class Snapshots:
    """Reads the state of a server again and again, in one write each.

    What there is to read (properties, CRTCs, outputs) is what the server had when this was
    made: more or less of them differs in the lists that are read as well.  The ``gamma`` of CRTCs
    is read if asked for: where no client has set it, servers answer with what the memory holds.
    Raises NotReusable, as all methods do, when the server does not answer in time.
    """

    def __init__(
        self,
        wire: Wire,
        extensions: Mapping[str, Extension],
        deadline: Deadline,
        *,
        gamma: bool = False,
    ) -> None:
        self._wire, self._gamma = wire, gamma
        self._majors = {known.name: known.major for known in extensions.values()}
        self._queries = [*self._core(deadline), *self._extension_state(deadline)]
        self._pixels = RootPixels(wire, extensions.get(SHARED_MEMORY), deadline)
        self._requests = [*(query.request for query in self._queries), self._pixels.request]
        self._shown = [query.what for query in self._queries]

    def take(self, deadline: Deadline) -> dict[str, bytearray]:
        """The replies, without what differs between two readings of the same state."""
        *replies, pixels = self._wire.exchange(self._requests, deadline)
        for query, reply in zip(self._queries, replies, strict=True):
            _mask(reply, query)
        shown = dict(zip(self._shown, replies, strict=True))
        shown["the pixels of the root"] = self._pixels.of_reply(pixels)
        return shown

    def _core(self, deadline: Deadline) -> Iterator[Query]:
        root = struct.pack("=I", self._wire.root)
        yield Query("the windows", request(encoding.QUERY_TREE, 0, root))
        yield Query("the root's attributes", request(3, 0, root))
        yield Query(screen.SIZE, request(encoding.GET_GEOMETRY, 0, root))
        listing = request(21, 0, root)
        yield Query("the names of the root's properties", listing)
        (reply,) = self._wire.exchange([listing], deadline)
        (count,) = struct.unpack_from("=H", reply, 8)
        for atom in struct.unpack_from(f"={count}I", reply, 32):
            body = root + struct.pack("=IIII", atom, 0, 0, _WHOLE_PROPERTY)
            yield Query(f"the root's property {atom}", request(20, 0, body))
        for selection in (_PRIMARY_SELECTION, _SECONDARY_SELECTION):
            body = struct.pack("=I", selection)
            yield Query(f"the owner of selection {selection}", request(23, 0, body))
        yield Query("the pointer", request(38, 0, root))
        yield Query("the focus", request(encoding.GET_INPUT_FOCUS))
        yield Query("the keys that are down", request(44))
        yield Query("the font path", request(52))
        yield Query("the keyboard mapping", request(101, 0, struct.pack("=BB2x", 8, 248)))
        yield Query("the keyboard control", request(103))
        yield Query("the pointer control", request(106))
        yield Query("the screen saver", request(108))
        yield Query("the hosts", request(110), None, _clear_padding)
        yield Query("the pointer mapping", request(117))
        yield Query("the modifier mapping", request(119))

    def _extension_state(self, deadline: Deadline) -> Iterator[Query]:
        if "XFIXES" in self._majors:
            version = self._of("XFIXES", 0, 5, 0)
            self._wire.exchange([version], deadline)
            yield Query("the cursor", self._of("XFIXES", 4))
        if "X-Resource" in self._majors:
            yield Query("the resources of the server", self._of("X-Resource", 2, 0))
        if "RANDR" in self._majors:
            version = self._of("RANDR", 0, 1, 6)
            self._wire.exchange([version], deadline)
            # A root on which RANDR's events were ever selected keeps an empty list of clients.
            self._wire.send(b"".join(self._select(mask) for mask in (1, 0)))
            yield from self._monitors(deadline)

    def _monitors(self, deadline: Deadline) -> Iterator[Query]:
        root = self._wire.root
        # Not GetScreenResources, which lets some servers look for changes.
        resources = self._of("RANDR", 25, root)
        yield Query(screen.RESOURCES, resources, _TWO_TIMES)
        (reply,) = self._wire.exchange([resources], deadline)
        if not any(reply[16:18]):
            # Some servers know of no CRTC before a client has let them look.
            self._wire.exchange([self._of("RANDR", 8, root)], deadline)
            (reply,) = self._wire.exchange([resources], deadline)
        stamp, crtcs, outputs = struct.unpack_from("=4xIHH", reply, 8)
        ids = struct.unpack_from(f"={crtcs + outputs}I", reply, 32)
        yield Query("the sizes of the screen", self._of("RANDR", 6, root))
        yield Query(screen.PRIMARY, self._of("RANDR", 31, root))
        yield Query("the providers", self._of("RANDR", 32, root), _TIME)
        yield Query(screen.MONITORS, self._of("RANDR", 42, root, 0), _TIME)
        for crtc in ids[:crtcs]:
            info = self._of("RANDR", 20, crtc, stamp)
            yield Query(screen.crtc_of(crtc), info, _TIME, _clear_place)
            yield Query(screen.panning_of(crtc), self._of("RANDR", 28, crtc), _TIME)
            if self._gamma:
                yield Query(screen.gamma_of(crtc), self._of("RANDR", 23, crtc))
            yield Query(screen.transform_of(crtc), self._of("RANDR", 27, crtc))
        for output in ids[crtcs:]:
            yield Query(screen.output_of(output), self._of("RANDR", 9, output, stamp), _TIME)
            listing = self._of("RANDR", 10, output)
            yield Query(screen.properties_of(output), listing)
            (reply,) = self._wire.exchange([listing], deadline)
            (count,) = struct.unpack_from("=H", reply, 8)
            for atom in struct.unpack_from(f"={count}I", reply, 32):
                known = screen.property_of(atom, output)
                for pending, what in enumerate((known, f"the pending {known}")):
                    # The last word has two flags of a byte each: delete, pending.
                    flags = int.from_bytes(bytes((0, pending, 0, 0)), sys.byteorder)
                    body = output, atom, 0, 0, _WHOLE_PROPERTY, flags
                    yield Query(what, self._of("RANDR", 15, *body))
                yield Query(
                    screen.property_values_of(atom, output),
                    self._of("RANDR", 11, output, atom),
                )

    def _select(self, mask: int) -> bytes:
        """SelectInput of RANDR on the root."""
        return request(self._majors["RANDR"], 4, struct.pack("=IH2x", self._wire.root, mask))

    def _of(self, extension: str, minor: int, *values: int) -> bytes:
        """A request of four-byte values."""
        return request(self._majors[extension], minor, struct.pack(f"={len(values)}I", *values))


def _mask(reply: bytearray, query: Query) -> None:
    reply[2:4] = bytes(2)
    if reply[0] == encoding.REPLY:
        clear_unused(query.request[0], reply)
    if query.time is not None:
        reply[slice(*query.time)] = bytes(query.time[1] - query.time[0])
    if query.clear is not None:
        query.clear(reply)


def _clear_place(crtc: bytearray) -> None:
    """Of a CRTC that is off: servers keep the last place, SetCrtcConfig always states one."""
    if not any(crtc[20:24]):
        crtc[12:16] = bytes(4)


def _clear_padding(hosts: bytearray) -> None:
    """The second byte of each host and its padding, which servers leave uninitialised."""
    at = 32
    while at + 4 <= len(hosts):
        hosts[at + 1] = 0
        (length,) = struct.unpack_from("=H", hosts, at + 2)
        padding = -length & 3
        at += 4 + length + padding
        hosts[at - padding : at] = bytes(padding)
