# SPDX-License-Identifier: MIT
"""The host of a Xephyr, and servers with options of a test."""

from contextlib import ExitStack

import pytest

from harness.clients.connection.client import Client
from harness.clients.present.presenter import Presenter
from harness.servers.attached import attach
from harness.servers.process.launch import launch
from harness.servers.wrapper import parse_wrapper
from suites.own_screens import own_screens
from suites.randr.xephyr.screens import HEIGHT, WIDTH


@pytest.fixture
def host(server):
    """A client of the host."""
    host = server.spec.host
    with attach(host.display, host.authority) as attached, Client(attached, name="host") as client:
        yield client


@pytest.fixture
def start(server):
    """Starts a Xephyr with these options, whose screen is ``size`` (width, height, depth); returns
    it with a client."""
    with ExitStack() as ending:

        def start(*options, size=(WIDTH, HEIGHT, 24), wrapper="", **changes):
            words = parse_wrapper(wrapper) if wrapper else ()
            spec = own_screens(server.spec, options, size, wrapper=words, **changes)
            own = ending.enter_context(launch(spec))
            return own, ending.enter_context(Presenter(own, name="client"))

        yield start
