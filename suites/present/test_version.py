# SPDX-License-Identifier: MIT
"""The extension itself: listed, with a version, and only with the requests of that version."""

import struct

import pytest

from harness.clients.raw.announcement import announced
from harness.x11 import present
from harness.x11.drafts import present_redirect
from suites.marks import SHOWN

MAXIMUM = 0xFFFFFFFF
REQUESTS = 5
"""Minor opcodes 0 to 4 exist in every version; 1.4 adds PixmapSynced."""
KNOWN = (1, 4)
"""The last version whose requests this file has."""


def answer(client, major, minor):
    reply = client.ask(present.QueryVersion(major, minor))
    kind, length = struct.unpack_from("=B3xI", reply)
    assert (kind, length) == (1, 0)
    return struct.unpack_from("=II", reply, 8)


@pytest.mark.needs("Present")
def test_the_extension_is_listed_without_events_and_errors_of_its_own(presenter):
    """QueryExtension finds Present, with first event 0 and first error 0 (PRE-001)."""
    reply = presenter.core.QueryExtension(len("Present"), "Present").reply()
    assert reply.present
    assert reply.major_opcode >= 128
    assert (reply.first_event, reply.first_error) == (0, 0)
    listed = [name.name.to_string() for name in presenter.core.ListExtensions().reply().names]
    assert listed.count("Present") == 1


# XLibre 25.2 frees something twice when a server of two screens ends: its end is not judged.
@pytest.mark.needs(servers=("xvfb",), reason="a second screen of the same server")
@pytest.mark.xserver(args=("-screen", "1", "640x480x24"), throwaway=True)
def test_two_plain_screens_both_have_the_extension(presenter):
    """Two screens alone do not take the extension away: only Xinerama does (PRE-002)."""
    first, second = presenter.setup.roots
    for screen in (first, second):
        assert len(presenter.ask(present.QueryCapabilities(screen.root))) == 32


@pytest.mark.needs(servers=("xvfb",), reason="a second screen of the same server")
@pytest.mark.xserver(args=("-screen", "1", "640x480x24", "+xinerama"), throwaway=True)
def test_xinerama_on_two_screens_leaves_no_present(connect):
    """With +xinerama and two screens Xvfb offers no Present (PRE-002)."""
    client = connect("client")
    assert client.core.QueryExtension(len("XINERAMA"), "XINERAMA").reply().present
    assert not client.core.QueryExtension(len("Present"), "Present").reply().present


def test_versions_up_to_the_servers_own_are_echoed(presenter):
    """A 1.x that the server has is answered with just that version (PRE-003)."""
    major, newest = presenter.present_version()
    assert major == 1
    for minor in range(newest + 1):
        assert answer(presenter, 1, minor) == (1, minor)


@pytest.mark.parametrize("minor", [5, 99, MAXIMUM], ids=["next", "99", "largest"])
def test_a_newer_minor_version_is_answered_with_the_servers_own(presenter, server, minor):
    """QueryVersion(1, 99) gives the server's maximum: 1.2 in the 21.1 series and before, a later
    one since (PRE-004)."""
    version = answer(presenter, 1, minor)
    assert (1, 2) <= version == min((1, minor), presenter.present_version())
    if server.vendor == "The X.Org Foundation" and server.release < 12101099:
        assert version == (1, 2)


@pytest.mark.parametrize("asked", [(2, 0), (2, 1), (9, 0)], ids=["2.0", "2.1", "9.0"])
def test_a_newer_major_version_with_a_lower_minor_is_echoed(presenter, asked):
    """QueryVersion(2, 0) is echoed, though the text forbids a version that the server lacks
    (PRE-005); an answer as the text wants it is no fault."""
    assert answer(presenter, *asked) in {asked, presenter.present_version()}


def test_a_version_newer_in_both_numbers_is_answered_with_the_servers_own(presenter):
    """The server never claims more than it has when both numbers are too high (PRE-004)."""
    own = presenter.present_version()
    assert {answer(presenter, 9, 9), answer(presenter, MAXIMUM, MAXIMUM)} == {own}


@pytest.mark.parametrize("asked", [(0, 99), (0, 0), (0, MAXIMUM)], ids=["0.99", "0.0", "0.largest"])
def test_an_older_major_version_is_echoed(presenter, asked):
    """QueryVersion(0, 99) and (0, 0) are echoed (PRE-006)."""
    assert answer(presenter, *asked) == asked


def test_an_answer_leaves_the_next_answer_alone(presenter):
    """What one client asked for changes nothing for a later question (PRE-003, PRE-004)."""
    own = presenter.present_version()
    assert answer(presenter, 1, 0) == (1, 0)
    assert presenter.present_version() == own


@pytest.mark.xserver(fps=600)
def test_every_request_works_without_negotiation(connect, timeline):
    """A client that never sends QueryVersion may use all requests (PRE-007)."""
    client = connect("hasty")
    window = client.window(16, 16)
    assert len(client.ask(present.QueryCapabilities(window.id))) == 32
    assert window.msc() > 0
    presentation = window.present(window.pixmap("red"))
    assert presentation.wait_complete().mode in SHOWN
    assert not [e for e in timeline.entries if getattr(e, "name", "") == "PresentQueryVersion"]


def test_unknown_minor_opcodes_are_refused(presenter, server):
    """A minor opcode beyond the version's requests gives Request with that minor: from 5 on,
    from 6 on in version 1.4.  A draft that is announced has one of its own (PRE-008)."""
    version = presenter.present_version()
    if version > KNOWN:
        pytest.skip("needs a version of Present whose requests are known, up to 1.4")
    first = REQUESTS + (version >= (1, 4))
    major = presenter.numbers("Present").major
    unknown = list(range(first, 256))
    if announced(server, present_redirect.EXTENSION):
        unknown.remove(present_redirect.PresentIdle.OPCODE)
    with presenter.catch_errors() as errors:
        for minor in unknown:
            presenter.send_raw("Present", minor, bytes(4))
    assert [(e.name, e.major, e.minor) for e in errors] == [
        ("Request", major, minor) for minor in unknown
    ]


def test_the_length_of_an_unknown_request_does_not_matter(presenter):
    """An unknown request of any length gives Request, not Length (PRE-008)."""
    if presenter.present_version() > KNOWN:
        pytest.skip("needs a version of Present whose requests are known, up to 1.4")
    with presenter.catch_errors() as errors:
        for words in (1, 2, 18, 22, 300):
            presenter.send_raw("Present", 6, bytes(4 * words))
    assert [(e.name, e.minor) for e in errors] == [("Request", 6)] * 5


@pytest.mark.parametrize("words", [1, 2, 4, 5])
def test_query_version_of_a_wrong_length_is_refused(presenter, words):
    """QueryVersion has 3 words; any other length gives Length (PRE-009)."""
    data = (present.QueryVersion(1, 2).encode() + bytes(8))[: 4 * words]
    with presenter.expect_error("Length") as caught:
        presenter.send_raw("Present", present.QueryVersion.OPCODE, data)
    assert caught.error.minor == present.QueryVersion.OPCODE
    assert answer(presenter, 1, 2) == (1, 2)
