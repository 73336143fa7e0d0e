# SPDX-License-Identifier: MIT
"""Random scenes of windows, redirections, pixmaps, presentations and deaths, against a model."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from harness.models.composite_run import CompositeRun
from harness.models.composite_windows import ROOT, RedirectMode
from suites.search import ModelMachine, search

pytestmark = [
    pytest.mark.needs("Composite", "DAMAGE", "XFIXES", "Present", uncomposited=True),
    pytest.mark.xserver(fps=600, size=(160, 128), any_depth=True),
]

APPLICATIONS, COMPOSITORS = ("one", "two"), ("manager", "mirror")
MOST_WINDOWS, MOST_PIXMAPS = 6, 4

colours = st.sampled_from(["red", "green", "blue", "yellow", "cyan", "magenta"])
picks = st.integers(0, 11)
places = st.integers(-12, 80)
sizes = st.integers(12, 70) | st.integers(1, 12)
shifts = st.integers(-20, 20)
borders = st.sampled_from([0, 2, 1, 5])
modes = st.sampled_from([RedirectMode.MANUAL.value, RedirectMode.AUTOMATIC.value])
windows = st.tuples(
    st.sampled_from(APPLICATIONS),
    picks,
    st.tuples(places, places, sizes, sizes, borders),
    colours,
    st.booleans(),
    st.none() | modes,
    st.sampled_from([True, True, True, False]),
    st.booleans(),
)


class CompositeMachine(ModelMachine):
    """Windows, redirections, pixmaps, presentations and deaths.

    Rules leave out what the model refuses, and what nothing defines: drawing into a named pixmap
    that automatic redirection copies; copying a backing pixmap onto itself; a size and a place
    that change at once.  After the death of a client, a named pixmap is not looked at if what
    fell into it ended at the same time.  Of windows whose children are redirected manually, what
    is exposed is not looked at, since no background is painted there.
    """

    RUN, SEED, EXAMPLES, STEPS = CompositeRun, 3, 60, 20

    def __init__(self, search):
        super().__init__(search)
        self.made = 0

    def on(self, names, pick, step, *arguments):
        if names:
            self.act(step, names[pick % len(names)], *arguments)

    def fresh(self, kind):
        self.made += 1
        return f"{kind}{self.made}"

    @property
    def model(self):
        return self.run.model

    @property
    def model_windows(self):
        return [window for name, window in self.model.windows.items() if name != ROOT]

    @property
    def names(self):
        return [window.name for window in self.model_windows]

    @property
    def pixmaps(self):
        return list(self.model.pixmaps)

    @property
    def backed(self):
        return [window.name for window in self.model_windows if window.surface is not None]

    has_windows = precondition(lambda self: self.model_windows)
    has_pixmaps = precondition(lambda self: self.pixmaps)

    @initialize(mode=st.none() | modes, wishes=st.lists(windows, min_size=2, max_size=3))
    def begin(self, mode, wishes):
        if mode is not None:
            self.act("redirect_children", ROOT, "mirror", mode)
        for wish in wishes:
            self.create(wish)

    @precondition(lambda self: len(self.model_windows) < MOST_WINDOWS)
    @rule(wish=windows)
    def create_further(self, wish):
        self.create(wish)

    def create(self, wish):
        client, parent, geometry, colour, keeps, mode, mapped, named = wish
        parents = [ROOT, *self.names]
        above = self.model.window(parents[parent % len(parents)])
        x, y, *size = geometry
        name = self.fresh("w")
        place = x % above.width, y % above.height
        self.act("create", name, client, above.name, *place, *size, colour, keeps)
        if mode is not None and self.model.window(name).mode is not RedirectMode.MANUAL:
            self.act("redirect", name, "manager", mode)
        if mapped:
            self.act("map", name)
            self.act("draw", name, self.made)
        if named and name in self.backed and len(self.pixmaps) < MOST_PIXMAPS:
            self.act("name", name, self.fresh("p"), "manager")

    @has_windows
    @rule(pick=picks)
    def map_or_unmap(self, pick):
        window = self.model_windows[pick % len(self.model_windows)]
        self.act("unmap" if window.mapped else "map", window.name)

    @has_windows
    @rule(pick=picks, victim=st.sampled_from(["window", "client"]))
    def end(self, pick, victim):
        if victim == "window":
            self.on(self.names, pick, "destroy")
        else:
            self.on(list(self.run.clients), pick, "kill")

    @has_windows
    @rule(pick=picks, x=places, y=places, drawn=st.booleans())
    def move(self, pick, x, y, drawn):
        self.change(pick, drawn, "move", x, y)

    @has_windows
    @rule(pick=picks, width=sizes, height=sizes, drawn=st.booleans())
    def resize(self, pick, width, height, drawn):
        self.change(pick, drawn, "resize", width, height)

    @has_windows
    @rule(pick=picks, width=borders, drawn=st.booleans())
    def set_border(self, pick, width, drawn):
        self.change(pick, drawn, "set_border", width)

    def change(self, pick, drawn, step, *arguments):
        """What may replace a backing pixmap, preferably of a window that has one."""
        names = self.backed or self.names
        self.on(names, pick, step, *arguments)
        if drawn:
            self.on(names, pick, "draw", 90 + pick)

    @has_windows
    @rule(pick=picks, top=st.booleans())
    def restack(self, pick, top):
        self.on(self.names, pick, "restack", top)

    @has_windows
    @rule(pick=picks, parent=picks, x=places, y=places)
    def reparent(self, pick, parent, x, y):
        window = self.model_windows[pick % len(self.model_windows)]
        inside = [other.name for other in window.tree()]
        manual = any(mode is RedirectMode.MANUAL for _, mode in window.own_redirections)
        parents = [
            above.name
            for above in self.model.windows.values()
            if above.name not in inside and (above.paints or not manual)
        ]
        if parents:
            self.act("reparent", window.name, parents[parent % len(parents)], x, y)

    @has_windows
    @rule(pick=picks, client=st.sampled_from(COMPOSITORS), mode=modes)
    def redirect(self, pick, client, mode):
        free = [
            w.name
            for w in self.model_windows
            if RedirectMode.MANUAL not in (mode, w.mode) or w.mode != mode
        ]
        self.on(free, pick, "redirect", client, mode)

    @has_windows
    @rule(pick=picks, client=st.sampled_from(COMPOSITORS), mode=modes)
    def redirect_children(self, pick, client, mode):
        free = [
            window.name
            for window in self.model.windows.values()
            if mode != RedirectMode.MANUAL
            or (window.paints and all(child.mode != mode for child in window.children))
        ]
        self.on(free, pick, "redirect_children", client, mode)

    @precondition(lambda self: any(window.redirections for window in self.model_windows))
    @rule(pick=picks)
    def unredirect(self, pick):
        begun = [
            ("unredirect_children", window.name, client, mode.value)
            for window in self.model.windows.values()
            for client, mode in window.child_redirections
        ]
        begun += [
            ("unredirect", window.name, client, mode.value)
            for window in self.model_windows
            for client, mode in window.own_redirections
        ]
        if begun:
            self.act(*begun[pick % len(begun)])

    @precondition(lambda self: self.backed and len(self.pixmaps) < MOST_PIXMAPS)
    @rule(pick=picks, client=st.sampled_from([*COMPOSITORS, *APPLICATIONS]))
    def name(self, pick, client):
        self.on(self.backed, pick, "name", self.fresh("p"), client)

    @has_pixmaps
    @rule(pick=picks)
    def free(self, pick):
        self.on(self.pixmaps, pick, "free")

    @has_windows
    @rule(pick=picks, colour=colours, x=places, y=places, width=sizes, height=sizes)
    def fill(self, pick, colour, x, y, width, height):
        self.on([*self.names, ROOT], pick, "fill", colour, x, y, width, height)

    @has_pixmaps
    @rule(pick=picks, colour=colours, x=places, y=places, width=sizes, height=sizes)
    def fill_pixmap(self, pick, colour, x, y, width, height):
        alone = [name for name in self.pixmaps if not self.model.copied(name)]
        self.on(alone, pick, "fill_pixmap", colour, x, y, width, height)

    @has_windows
    @rule(
        pick=picks,
        width=sizes,
        height=sizes,
        number=st.integers(0, 9),
        x=shifts,
        y=shifts,
        parts=st.none()
        | st.lists(st.tuples(places, places, sizes, sizes), min_size=1, max_size=2).map(tuple),
    )
    def present(self, pick, width, height, number, x, y, parts):
        self.on(self.names, pick, "present", width, height, number, x, y, parts)

    @has_windows
    @has_pixmaps
    @rule(pick=picks, pixmap=picks, x=shifts, y=shifts)
    def present_pixmap(self, pick, pixmap, x, y):
        name, model = self.pixmaps[pixmap % len(self.pixmaps)], self.model
        others = [w for w in self.names if model.drawn_on(w) is not model.pixmap(name)]
        self.on(others, pick, "present_pixmap", name, x, y)


def test_any_scene_is_shown_as_the_model_paints_it(server, soak):
    """Windows come, go, move, are redirected, presented to and lose their clients: the screen,
    each backing pixmap and each pixmap named show the pixels that they must.

    Redirection: CMP-011, CMP-014, CMP-015, CMP-016, CMP-018, CMP-019, CMP-020, CMP-038, CMP-043,
    CMP-046.  Pixmaps: CMP-021, CMP-022, CMP-023, CMP-028, CMP-029, CMP-030, CMP-031, CMP-032,
    CMP-033, CMP-034, CMP-035, CMP-036.
    """
    search(server, CompositeMachine, soak)
