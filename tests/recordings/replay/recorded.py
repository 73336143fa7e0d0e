# SPDX-License-Identifier: MIT
"""Recordings that tests make in memory, of clients that they script."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from harness.proxy.layer import Layer
from harness.proxy.proxied_server import ProxiedServer
from harness.proxy.proxy import Proxy
from harness.recordings.messages import RecordedKind, RecordedMessage, messages_of
from harness.recordings.recorder import RecordingTap
from harness.recordings.recording import Item, Recording, RecordingHead, Sender
from harness.recordings.replay.replaying import replay
from harness.recordings.replay.result import Replayed
from harness.servers.builds import find_on_path
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.server import Server
from harness.servers.spec import ServerSpec


@dataclass
class Kept:
    """A sink that keeps a recording in memory."""

    items: list[Item] = field(default_factory=list)

    def begin(self, head: RecordingHead, proxy: Proxy) -> None:
        self.head = head

    def take(self, items: Sequence[Item]) -> None:
        self.items += items

    def end(self) -> None:
        self.recording = Recording(self.head, tuple(self.items))


@contextmanager
def xvfb(depth: int = 24, width: int = 320, height: int = 240) -> Iterator[Server]:
    """A fresh Xvfb."""
    build = find_on_path(ServerKind.XVFB)
    with launch(ServerSpec(build=build, width=width, height=height, depth=depth)) as server:
        yield server


def record(script: Callable[[Server], None]) -> Recording:
    """What ``script`` does with a fresh Xvfb."""
    kept = Kept()
    with xvfb() as server:
        front = ProxiedServer(server, tap=RecordingTap("a server", (), kept))
        try:
            script(front)
        finally:
            front.proxy.close()
        front.proxy.check()
    return kept.recording


def replayed(
    recording: Recording, server: Server, *layers: Layer, leave_out: Sequence[str] = ()
) -> Replayed:
    """The replay of ``recording`` on ``server``, which ``layers`` change."""
    return replay_messages(
        recording.head, messages_of(recording), server, *layers, leave_out=leave_out
    )


def replay_messages(head, messages, server, *layers, leave_out=()) -> Replayed:
    """The replay of messages as a test has made them."""
    if not layers:
        return replay(head, messages, server, leave_out)
    front = ProxiedServer(server, layers)
    try:
        return replay(head, messages, front, leave_out)
    finally:
        front.proxy.close()


def requests_of(recording: Recording, *requests: bytes, **first) -> list[RecordedMessage]:
    """The beginning of the recording's first client, and these requests of it.

    ``first`` are fields of the last one.
    """
    begin = [
        message
        for message in messages_of(recording)
        if message.kind in (RecordedKind.GREETING, RecordedKind.SETUP)
    ][:2]
    order = begin[0].order
    made = [
        RecordedMessage(
            *(number, begin[0].client, RecordedKind.REQUEST, Sender.CLIENT, number, order, data)
        )
        for number, data in enumerate(requests, 1)
    ]
    return [*begin, *made]
