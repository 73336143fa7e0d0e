# SPDX-License-Identifier: MIT
"""SelectInput's arguments: which event ids, windows and masks are accepted."""

import pytest
from xcffib.xproto import GC

from harness.clients.present.specimens import WINDOWS, specimens
from harness.x11 import present
from harness.x11.present import ALL_EVENTS, EventMask

pytestmark = pytest.mark.xserver(fps=600, any_depth=True)

ILLEGAL_MASKS = {
    "next": 16,
    "known and unknown": 23,
    "beyond a byte": 1 << 8,
    "beyond two bytes": 1 << 16,
    "highest": 1 << 31,
    "all": 0xFFFFFFFF,
}


def select(client, event, window, mask):
    client.send(present.SelectInput(event=event, window=window, mask=int(mask)))


def refused(client, event, window, mask):
    """The error that a selection causes, as (name, value), or None."""
    with client.catch_errors() as errors:
        select(client, event, window, mask)
    for error in errors:
        assert (error.major, error.minor) == (
            client.numbers("Present").major,
            present.SelectInput.OPCODE,
        )
    return next(((error.name, error.value) for error in errors), None)


def move_and_hear(window, context, x):
    """Move the window; the ConfigureNotify that ``context`` gets of it."""
    before = len(context.events())
    window.move(x, 0)
    window.client.sync()
    return [event for event in context.events()[before:] if getattr(event, "x", None) == x]


@pytest.mark.parametrize("mask", range(1, 8))
def test_each_legal_mask_makes_a_selection(presenter, mask):
    """A new event id with a mask of 1 to 7 is accepted: the id is taken from then on, and
    nothing but later events comes of it (PRE-016)."""
    window = presenter.window(16, 16, events=0)
    event = presenter.new_id()
    assert refused(presenter, event, window.id, mask) is None
    assert not presenter.poll_events()
    other = presenter.window(16, 16, events=0)
    name, _ = refused(presenter, event, other.id, mask)
    assert name == "Match"


@pytest.mark.parametrize("mask", ILLEGAL_MASKS.values(), ids=ILLEGAL_MASKS)
def test_unknown_mask_bits_are_refused(presenter, mask):
    """Any bit above that of redirection gives Value with the whole mask, and no selection
    (PRE-017)."""
    window = presenter.window(16, 16, events=0)
    event = presenter.new_id()
    assert refused(presenter, event, window.id, mask) == ("Value", mask)
    pixmap = presenter.pixmap(8, 8)
    presenter.core.CreatePixmap(pixmap.depth, event, presenter.root, 8, 8)
    presenter.sync()


@pytest.mark.parametrize("mask", ILLEGAL_MASKS.values(), ids=ILLEGAL_MASKS)
def test_an_unknown_mask_leaves_an_existing_selection_as_it_was(presenter, mask):
    """A refused change of the mask changes nothing (PRE-017)."""
    window = presenter.window(16, 16, events=EventMask.CONFIGURE)
    assert refused(presenter, window.context.id, window.id, mask) == ("Value", mask)
    assert len(move_and_hear(window, window.context, 5)) == 1


def test_what_is_no_window_is_refused(presenter):
    """Ids of other things, of nothing and of destroyed windows give Window with the id
    (PRE-018)."""
    wrong = specimens(presenter, but=WINDOWS)
    event = presenter.new_id()
    assert {kind: refused(presenter, event, id, ALL_EVENTS) for kind, id in wrong.items()} == {
        kind: ("Window", id) for kind, id in wrong.items()
    }
    assert refused(presenter, event, presenter.window(8, 8).id, ALL_EVENTS) is None


@pytest.mark.parametrize(
    ("event", "mask"),
    [("new", 8), ("foreign", 7), ("foreign", 8), ("in use", 7), ("in use", 0), ("new", 0)],
    ids=lambda value: str(value).replace(" ", "-"),
)
def test_the_window_is_checked_first(presenter, event, mask):
    """A bad window gives Window, whatever mask and event id are (PRE-018)."""
    window = presenter.window(16, 16)
    ids = {"new": presenter.new_id(), "foreign": 5, "in use": window.context.id}
    nothing = presenter.new_id()
    assert refused(presenter, ids[event], nothing, mask) == ("Window", nothing)
    assert len(move_and_hear(window, window.context, 5)) == 1


def test_the_mask_is_checked_before_the_event_id(presenter, connect):
    """A bad mask gives Value, be the event id foreign, in use, or another client's (PRE-017)."""
    window, other = presenter.window(16, 16), presenter.window(16, 16)
    foreign = connect("other").window(16, 16)
    foreign.client.sync()
    ids = {
        "illegal": 5,
        "of a window": window.id,
        "in use for another window": other.context.id,
        "in use by another client": foreign.context.id,
    }
    got = {what: refused(presenter, id, window.id, 17) for what, id in ids.items()}
    assert got == dict.fromkeys(ids, ("Value", 17))


def test_mask_0_with_an_unused_id_does_nothing(presenter):
    """The id stays free: for a pixmap, or for a selection on any window (PRE-019)."""
    window = presenter.window(16, 16, events=0)
    first, second = presenter.new_id(), presenter.new_id()
    for event in (first, second):
        assert refused(presenter, event, window.id, 0) is None
    presenter.core.CreatePixmap(window.depth, first, presenter.root, 8, 8)
    context = presenter.window(16, 16, events=0).select(id=second)
    assert len(move_and_hear(context.window, context, 5)) == 1


