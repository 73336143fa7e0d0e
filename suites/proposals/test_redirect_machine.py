# SPDX-License-Identifier: MIT
"""Clients that redirect, present, give back and go, at random: the rules decide."""

import random
from contextlib import suppress

import pytest

from harness.clients.connection.errors import ConnectionLost, ProtocolError
from harness.clients.present.presenter import PresentWindow
from harness.x11.present import EventMask, Option, RedirectNotify

pytestmark = [
    pytest.mark.xserver(fps=600, any_depth=True),
    pytest.mark.needs("Present", "SYNC", "XFIXES", "Composite"),
    pytest.mark.proposal("present-redirect"),
    pytest.mark.usefixtures("profile"),
]

STEPS = 250
MOST = 4


def known_as(client, window):
    """A window of anybody as ``client`` presents to it."""
    return PresentWindow(client, window, 20, 20, client.depth)


class Search:
    """A few redirecting clients and applications on two parents, and what they may do next."""

    def __init__(self, connect, seed):
        self.random = random.Random(seed)
        self.connect = connect
        self.count = 0
        desktop = self.desktop = connect("desktop")
        self.parents = [desktop.window(64, 48, events=0, x=80 * n) for n in range(2)]
        desktop.sync()
        self.redirectors = []
        self.applications = []
        self.windows = {}
        self.pixmaps = {}
        self.contexts = {}
        self.handed = {}
        for _ in range(2):
            self.add_application()
            self.add_redirector()

    def name(self, kind):
        self.count += 1
        return f"{kind}-{self.count}"

    def step(self):
        actions = [
            *[self.present] * 8,
            *[self.give_back] * 5,
            *[self.pass_back, self.answer] * 2,
            *[self.new_pixmap, self.free_pixmap, self.new_window, self.destroy_window],
            *[self.reparent, self.select, self.deselect, self.grab, self.trigger],
            *[self.add_application, self.add_redirector, self.end_client],
            self.wrong_request,
        ]
        self.random.choice(actions)()

    def settle(self):
        for client in [*self.applications, *self.redirectors]:
            client.sync()

    def add_application(self):
        if len(self.applications) < MOST:
            client = self.connect(self.name("application"))
            self.applications.append(client)
            self.windows[client], self.pixmaps[client] = [], []
            self.new_window(client)
            self.new_pixmap(client)

    def add_redirector(self):
        if len(self.redirectors) < MOST:
            client = self.connect(self.name("redirector"))
            self.redirectors.append(client)
            self.contexts[client], self.handed[client] = {}, []
            self.select(client)

    def end_client(self):
        if self.random.random() < 0.3:
            group = self.random.choice([self.applications, self.redirectors])
            if len(group) > 1:
                # It may have sent what nobody has looked at, and not read what it was sent.
                with suppress(ProtocolError, ConnectionLost):
                    self.random.choice(group).flush()
                group.pop(self.random.randrange(len(group))).close()

    def application(self):
        return self.random.choice(self.applications)

    def new_window(self, client=None):
        client = client or self.application()
        parent = self.random.choice(self.parents)
        window = client.window(20, 20, parent=parent, x=self.random.randrange(40))
        self.windows[client].append(window)
        client.flush()

    def new_pixmap(self, client=None):
        client = client or self.application()
        self.pixmaps[client].append(client.pixmap(20, 20, colour="red"))

    def free_pixmap(self):
        pixmaps = self.pixmaps[self.application()]
        if len(pixmaps) > 1:
            pixmap = pixmaps.pop(self.random.randrange(len(pixmaps)))
            pixmap.free()
            if self.random.random() < 0.5:
                pixmap.client.core.CreatePixmap(pixmap.depth, pixmap.id, pixmap.client.root, 20, 20)
                pixmaps.append(pixmap)
            pixmap.client.flush()

    def destroy_window(self):
        windows = self.windows[self.application()]
        if len(windows) > 1:
            window = windows.pop(self.random.randrange(len(windows)))
            window.destroy()
            window.client.flush()

    def reparent(self):
        window = self.random.choice(self.windows[self.application()])
        window.reparent(self.random.choice([*self.parents, self.desktop.root]), 0, 0)
        window.client.flush()

    def present(self, client=None):
        client = client or self.application()
        window = self.random.choice(self.windows[client])
        values = {"options": Option.COPY}
        if self.random.random() < 0.3:
            values["idle_fence"] = client.fence()
        if self.random.random() < 0.3:
            values["update"] = client.region((1, 2, 10, 10))
        if self.random.random() < 0.2:
            values["target_msc"] = 1 << 40
        window.present(self.random.choice(self.pixmaps[client]), **values)
        client.flush()

    def grab(self):
        client = self.random.choice([*self.applications, *self.redirectors])
        with client.grab():
            if client in self.applications:
                for _ in range(2):
                    self.present(client)
            else:
                self.give_back(client)

    def redirector(self):
        return self.random.choice(self.redirectors)

    def select(self, client=None):
        client = client or self.redirector()
        parent = client.borrow_window(self.random.choice(self.parents), events=0)
        event = client.new_id()
        with client.catch_errors() as refused:
            parent.select(EventMask.REDIRECT, id=event)
        if not refused:
            self.contexts[client][event] = parent

    def deselect(self):
        client = self.redirector()
        if self.contexts[client] and self.random.random() < 0.5:
            event, parent = self.contexts[client].popitem()
            parent.select(0, id=event)
            client.flush()

    def taken(self, client):
        """What ``client`` was handed and has not given back."""
        known = self.handed[client]
        events = [e.content for e in client.poll_events() if isinstance(e.content, RedirectNotify)]
        known += [[event, True] for event in events[len(known) :]]
        return [one for one in known if one[1]]

    def give_back(self, client=None):
        client = client or self.redirector()
        owed = self.taken(client)
        if owed:
            one = self.random.choice(owed[:3])
            first = next(each for each in owed if each[0].pixmap == one[0].pixmap)
            first[1] = False
            client.idle(first[0].pixmap)

    def pass_back(self):
        client = self.redirector()
        owed = self.taken(client)
        if owed:
            handed, _ = self.random.choice(owed)
            with client.catch_errors():
                known_as(client, handed.window).present(
                    handed.pixmap, serial=handed.serial, options=Option.COPY
                )

    def answer(self):
        client = self.redirector()
        owed = self.taken(client)
        if owed:
            handed, _ = self.random.choice(owed)
            with client.catch_errors():
                screen = client.window(16, 16, events=0)
                told = [(known_as(client, handed.window), handed.serial)]
                screen.present(screen.pixmap("blue"), notifies=told, options=Option.COPY)

    def trigger(self):
        client = self.application()
        client.fence().trigger()

    def wrong_request(self):
        client = self.random.choice([*self.applications, *self.redirectors])
        with client.catch_errors():
            client.idle(client.new_id())


@pytest.mark.parametrize("seed", range(3))
def test_whatever_clients_do_the_rules_hold(connect, server, seed):
    """Nobody hangs, nothing is lost, everybody hears what the rules demand; in the end all that
    was handed over is released (RDR-010, RDR-029, RDR-035, RDR-045, RDR-049)."""
    search = Search(connect, seed)
    for step in range(STEPS):
        search.step()
        if step % 25 == 24:
            search.settle()
            server.check_alive()
    for client in search.redirectors:
        client.close()
    for client in search.applications:
        client.sync()
