# SPDX-License-Identifier: MIT
"""A busy session of several clients, recorded: what a short script must be found in."""

import random
from collections.abc import Sequence

import xcffib.randr
from xcffib.randr import NotifyMask

from harness.clients.connection.client import Client
from harness.clients.present.presenter import Presenter, PresentWindow
from harness.clients.resources.damage import Damage
from harness.clients.resources.pixmap import Pixmap
from harness.deadlines import Deadline
from harness.proxy.layer import Layer
from harness.proxy.proxied_server import ProxiedServer
from harness.recordings.messages import RecordedMessage, messages_of
from harness.recordings.recorder import RecordingTap
from harness.recordings.recording import Item, Recording, RecordingHead
from harness.servers.server import Server
from harness.timeline.record import Request
from harness.x11.present import CompleteNotify

COLOURS = ("red", "green", "blue", "yellow", "cyan", "magenta")
WATCHED = (
    NotifyMask.ScreenChange
    | NotifyMask.CrtcChange
    | NotifyMask.OutputChange
    | NotifyMask.ResourceChange
)
REST_SECONDS = 2.0
"""How long what was presented last may take."""


class Items:
    """A sink that keeps the recording in memory."""

    def __init__(self) -> None:
        self.head = RecordingHead("", ())
        self.items: list[Item] = []

    def begin(self, head: RecordingHead, proxy: object) -> None:
        self.head = head

    def take(self, items: Sequence[Item]) -> None:
        self.items += items

    def end(self) -> None:
        """Nothing is left to do."""


class Session:
    """Records the clients of ``server``, a proxy with ``layers`` before the given one."""

    def __init__(self, server: Server, layers: Sequence[Layer] = ()) -> None:
        self._sink = Items()
        self.server = ProxiedServer(
            server, layers, tap=RecordingTap(server.described, (), self._sink)
        )

    def end(self) -> tuple[RecordingHead, list[RecordedMessage]]:
        """What holds for the recording, and all its messages."""
        self.server.proxy.close()
        recording = Recording(self._sink.head, self._sink.items)
        return recording.head, list(messages_of(recording))


def busy(server: Server, requests: int = 2000, seed: int = 1) -> None:
    """Three clients draw, present, configure and change the screen: so many requests at least.

    They wait for no event, for a faulty server may send none.
    """
    chance = random.Random(seed)
    with Presenter(server) as first, Presenter(server) as second, Client(server) as watcher:
        clients = (first, second, watcher)
        for client in clients[1:]:
            client.extension(xcffib.randr).SelectInput(client.root, WATCHED)
        windows = [
            one.window(40 + 8 * number, 48, x=50 * number, y=10 * number)
            for number, one in enumerate([first, second] * 3)
        ]
        pixmaps = {one.id: [one.pixmap(colour) for colour in COLOURS[:3]] for one in windows}
        damages = [Damage.create(one) for one in windows[:2]]
        while sum(map(_requests, clients)) < requests:
            window = chance.choice(windows)
            _step(chance, window, pixmaps[window.id])
            if not chance.randrange(20):
                _change_screen(watcher)
            if not chance.randrange(12):
                chance.choice(damages).subtract()
        presented = [one for client in (first, second) for one in client.presentations]
        deadline = Deadline.after(REST_SECONDS)
        while not deadline.passed and not all(one.completes() for one in presented[-4:]):
            for client in clients:
                client.sync()
        for client in (*clients, *clients):
            client.sync()


def _requests(client: Client) -> int:
    return sum(isinstance(entry, Request) for entry in client.timeline.entries)


def _step(chance: random.Random, window: PresentWindow, pixmaps: list[Pixmap]) -> None:
    client = window.client
    match chance.randrange(10):
        case 0 | 1 | 2:
            window.present(chance.choice(pixmaps), x_off=chance.randrange(4))
            client.sync()
        case 3:
            target = _last_msc(window) + 4
            window.present(pixmaps[0], target_msc=target)
            window.present(pixmaps[1], target_msc=target)
        case 4:
            chance.choice(pixmaps).fill(chance.choice(COLOURS))
        case 5:
            window.fill(chance.choice(COLOURS), 2, 3, 10, 12)
        case 6:
            window.move(chance.randrange(200), chance.randrange(200))
        case 7:
            client.atom(f"_BUSY_{chance.randrange(5)}")
        case 8:
            client.geometry(window.id)
        case 9:
            spare = client.pixmap(16, 16, colour=chance.choice(COLOURS))
            spare.free()


def _last_msc(window: PresentWindow) -> int:
    assert window.context is not None
    told = [one.msc for one in window.context.events() if isinstance(one, CompleteNotify)]
    return max(told, default=0)


def _change_screen(client: Client) -> None:
    requests = client.extension(xcffib.randr)
    resources = requests.GetScreenResources(client.root).reply()
    (crtc, *_), (output, *_) = resources.crtcs, resources.outputs
    if requests.GetCrtcInfo(crtc, 0).reply().mode:
        requests.SetCrtcConfig(crtc, 0, 0, 0, 0, 0, 1, 0, []).reply()
    else:
        mode = resources.modes[0].id
        requests.SetCrtcConfig(crtc, 0, 0, 0, 0, mode, 1, 1, [output]).reply()