def test_mask_0_with_the_id_of_something_else_leaves_it_alone(presenter):
    """Ending a selection that never was frees no other resource of that id (PRE-019)."""
    window = presenter.window(16, 16, events=0)
    pixmap = presenter.pixmap(8, 8)
    for id in (window.id, pixmap.id):
        assert refused(presenter, id, window.id, 0) is None
    assert window.geometry.width == 16
    assert pixmap.geometry.width == 8


@pytest.mark.parametrize("mask", [0, 1, 7], ids=["ending", "changing", "all"])
def test_an_event_id_belongs_to_one_window(presenter, mask):
    """An id in use with another window gives Match, and stays as it was (PRE-020)."""
    window = presenter.window(16, 16, events=EventMask.CONFIGURE)
    other = presenter.window(16, 16, events=0)
    name, _ = refused(presenter, window.context.id, other.id, mask)
    assert name == "Match"
    assert not move_and_hear(other, window.context, 3)
    assert len(move_and_hear(window, window.context, 5)) == 1


@pytest.mark.parametrize("mask", [0, 2, 7], ids=["ending", "changing", "all"])
@pytest.mark.parametrize("same", [True, False], ids=["same-window", "other-window"])
def test_an_event_id_belongs_to_one_client(presenter, connect, mask, same):
    """Another client's id gives Match, and stays as it was (PRE-021)."""
    window = presenter.window(16, 16, events=EventMask.CONFIGURE)
    presenter.sync()
    thief = connect("thief")
    target = window if same else thief.window(16, 16, events=0)
    name, _ = refused(thief, window.context.id, target.id, mask)
    assert name == "Match"
    assert len(move_and_hear(window, window.context, 5)) == 1
    assert not thief.poll_events()


def test_an_event_id_outside_the_clients_range_is_refused(presenter, connect):
    """New ids of the server, of another client, of nobody, and 0 give IDChoice with the id
    (PRE-022)."""
    other = connect("other")
    window = presenter.window(16, 16, events=0)
    foreign = {
        "server's": 5,
        "none": 0,
        "another client's": other.new_id(),
        "nobody's": presenter.setup.resource_id_base + 100 * (presenter.setup.resource_id_mask + 1),
        "with a high bit": presenter.new_id() | 0x80000000,
        "highest": 0xFFFFFFFF,
    }
    assert {
        what: refused(presenter, id, window.id, ALL_EVENTS) for what, id in foreign.items()
    } == {what: ("IDChoice", id) for what, id in foreign.items()}
    window.move(5, 0)
    presenter.sync()
    assert not presenter.poll_events()


def test_an_event_id_that_names_something_else_is_refused(presenter):
    """Ids of windows, pixmaps, regions and so on, the client's or not, give IDChoice with the
    id (PRE-023)."""
    window = presenter.window(16, 16, events=0)
    free = {"unused id", "destroyed window", "freed pixmap", "destroyed region", "destroyed fence"}
    taken = specimens(presenter, but=frozenset(free | {"event context", "nothing"}))
    taken["the window itself"] = window.id
    assert {what: refused(presenter, id, window.id, ALL_EVENTS) for what, id in taken.items()} == {
        what: ("IDChoice", id) for what, id in taken.items()
    }
    window.move(5, 0)
    presenter.sync()
    assert not presenter.poll_events()


def test_nothing_else_can_take_an_event_id_in_use(presenter):
    """The event id is a resource id: creating something with it gives IDChoice (PRE-023)."""
    window = presenter.window(16, 16)
    with presenter.expect_error("IDChoice", window.context.id):
        presenter.core.CreateGC(window.context.id, window.id, GC.Foreground, [0])
    assert len(move_and_hear(window, window.context, 5)) == 1


def test_ids_of_destroyed_things_can_be_event_ids(presenter):
    """What was freed is free (PRE-016)."""
    window = presenter.window(16, 16, events=0)
    pixmap = presenter.pixmap(8, 8)
    pixmap.free()
    context = window.select(id=pixmap.id)
    assert len(move_and_hear(window, context, 5)) == 1


def test_a_selection_is_never_denied(presenter, connect):
    """The Access error of the text is not produced: any number of clients may select anything
    on one window (PRE-029)."""
    window = presenter.window(16, 16)
    presenter.sync()
    for name in ("first", "second", "third"):
        client = connect(name)
        assert refused(client, client.new_id(), window.id, ALL_EVENTS) is None


@pytest.mark.parametrize("words", [1, 2, 3, 5, 6])
def test_select_input_of_a_wrong_length_is_refused(presenter, words):
    """SelectInput has 4 words; any other length gives Length and selects nothing (PRE-031)."""
    window = presenter.window(16, 16, events=0)
    event = presenter.new_id()
    request = present.SelectInput(event=event, window=window.id, mask=7).encode()
    with presenter.expect_error("Length") as caught:
        presenter.send_raw("Present", present.SelectInput.OPCODE, (request + bytes(8))[: 4 * words])
    assert caught.error.minor == present.SelectInput.OPCODE
    window.move(5, 0)
    presenter.sync()
    assert not presenter.poll_events()
    assert refused(presenter, event, window.id, 7) is None
