# SPDX-License-Identifier: MIT
"""PixmapSynced (1.4) where no syncobj can be had: who has it, and how it refuses."""

import struct
from dataclasses import replace

import pytest

from harness.capture.get_image import capture
from harness.x11 import present
from harness.x11.present import Capability, PixmapSynced

pytestmark = pytest.mark.xserver(fps=600, any_depth=True)

WORDS = 22
"""The length of a request without notifies."""

HAS_IT = pytest.mark.needs(present=(1, 4))


@pytest.fixture
def request_of(presenter):
    """Makes requests that are right but for their syncobjs, which do not exist."""
    window = presenter.window(16, 16, background="blue")
    pixmap = window.pixmap("red")
    before = capture(window).digest
    request = PixmapSynced(
        window=window.id,
        pixmap=pixmap.id,
        serial=700,
        acquire_syncobj=presenter.new_id(),
        release_syncobj=presenter.new_id(),
        acquire_point=1,
        release_point=2,
    )
    yield lambda **changes: replace(request, **changes)
    window.wait_msc(window.msc() + 3)
    assert {event.serial for event in window.context.events()}.isdisjoint({700})
    assert capture(window).digest == before


def refusal(client, data):
    """The error that the request causes, as (name, value), None if it is accepted."""
    with client.catch_errors() as errors:
        client.send_raw("Present", PixmapSynced.OPCODE, data)
    for error in errors:
        assert (error.major, error.minor) == (client.numbers("Present").major, PixmapSynced.OPCODE)
    return next(((error.name, error.value) for error in errors), None)


def test_a_server_before_1_4_does_not_know_it(presenter, request_of):
    """Request, whatever the arguments and the length (PRE-148)."""
    if presenter.present_version() >= (1, 4):
        pytest.skip("the server has PixmapSynced")
    data = request_of().encode()
    for words in (1, 5, 18, WORDS):
        name, _ = refusal(presenter, data[: 4 * words])
        assert name == "Request"


@HAS_IT
def test_a_server_of_1_4_knows_it(presenter, request_of):
    """The version promises the request: no Request error (PRE-148)."""
    name, _ = refusal(presenter, request_of().encode())
    assert name != "Request"


@HAS_IT
@pytest.mark.parametrize("words", [1, 5, 18, 20, 21])
def test_a_request_that_is_too_short_is_refused(presenter, request_of, words):
    """Fewer than 22 words (88 bytes) give Length, before the syncobjs are looked at
    (PRE-149)."""
    name, _ = refusal(presenter, request_of().encode()[: 4 * words])
    assert name == "Length"


@HAS_IT
def test_a_bad_acquire_syncobj_is_told_first(presenter, request_of):
    """Both syncobjs wrong, and the window and the points besides: the error names the acquire
    syncobj.  Where DRI3 is not to be had the error is Value (PRE-150, PRE-152)."""
    nothing = presenter.new_id()
    requests = {
        "syncobjs alone": request_of(),
        "window": request_of(window=nothing),
        "pixmap": request_of(pixmap=nothing),
        "points of 0": request_of(acquire_point=0, release_point=0),
        "window and points": request_of(window=nothing, acquire_point=0),
        "options": request_of(options=0x80000000),
    }
    expected = request_of().acquire_syncobj
    got = {what: refusal(presenter, request.encode()) for what, request in requests.items()}
    assert {what: value for what, (_, value) in got.items()} == dict.fromkeys(requests, expected)
    if not presenter.core.QueryExtension(len("DRI3"), "DRI3").reply().present:
        assert {name for name, _ in got.values()} == {"Value"}


@HAS_IT
@pytest.mark.parametrize("what", ["window", "pixmap", "0"])
def test_what_is_no_syncobj_is_refused(presenter, request_of, what):
    """Other resources, and none, are no syncobjs (PRE-150, PRE-152)."""
    request = request_of()
    id = {"window": request.window, "pixmap": request.pixmap, "0": 0}[what]
    name, value = refusal(presenter, replace(request, acquire_syncobj=id).encode())
    assert name not in ("Window", "Pixmap", "Length", "Request")
    assert value == id


@HAS_IT
def test_a_server_without_the_capability_presents_nothing_synced(presenter, request_of):
    """Without capability Syncobj every such request is refused, for other reasons than its
    length (PRE-152)."""
    reply = presenter.ask(present.QueryCapabilities(presenter.root))
    if struct.unpack_from("=I", reply, 8)[0] & Capability.SYNCOBJ:
        pytest.skip("the server has syncobjs")
    notifies = (present.Notify(request_of().window, 1),)
    for changes in ({}, {"notifies": notifies}, {"release_syncobj": request_of().acquire_syncobj}):
        name, _ = refusal(presenter, request_of(**changes).encode())
        assert name == "Value"
