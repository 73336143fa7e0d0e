# SPDX-License-Identifier: MIT
"""The application's own ids: XFIXES tells when they end."""

import pytest

from harness.x11.drafts.present_redirect import (
    FIXES_EXTENSION,
    FixesPixmapDestroyNotify,
    SelectPixmapInput,
)

pytestmark = [
    pytest.mark.xserver(fps=600, any_depth=True),
    pytest.mark.needs("Present", "SYNC", "XFIXES"),
    pytest.mark.proposal("present-redirect", profile=1),
]


def ends(client):
    """The XFixesPixmapDestroyNotify events that ``client`` has got, after a round trip."""
    client.sync()
    major = client.numbers(FIXES_EXTENSION).major
    return [
        FixesPixmapDestroyNotify.decode(event.data)
        for event in client.events
        if event.name == FixesPixmapDestroyNotify.NAME and event.data[1] == major
    ]


def wait_end(client, nth=1):
    """The ``nth`` of them."""
    major = client.numbers(FIXES_EXTENSION).major
    seen = []

    def wanted(event):
        found = event.name == FixesPixmapDestroyNotify.NAME and event.data[1] == major
        seen.append(found)
        return found and sum(seen) == nth

    return FixesPixmapDestroyNotify.decode(client.wait_for(wanted, "PixmapDestroyNotify").data)


def select(client, event, pixmap, events=1):
    request = SelectPixmapInput(event=event, pixmap=pixmap, events=events)
    client.send_raw(FIXES_EXTENSION, SelectPixmapInput.OPCODE, request.encode())


def test_the_event_names_the_applications_pixmap(redirected):
    """Until it is freed, contents are read through the application's id (RDR-050)."""
    pixmap = redirected.window.pixmap("red")
    _, handed = redirected.present(pixmap)
    assert handed.pixmap == pixmap.id
    assert redirected.redirector.pixmap(handed).pixel() == redirected.window.value("red")


def test_the_end_of_an_id_is_told_unasked(redirected):
    """Whoever was handed the pixmap hears that it is gone, after it was handed it (RDR-051)."""
    pixmap = redirected.window.pixmap("red")
    shown = redirected.window.present(pixmap)
    pixmap.free()
    redirected.application.flush()
    redirected.redirector.take()
    told = wait_end(redirected.client)
    assert told.pixmap == pixmap.id
    assert told.event == redirected.redirector.context.id
    names = [event.name for event in redirected.client.events]
    assert names == ["PresentRedirectNotify", FixesPixmapDestroyNotify.NAME]
    redirected.client.idle(pixmap.id)
    shown.wait_idle()


def test_the_end_is_told_once(redirected):
    """However often the pixmap was handed over (RDR-051)."""
    pixmap = redirected.window.pixmap("red")
    for _ in range(3):
        redirected.present(pixmap)
    pixmap.free()
    redirected.application.flush()
    wait_end(redirected.client)
    redirected.sync()
    assert len(ends(redirected.client)) == 1


def test_the_end_is_told_when_the_application_dies(redirected):
    """All its ids end with it (RDR-052)."""
    pixmaps = [redirected.window.pixmap("red") for _ in range(2)]
    for pixmap in pixmaps:
        redirected.present(pixmap)
    redirected.application.close()
    told = {wait_end(redirected.client, nth).pixmap for nth in (1, 2)}
    assert told == {pixmap.id for pixmap in pixmaps}


def test_other_references_do_not_count(redirected):
    """A GC or a window that uses the pixmap comes and goes: the id stays (RDR-053)."""
    application, pixmap = redirected.application, redirected.window.pixmap("red")
    shown, handed = redirected.present(pixmap)
    gc = application.new_id()
    application.core.CreateGC(gc, pixmap.id, 1 << 10, [pixmap.id])
    application.core.FreeGC(gc)
    redirected.redirector.give_back(handed)
    shown.wait_idle()
    redirected.sync()
    assert ends(redirected.client) == []
    # And the other way round: a reference that stays does not keep the id.
    application.core.ChangeWindowAttributes(redirected.window.id, 1, [pixmap.id])
    pixmap.free()
    redirected.application.flush()
    assert wait_end(redirected.client).pixmap == pixmap.id


def test_a_failed_free_ends_nothing(redirected):
    """An error of another client's FreePixmap changes nothing (RDR-053)."""
    _, handed = redirected.present(redirected.window.pixmap("red"))
    application = redirected.application
    with application.expect_error("Pixmap", redirected.window.id):
        application.core.FreePixmap(redirected.window.id)
    redirected.sync()
    assert ends(redirected.client) == []
    assert redirected.redirector.pixmap(handed).pixel() == redirected.window.value("red")


def test_a_used_again_id_is_given_back_oldest_first(redirected):
    """PresentIdle of a number that two pixmaps had matches the older one (RDR-056)."""
    application, pixmap = redirected.application, redirected.window.pixmap("red")
    first, _ = redirected.present(pixmap, serial=1)
    pixmap.free()
    application.core.CreatePixmap(pixmap.depth, pixmap.id, application.root, 32, 32)
    pixmap.fill("green")
    second, _ = redirected.present(pixmap, serial=2)
    redirected.client.idle(pixmap.id)
    first.wait_idle()
    assert second.idles() == []
    redirected.client.idle(pixmap.id)
    second.wait_idle()
    with redirected.client.expect_error("Match"):
        redirected.client.idle(pixmap.id)


def test_anybody_can_ask_for_the_end_of_a_pixmap(presenter, connect):
    """XFixesSelectPixmapInput works for any pixmap and client (RDR-051)."""
    other, pixmap = connect("other"), presenter.pixmap(8, 8, colour="red")
    presenter.sync()
    event = other.new_id()
    select(other, event, pixmap.id)
    other.sync()
    pixmap.free()
    presenter.flush()
    told = wait_end(other)
    assert (told.event, told.pixmap) == (event, pixmap.id)
    # The context has gone with the pixmap.
    with other.expect_error("Pixmap", pixmap.id):
        select(other, event, pixmap.id)


def test_selections_of_an_end_are_checked(presenter, connect):
    """Pixmap, Value, Match and IDChoice, as for Present's own contexts (RDR-051)."""
    other = connect("other")
    pixmap, second = presenter.pixmap(8, 8), presenter.pixmap(8, 8)
    presenter.sync()
    event = other.new_id()
    with other.expect_error("Pixmap", presenter.root):
        select(other, event, presenter.root)
    with other.expect_error("Value", 3):
        select(other, event, pixmap.id, events=3)
    with other.expect_error("IDChoice", 77):
        select(other, 77, pixmap.id)
    with other.expect_error("Length"):
        other.send_raw(FIXES_EXTENSION, SelectPixmapInput.OPCODE, bytes(12))
    select(other, event, pixmap.id, events=0)
    select(other, event, pixmap.id)
    with other.expect_error("Match"):
        select(other, event, second.id)
    select(other, event, pixmap.id, events=0)
    select(other, event, second.id)
    other.sync()
    pixmap.free()
    presenter.sync()
    assert ends(other) == []
    second.free()
    presenter.flush()
    assert wait_end(other).event == event
