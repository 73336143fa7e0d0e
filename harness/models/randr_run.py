# SPDX-License-Identifier: MIT
"""Random configurations of CRTCs and monitors on a server and in a model of it."""

import contextlib
from collections.abc import Iterator
from dataclasses import fields
from operator import methodcaller

from xcffib.xproto import CW

from harness.capture.get_image import capture_root
from harness.clients.connection.endpoint import Endpoint
from harness.clients.present.presenter import Presenter
from harness.clients.randr.monitors import Monitor, Monitors
from harness.clients.randr.observer import Observer
from harness.errors import HarnessError
from harness.models.model_run import ModelRun, step
from harness.models.randr_model import (
    CrtcState,
    Notification,
    RandrModel,
    RandrModelError,
    UserMonitor,
)
from harness.models.randr_reader import RandrReader
from harness.models.randr_refusals import IllegalRequest, illegal_requests
from harness.pixels.canvas import Canvas
from harness.pixels.rectangle import Rectangle
from harness.x11.randr import Rotation

__tracebackhide__ = methodcaller("errisinstance", HarnessError)

GREY = 0x808080
WINDOWS = (
    ("red", Rectangle(10, 20, 100, 60)),
    ("green", Rectangle(250, 190, 130, 90)),
    ("blue", Rectangle(560, 400, 160, 140)),
)
"""Override-redirect windows on the root; they are never moved."""
NEAR = 800, 600
"""Pixels from the root's corner, with all windows: of what is beyond them a corner is looked at."""
CORNER = 64


class RandrDiffers(HarnessError):
    """Replies, events or pictures of the server differ from the model."""


