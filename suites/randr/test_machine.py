# SPDX-License-Identifier: MIT
"""Random configurations of CRTCs, modes, the screen and monitors, against a model."""

from dataclasses import replace

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from harness.models.randr_model import CrtcState
from harness.models.randr_run import RandrRun
from harness.x11.randr import Rotation
from suites.marks import PLACE_COUNTS_TWICE
from suites.search import ModelMachine, search

pytestmark = [
    pytest.mark.needs("RANDR", crtcs=1, root_pixels=True),
    pytest.mark.xserver(at_least=(640, 480)),
]

MOST_MODES, MOST_MONITORS = 4, 2

picks = st.integers(0, 11)
lefts, tops = st.integers(0, 200), st.integers(0, 120)
sizes = st.sampled_from([(320, 240), (200, 320), (400, 160), (600, 440), (200, 160)])
"""Of modes; a screen of 640x480 holds them all, some at every place and however turned."""


class RandrMachine(ModelMachine):
    """CRTCs, outputs, modes, the screen, monitors, and requests that are to be refused.

    Rules leave out what servers do differently: outputs that another CRTC has, and where a CRTC
    that is off would be.  Where a mode decides the size of the screen, CRTCs stay at its corner
    and have modes of the server only, which takes modes of one size for each other.
    """

    RUN, SEED, EXAMPLES, STEPS = RandrRun, 5, 40, 20

    def __init__(self, search):
        super().__init__(search)
        self.made = 0

    def fresh(self, kind):
        self.made += 1
        return f"{kind}-{self.made}"

    @property
    def model(self):
        return self.run.model

    @property
    def outputs(self):
        return range(len(self.model.output_modes))

    def crtc(self, pick):
        return pick % len(self.model.crtcs)

    def lit(self, pick):
        """A CRTC that is on."""
        crtcs = list(self.model.areas)
        return crtcs[pick % len(crtcs)]

    obeys = precondition(lambda self: self.run.sets_crtcs)
    shows = precondition(lambda self: self.run.sets_crtcs and self.model.areas)
    has_modes = precondition(lambda self: self.run.own_modes)

    def set(self, crtc, shown):
        place = shown.mode, shown.x, shown.y, shown.rotation.value, shown.outputs
        self.act("set_crtc", crtc, *place)

    @initialize(wishes=st.lists(st.tuples(sizes, picks, picks, lefts, tops, picks), max_size=3))
    def begin(self, wishes):
        """CRTCs that show parts of the screen, by modes of their own."""
        for size, pick, *place in wishes:
            self.create_mode(size)
            self.add_mode(-1, pick)
            if self.run.sets_crtcs:
                self.set_crtc(pick, *place)

    @obeys
    @rule(crtc=picks, mode=picks, x=lefts, y=tops, turn=picks)
    def set_crtc(self, crtc, mode, x, y, turn):
        """RND-013, RND-045, RND-047, RND-065."""
        crtc = self.crtc(crtc)
        choice = [
            (output, one)
            for output in self.run.outputs_for(crtc)
            if self.model.crtc_of(output) in (None, crtc)
            for one in reversed(self.model.output_modes[output])
            if self.model.resizable or one not in self.run.own_modes
        ]
        if not choice:
            return
        output, mode = choice[mode % len(choice)]
        turns = self.run.rotations_of(crtc)
        turned = Rotation(turns[turn % len(turns)])
        shown = CrtcState(mode, x, y, turned, (output,))
        if not self.model.fits(shown):
            shown = replace(shown, x=0, y=0)
        if self.model.fits(shown):
            self.set(crtc, shown)

    @shows
    @rule(pick=picks, x=lefts, y=tops)
    def move(self, pick, x, y):
        crtc = self.lit(pick)
        shown = replace(self.model.crtcs[crtc], x=x, y=y)
        if self.model.fits(shown):
            self.set(crtc, shown)

    @precondition(
        lambda self: self.run.sets_crtcs and len(self.model.areas) > 1 - self.model.resizable
    )
    @rule(pick=picks)
    def switch_off(self, pick):
        """RND-016, RND-031, RND-046."""
        self.act("switch_off", self.lit(pick))

    @shows
    @rule(pick=picks)
    def clone(self, pick):
        """A further output of the same CRTC, where they can be clones: RND-038."""
        crtc = self.lit(pick)
        shown = self.model.crtcs[crtc]
        for output in self.run.outputs_for(crtc):
            clones = self.run.clones_of(output)
            if (
                self.model.crtc_of(output) is None
                and shown.mode in self.model.output_modes[output]
                and all(other in clones for other in shown.outputs)
            ):
                self.set(crtc, replace(shown, outputs=tuple(sorted((*shown.outputs, output)))))
                return

    @shows
    @rule(pick=picks)
    def set_again(self, pick):
        """Nothing happens: RND-017."""
        crtc = self.lit(pick)
        self.set(crtc, self.model.crtcs[crtc])

    @obeys
    @rule(pick=picks, value=st.integers(0, 0xFFFF))
    def set_gamma(self, pick, value):
        """Nobody is told; what was set is read: RND-050, RND-052."""
        self.act("set_gamma", self.crtc(pick), value)

    @precondition(lambda self: self.model.resizable)
    @rule(width=st.integers(64, 700), height=st.integers(64, 520))
    def resize(self, width, height):
        """RND-022, RND-023."""
        areas, (low_width, low_height) = self.model.areas.values(), self.run.least
        right = max((area.right for area in areas), default=0)
        bottom = max((area.bottom for area in areas), default=0)
        size = max(low_width, right, width), max(low_height, bottom, height)
        self.act("resize", *map(min, size, self.run.most))

    @rule(pick=picks)
    def choose(self, pick):
        """RND-067, RND-068."""
        choice = [None, *self.outputs]
        self.act("set_primary", choice[pick % len(choice)])

    @precondition(lambda self: len(self.run.own_modes) < MOST_MODES)
    @rule(size=sizes)
    def create_mode(self, size):
        """RND-070, RND-072."""
        mode, (width, height) = self.fresh("own"), size
        # Xorg takes modes that differ by their names alone for one another.
        self.act("create_mode", mode, width, height - self.made)

    @has_modes
    @rule(pick=picks, output=picks)
    def add_mode(self, pick, output):
        """RND-074; a driver may refuse it."""
        own = self.run.own_modes
        self.act("add_mode", self.outputs[output % len(self.outputs)], own[pick % len(own)])

    @has_modes
    @rule(pick=picks)
    def delete_mode(self, pick):
        """RND-073, RND-075: in the order in which it is allowed."""
        own = self.run.own_modes
        mode = own[pick % len(own)]
        users = [output for output in self.outputs if mode in self.model.output_modes[output]]
        if users:
            self.act("delete_mode", users[0], mode)
        else:
            self.act("destroy_mode", mode)

    @precondition(lambda self: len(self.model.monitors) < MOST_MONITORS)
    @rule(pick=picks, covers=st.booleans(), x=st.integers(0, 90), primary=st.booleans())
    def set_monitor(self, pick, covers, x, primary):
        """RND-108, RND-112, RND-113."""
        taken = {output for one in self.model.monitors.values() for output in one.outputs}
        free = [output for output in self.outputs if output not in taken]
        outputs = (free[pick % len(free)],) if covers and free else ()
        self.act("set_monitor", self.fresh("monitor"), x, primary, outputs)

    @precondition(lambda self: self.model.monitors)
    @rule(pick=picks)
    def delete_monitor(self, pick):
        """RND-113, RND-114."""
        names = list(self.model.monitors)
        self.act("delete_monitor", names[pick % len(names)])

    @rule(pick=st.integers(0, 12), crtc=picks)
    def refuse(self, pick, crtc):
        """Nothing changes and nobody is told: RND-019, RND-020, RND-021, RND-032, RND-033,
        RND-034, RND-035, RND-039, RND-050, RND-067, RND-073, RND-104, RND-114."""
        crtc = self.crtc(crtc)
        illegal = list(self.run.illegal(crtc))
        self.act("refuse", illegal[pick % len(illegal)], crtc)


@PLACE_COUNTS_TWICE
def test_any_configuration_is_as_the_model_foretells(server, soak):
    """CRTCs are set, moved, turned, cloned and switched off, modes and monitors come and go, the
    screen changes: replies, events and pictures are those of the model.

    RND-013, RND-016, RND-017, RND-019, RND-020, RND-021, RND-022, RND-023, RND-031, RND-032,
    RND-033, RND-034, RND-035, RND-038, RND-039, RND-045, RND-046, RND-047, RND-050, RND-052,
    RND-065, RND-067, RND-068, RND-070, RND-072, RND-073, RND-074, RND-075, RND-101, RND-108,
    RND-110, RND-112, RND-113, RND-114.
    """
    search(server, RandrMachine, soak)
