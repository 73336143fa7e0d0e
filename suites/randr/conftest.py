# SPDX-License-Identifier: MIT
"""RANDR's requests, CRTCs and sessions that the tests of several files use."""

import pytest

from harness.clients.randr.head import Head
from harness.clients.randr.monitors import Monitors
from harness.clients.randr.observer import Observer
from harness.clients.randr.session import RandrSession
from harness.clients.randr.state import RandrState


@pytest.fixture
def startable(server):
    """Skip where the server was not started here: the test starts others like it."""
    if server.spec is None:
        pytest.skip("needs a server of its own, which --display cannot give")


@pytest.fixture
def need_option(server):
    """Function that skips the test where a build that no distribution made has no such option."""

    def need_option(option):
        build = server.spec.build
        if not build.stock and not build.offers(option):
            pytest.skip(f"needs the option {option}, which {server.described} was built without")

    return need_option


@pytest.fixture
def monitors(presenter):
    """RANDR's requests by the test's client, on a server that knows its CRTCs."""
    monitors = Monitors(presenter)
    monitors.known()
    return monitors


@pytest.fixture
def allow_size(monitors):
    """Function that skips the test where the screen cannot be as small as this (pixels)."""

    def allow_size(width, height):
        least = monitors.requests.GetScreenSizeRange(monitors.client.root).reply()
        if width < least.min_width or height < least.min_height:
            pytest.skip(
                f"needs a screen that can be {width}x{height}, that of "
                f"{monitors.client.server.described} is at least {least.min_width}x"
                f"{least.min_height}"
            )

    return allow_size


@pytest.fixture
def head(monitors):
    """The first CRTC that is on, and its output."""
    return Head.first(monitors)


@pytest.fixture
def desk(connect):
    """A client that sets what monitors show, and receives the events of what changes."""
    return RandrSession(connect("desk"))


@pytest.fixture
def refusal(monitors):
    """Function that sends a request: the (name, value) of its error, else what was returned.

    ``send`` returns the status of the reply, if any.  A request that is refused, by an error
    of its own minor opcode or by its status, must leave everything as it was, timestamps
    included, and cause no event.
    """

    def refusal(minor, send, *arguments, **options):
        observer, before = Observer(monitors), RandrState.of(monitors)
        status = None
        with monitors.client.catch_errors() as errors:
            status = send(*arguments, **options)
        for error in errors:
            major = monitors.client.numbers("RANDR").major
            assert (error.major, error.minor) == (major, minor)
        if errors or status:
            assert RandrState.of(monitors) == before
            assert observer.take() == []
        return next(((error.name, error.value) for error in errors), status)

    return refusal