class RandrRun(ModelRun):
    """Steps on the first screen of ``server``, which no other client may use.

    CRTCs and outputs go by their position in the server's lists, its modes by ``mode-0`` and so
    on, others by the names that steps give them.  Every step compares the events that the
    observer receives.  Servers differ: ``sets_crtcs`` says whether SetCrtcConfig works,
    ``model.resizable`` whether SetScreenSize does.  Raises RandrDiffers, RandrModelError for
    steps that the state of the model does not allow, UnexpectedPicture, and what clients raise.
    """

    def __init__(self, server: Endpoint) -> None:
        super().__init__(Presenter(server, name="observer"))
        self.actor = Presenter(server, self.observer.timeline, "actor")
        self.monitors = Monitors(self.actor)
        self.resizable = self.sets_crtcs = False
        try:
            self._show_windows()
            self.reader = RandrReader(self.monitors)
            self._keep_crtcs_on_the_screen()
            limits = self.monitors.requests.GetScreenSizeRange(self.actor.root).reply()
            self.least = limits.min_width, limits.min_height
            self.most = limits.max_width, limits.max_height
            self._initial = self.reader.model(self.resizable)
            self._probe()
            self.model = self.reader.model(self.resizable)
            self._observer = Observer(Monitors(self.observer))
        except BaseException:
            self._leave()
            raise

    @property
    def own_modes(self) -> list[str]:
        """The modes that steps have created and not destroyed."""
        return [mode for mode in self.model.modes if mode not in self._initial.modes]

    def _show_windows(self) -> None:
        for colour, place in WINDOWS:
            self.actor.window(
                place.width, place.height, events=0, x=place.x, y=place.y, background=colour
            )
        root = self.actor.root_window(events=0)
        self.actor.core.ChangeWindowAttributes(root.id, CW.BackPixel, [GREY])
        root.clear()

    def _keep_crtcs_on_the_screen(self) -> None:
        """Move CRTCs that extend beyond the screen back inside: some servers start so."""
        root = self.actor.geometry(self.actor.root)
        for id in self.reader.crtcs:
            crtc = self.monitors.crtc(id)
            if crtc.x + crtc.width > root.width or crtc.y + crtc.height > root.height:
                mode = self.monitors.create_mode(root.width, root.height, "whole")
                self.monitors.add_mode(crtc.outputs[0], mode.id)
                self.monitors.set_crtc(id, mode.id, crtc.outputs)
        self.reader.refresh()

    def _probe(self) -> None:
        """Find out what the server can change: try a smaller screen without CRTCs."""
        crtc, *_ = self._initial.areas
        self.monitors.switch_off(self.reader.crtcs[crtc])
        self.sets_crtcs = not self.monitors.crtc(self.reader.crtcs[crtc]).mode
        if self.sets_crtcs:
            small = max(self.least[0], 64), max(self.least[1], 64)
            self.monitors.set_screen_size(*small)
            root = self.actor.geometry(self.actor.root)
            self.resizable = (root.width, root.height) == small
        self._initial.resizable = self.resizable
        self._restore()

    def settle(self) -> None:
        self.actor.settle()

    def clear(self) -> None:
        self._restore()
        for mode in self.own_modes:
            for output, modes in enumerate(self.reader.model(self.resizable).output_modes):
                if mode in modes:
                    self.monitors.delete_mode(self.reader.outputs[output], self.reader.modes[mode])
            self.monitors.destroy_mode(self.reader.modes.pop(mode))
        self.model = self._initial
        self._events()
        self.look()

    def close(self) -> None:
        # Some servers can only end in their first state; a failure has been reported before.
        with contextlib.suppress(HarnessError):
            self._restore()
        self._leave()

    def _leave(self) -> None:
        for client in (self.actor, self.observer):
            client.close()

    def _restore(self) -> None:
        """Restore the initial state, except for modes that were created."""
        current, initial = self.reader.model(self.resizable), self._initial
        for name in current.monitors:
            self.monitors.delete_monitor(self.actor.atom(name))
        self.monitors.set_primary(self.reader.output_id(initial.primary))
        if not self.sets_crtcs:
            return
        if self.resizable:
            for crtc, state in enumerate(current.crtcs):
                if state.mode and state != initial.crtcs[crtc]:
                    self.monitors.switch_off(self.reader.crtcs[crtc])
            self.monitors.set_screen_size(initial.width, initial.height)
        # Where a mode gives the screen its size, the last CRTC stays on.
        for crtc, state in sorted(enumerate(initial.crtcs), key=lambda one: not one[1].mode):
            self._set(crtc, state)

    @step
    def set_crtc(
        self, crtc: int, mode: str, x: int, y: int, rotation: int, outputs: tuple[int, ...]
    ) -> None:
        self._configure(crtc, CrtcState(mode, x, y, Rotation(rotation), outputs))

    @step
    def switch_off(self, crtc: int) -> None:
        self._configure(crtc, CrtcState())

    def _configure(self, crtc: int, state: CrtcState) -> None:
        events = self.model.set_crtc(crtc, state)
        status = self._set(crtc, state)
        if status:
            raise RandrDiffers(f"CRTC {crtc} must become {state}, got status {status}")
        self._expect(events)

    def _set(self, crtc: int, state: CrtcState) -> int:
        return self.monitors.set_crtc(
            self.reader.crtcs[crtc],
            self.reader.modes[state.mode] if state.mode else 0,
            [self.reader.outputs[output] for output in state.outputs],
            x=state.x,
            y=state.y,
            rotation=state.rotation,
        ).status

    def outputs_for(self, crtc: int) -> list[int]:
        """The positions of the outputs that a CRTC can drive."""
        possible = self.monitors.crtc(self.reader.crtcs[crtc]).possible
        return [n for n, id in enumerate(self.reader.outputs) if id in possible]

    def clones_of(self, output: int) -> list[int]:
        """The positions of the outputs that can be clones of this one."""
        clones = self.monitors.output(self.reader.outputs[output]).clones
        return [n for n, id in enumerate(self.reader.outputs) if id in clones]

    def rotations_of(self, crtc: int) -> list[int]:
        """The rotations that a CRTC supports, without reflections."""
        rotations = self.monitors.crtc(self.reader.crtcs[crtc]).rotations
        return [one.value for one in Rotation if one in rotations and one < Rotation.REFLECT_X]

    @step
    def set_gamma(self, crtc: int, value: int) -> None:
        """Set three ramps that start at ``value``, if there is a gamma; there is no event.

        Raises RandrDiffers when the server has others afterwards.
        """
        id, requests = self.reader.crtcs[crtc], self.monitors.requests
        size = requests.GetCrtcGammaSize(id).reply().size
        if not size:
            return
        ramps = [[(value + slope * n) & 0xFFFF for n in range(size)] for slope in (1, 77, 256)]
        requests.SetCrtcGamma(id, size, *ramps)
        reply = requests.GetCrtcGamma(id).reply()
        if [list(reply.red), list(reply.green), list(reply.blue)] != ramps:
            raise RandrDiffers(f"the gamma of CRTC {crtc} is not what was set")
        self._expect([])

    @step
    def resize(self, width: int, height: int) -> None:
        """Set the size of the screen."""
        events = self.model.resize(width, height)
        self.monitors.set_screen_size(width, height)
        self._expect(events)

    @step
    def set_primary(self, output: int | None) -> None:
        """Make an output, or none, the primary one."""
        events = self.model.set_primary(output)
        self.monitors.set_primary(self.reader.output_id(output))
        self._expect(events)

    @step
    def create_mode(self, mode: str, width: int, height: int) -> None:
        """A new mode.  Raises RandrDiffers when its id is not new."""
        events = self.model.create_mode(mode, width, height)
        id = self.monitors.create_mode(width, height, mode).id
        if id in self.reader.modes.values():
            raise RandrDiffers(f"mode {mode} has the id {id:#x}, which another one has")
        self.reader.modes[mode] = id
        self._expect(events)

    @step
    def destroy_mode(self, mode: str) -> None:
        events = self.model.destroy_mode(mode)
        self.monitors.destroy_mode(self.reader.modes.pop(mode))
        self._expect(events)

    @step
    def add_mode(self, output: int, mode: str) -> None:
        """Append a mode to the list of an output; a driver may refuse it with Match.

        Raises RandrModelError for an unknown mode, RandrDiffers for another error.
        """
        if mode not in self.reader.modes:
            raise RandrModelError(f"there is no mode {mode}")
        with self.actor.catch_errors() as errors:
            self.monitors.add_mode(self.reader.outputs[output], self.reader.modes[mode])
        if [error.name for error in errors] == ["Match"]:
            self._expect([])
            return
        events = self.model.add_mode(output, mode)
        if errors:
            raise RandrDiffers(f"adding {mode} to output {output} gives {errors[0].name}")
        self._expect(events)

    @step
    def delete_mode(self, output: int, mode: str) -> None:
        """Remove a mode from the list of an output; the server refuses it while it is in use."""
        refused = self.model.uses(output, mode)
        events = [] if refused else self.model.delete_mode(output, mode)
        with self.actor.expect_error("Match") if refused else contextlib.nullcontext():
            self.monitors.delete_mode(self.reader.outputs[output], self.reader.modes[mode])
        self._expect(events)

    @step
    def set_monitor(self, name: str, x: int, primary: bool, outputs: tuple[int, ...]) -> None:
        wanted = UserMonitor(x, x + 1, 50 + x, 40, 30, 20, primary, outputs)
        events = self.model.set_monitor(name, wanted)
        place = wanted.x, wanted.y, wanted.width, wanted.height, wanted.mm_width, wanted.mm_height
        ids = tuple(self.reader.outputs[output] for output in outputs)
        atom = self.actor.atom(name)
        self.monitors.set_monitor(Monitor(atom, primary, False, *place, ids))
        self._expect(events)

    @step
    def delete_monitor(self, name: str) -> None:
        events = self.model.delete_monitor(name)
        self.monitors.delete_monitor(self.actor.atom(name))
        self._expect(events)

    @step
    def refuse(self, what: str, crtc: int) -> None:
        """Send an illegal request: an error, no change, and no event.

        Raises RandrModelError when there is no such request now.
        """
        request = self.illegal(crtc).get(what)
        if request is None:
            raise RandrModelError(f"{what!r} is not illegal now")
        with self.actor.expect_error(request.error, request.value):
            request.send()
        self._expect([])

    def illegal(self, crtc: int) -> dict[str, IllegalRequest]:
        """The requests that are illegal now, by what is wrong with them."""
        found = illegal_requests(self.reader, crtc, self.model.crtcs[crtc], self.most)
        state = self.model.crtcs[crtc]
        if state.mode and self.resizable:
            right = self.model.area(state).right
            size = max(right - 1, self.least[0]), self.model.height
            if size[0] < right:
                found["too small a screen"] = IllegalRequest(
                    "Match", None, lambda: self.monitors.set_screen_size(*size)
                )
        return found

    def _events(self) -> list[Notification]:
        """The events that the observer has received since the last call."""
        self.actor.sync()
        return [self.reader.notification(event) for event in self._observer.take()]

    def _expect(self, expected: list[Notification]) -> None:
        """Raise RandrDiffers unless exactly these events arrived, in this order.

        Servers may send further events of outputs that have changed otherwise, as their lists of
        modes do; those with a screen that is not resizable repeat themselves.
        """
        model, got = self.model, self._events()
        if self.resizable:
            outputs = range(len(self.reader.outputs))
            more = set(map(model.output_event, outputs)) if expected else set()
            right = [one for one in got if one in expected or one not in more] == expected
        else:
            right = set(got) >= set(expected)
        if not right:
            raise RandrDiffers(f"expected events\n{_lines(expected)}\n  got\n{_lines(got)}")

    def look(self) -> None:
        """Compare the server's replies, its list of monitors and the pictures of all CRTCs.

        Raises RandrDiffers, and UnexpectedPicture.
        """
        got = self.reader.model(self.resizable)
        wrong = [
            f"{field.name} must be {getattr(self.model, field.name)}, is {getattr(got, field.name)}"
            for field in fields(RandrModel)
            if getattr(self.model, field.name) != getattr(got, field.name)
        ]
        if wrong:
            raise RandrDiffers("; ".join(wrong))
        self._look_at_monitors()
        for crtc, area in self.model.areas.items():
            self._look_at(crtc, area)

    def _look_at_monitors(self) -> None:
        """Compare GetMonitors with the model: user monitors, then CRTCs without one."""
        model, got = self.model, self.monitors.monitors()
        covered = {output for one in model.monitors.values() for output in one.outputs}
        expected = sorted(
            (area.x, area.y, area.width, area.height, model.crtcs[crtc].outputs)
            for crtc, area in model.areas.items()
            if not covered & {*model.crtcs[crtc].outputs}
        )
        automatic = sorted(
            (one.x, one.y, one.width, one.height, self.reader.positions(one.outputs))
            for one in got
            if one.automatic
        )
        if automatic != expected:
            raise RandrDiffers(f"automatic monitors must be {expected}, are {automatic}")
        primary = [name for name, one in model.monitors.items() if one.primary]
        marked = [self.reader.monitor_name(one) for one in got if one.primary and not one.automatic]
        first = [self.reader.monitor_name(one) for one in got[: len(primary)]]
        if marked != primary or first != primary:
            raise RandrDiffers(
                f"{primary} must be primary and first, primary are {marked}, first {first}"
            )

    def _look_at(self, crtc: int, area: Rectangle) -> None:
        """Compare the picture of a CRTC, which may have many millions of pixels."""
        for part in _looked_at(area):
            picture = Canvas(part.width, part.height, self.actor.depth, GREY)
            for colour, place in WINDOWS:
                at = place.x - part.x, place.y - part.y
                picture.area(*at, place.width, place.height).fill(colour)
            picture.check(capture_root(self.actor, part))


def _looked_at(area: Rectangle) -> Iterator[Rectangle]:
    """The part of ``area`` that may show windows, and its last corner if that is further off."""
    right, bottom = min(area.right, NEAR[0]), min(area.bottom, NEAR[1])
    if area.x < right and area.y < bottom:
        yield Rectangle(area.x, area.y, right - area.x, bottom - area.y)
    if (right, bottom) != (area.right, area.bottom):
        width, height = min(CORNER, area.width), min(CORNER, area.height)
        yield Rectangle(area.right - width, area.bottom - height, width, height)


def _lines(events: list[Notification]) -> str:
    return "\n".join(f"    {' '.join(map(str, one))}" for one in events) or "    none"
