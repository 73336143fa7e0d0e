# SPDX-License-Identifier: MIT
"""An arrangement of CRTCs and monitors played on a server, and compared with the model."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import fields
from operator import methodcaller

from xcffib.xproto import CW, EventMask

from harness.capture.get_image import capture_root
from harness.clients.connection.endpoint import Endpoint
from harness.clients.present.presenter import Presenter
from harness.clients.randr.monitors import Monitor, Monitors
from harness.errors import HarnessError
from harness.models.model_run import ModelRun, step
from harness.models.randr_model import (
    Notifications,
    RandrModel,
    RandrModelError,
    Shown,
    UserMonitor,
)
from harness.pixels.canvas import Canvas
from harness.pixels.rectangle import Rectangle
from harness.x11 import randr
from harness.x11.randr import Rotation

__tracebackhide__ = methodcaller("errisinstance", HarnessError)

MOST = 3
"""So many CRTCs and outputs, of those that there are, are played with."""

GREY = 0x808080
WINDOWS = (
    ("red", Rectangle(10, 20, 100, 60)),
    ("green", Rectangle(250, 190, 130, 90)),
    ("blue", Rectangle(560, 400, 160, 140)),
)
"""Override-redirect windows on the root; they stay where they are."""

NOBODY = 0x1FFFFF
"""An id that nobody has."""


class RandrDiffers(HarnessError):
    """The server says, tells or shows something else than the model says it must."""


class RandrRun(ModelRun):
    """The first screen of ``server``, on which nobody else may set or show anything.

    CRTCs and outputs go by their place in the server's lists, its modes by ``mode-0`` and so
    on, others by the names that steps give them.  Every step compares what the observer is
    told.  Servers differ: ``obeys`` says whether SetCrtcConfig does what it says, ``now.free``
    whether SetScreenSize does.  Raises RandrDiffers, RandrModelError for steps that the
    arrangement does not allow, UnexpectedPicture, and what clients raise.
    """

    def __init__(self, server: Endpoint) -> None:
        super().__init__(Presenter(server, name="observer"))
        self.actor = Presenter(server, self.observer.timeline, "actor")
        self.monitors = Monitors(self.actor)
        self.free = self.obeys = False
        try:
            self._show_windows()
            self._read_names()
            self._keep_crtcs_on_the_screen()
            limits = self.monitors.requests.GetScreenSizeRange(self.actor.root).reply()
            self.least = limits.min_width, limits.min_height
            self.most = limits.max_width, limits.max_height
            self._first = self._arrangement()
            self._try_out()
            self.now = self._arrangement()
            self._listen()
        except BaseException:
            self._leave()
            raise

    @property
    def own_modes(self) -> list[str]:
        """The modes that steps made, and that are still there."""
        return [mode for mode in self.now.modes if mode not in self._first.modes]

    # The beginning

    def _show_windows(self) -> None:
        for colour, place in WINDOWS:
            self.actor.window(
                place.width,
                place.height,
                events=0,
                x=place.x,
                y=place.y,
                background=colour,
                attributes={CW.OverrideRedirect: 1},
            )
        root = self.actor.root_window(events=0)
        self.actor.core.ChangeWindowAttributes(root.id, CW.BackPixel, [GREY])
        root.clear()

    def _read_names(self) -> None:
        resources = self.monitors.resources()
        self._crtcs, self._outputs = resources.crtcs[:MOST], resources.outputs[:MOST]
        self._modes = {f"mode-{n}": mode for n, mode in enumerate(resources.modes)}
        self._atoms: dict[int, str] = {}

    def _keep_crtcs_on_the_screen(self) -> None:
        """Some servers begin with a CRTC that shows more than there is."""
        root = self.actor.geometry(self.actor.root)
        for id in self._crtcs:
            crtc = self.monitors.crtc(id)
            if crtc.x + crtc.width > root.width or crtc.y + crtc.height > root.height:
                mode = self.monitors.create_mode(root.width, root.height, "whole")
                self.monitors.add_mode(crtc.outputs[0], mode.id)
                self.monitors.set_crtc(id, mode.id, crtc.outputs)
        self._read_names()

    def _try_out(self) -> None:
        """Try a smaller screen without CRTCs, then have everything as it was."""
        crtc, *_ = self._first.areas
        self.monitors.switch_off(self._crtcs[crtc])
        self.obeys = not self.monitors.crtc(self._crtcs[crtc]).mode
        if self.obeys:
            small = max(self.least[0], 64), max(self.least[1], 64)
            self.monitors.set_screen_size(*small)
            root = self.actor.geometry(self.actor.root)
            self.free = (root.width, root.height) == small
        self._first.free = self.free
        self._restore()

    def _listen(self) -> None:
        """Hear of everything from now on, but of nothing that the server kept since its start."""
        watcher = self.observer
        watcher.core.ChangeWindowAttributes(watcher.root, CW.EventMask, [EventMask.StructureNotify])
        Monitors(watcher).select()
        for output in (self._outputs[0], 0, self._output(self._first.primary)):
            self.monitors.set_primary(output)
        self._news()

    # The end

    def settle(self) -> None:
        self.actor.settle()

    def clear(self) -> None:
        self._restore()
        for mode in self.own_modes:
            for output, listed in enumerate(self._arrangement().listed):
                if mode in listed:
                    self.monitors.delete_mode(self._outputs[output], self._modes[mode])
            self.monitors.destroy_mode(self._modes.pop(mode))
        self.now = self._first
        self._news()
        self.look()

    def close(self) -> None:
        # Some servers can only end as they were at first; one that failed has been told of.
        with contextlib.suppress(HarnessError):
            self._restore()
        self._leave()

    def _leave(self) -> None:
        for client in (self.actor, self.observer):
            client.close()

    def _restore(self) -> None:
        """All as at the start, but for modes that were made."""
        now, first = self._arrangement(), self._first
        for name in now.monitors:
            self.monitors.delete_monitor(self.actor.atom(name))
        self.monitors.set_primary(self._output(first.primary))
        if not self.obeys:
            return
        if self.free:
            for crtc, shown in enumerate(now.crtcs):
                if shown.mode and shown != first.crtcs[crtc]:
                    self.monitors.switch_off(self._crtcs[crtc])
            self.monitors.set_screen_size(first.width, first.height)
        # Where a mode gives the screen its size, the last CRTC stays on.
        for crtc, shown in sorted(enumerate(first.crtcs), key=lambda one: not one[1].mode):
            self._set(crtc, shown)

    # CRTCs

    @step
    def set_crtc(
        self, crtc: int, mode: str, x: int, y: int, rotation: int, outputs: tuple[int, ...]
    ) -> None:
        self._show(crtc, Shown(mode, x, y, Rotation(rotation), outputs))

    @step
    def switch_off(self, crtc: int) -> None:
        self._show(crtc, Shown())

    def _show(self, crtc: int, shown: Shown) -> None:
        news = self.now.show(crtc, shown)
        status = self._set(crtc, shown)
        if status:
            raise RandrDiffers(f"CRTC {crtc} must become {shown}, got status {status}")
        self._expect(news)

    def _set(self, crtc: int, shown: Shown) -> int:
        return self.monitors.set_crtc(
            self._crtcs[crtc],
            self._modes[shown.mode] if shown.mode else 0,
            [self._outputs[output] for output in shown.outputs],
            x=shown.x,
            y=shown.y,
            rotation=shown.rotation,
        ).status

    def outputs_for(self, crtc: int) -> list[int]:
        """The outputs that a CRTC can drive."""
        possible = self.monitors.crtc(self._crtcs[crtc]).possible
        return [n for n, id in enumerate(self._outputs) if id in possible]

    def clones_of(self, output: int) -> list[int]:
        """The outputs that can show the same as this one."""
        clones = self.monitors.output(self._outputs[output]).clones
        return [n for n, id in enumerate(self._outputs) if id in clones]

    def turns_of(self, crtc: int) -> list[int]:
        """How a CRTC can turn the screen, without reflections."""
        rotations = self.monitors.crtc(self._crtcs[crtc]).rotations
        return [one.value for one in Rotation if one in rotations and one < Rotation.REFLECT_X]

    @step
    def set_gamma(self, crtc: int, value: int) -> None:
        """Three ramps from ``value`` on, where there are any; nobody is told."""
        id, requests = self._crtcs[crtc], self.monitors.requests
        size = requests.GetCrtcGammaSize(id).reply().size
        if not size:
            return
        ramps = [[(value + slope * n) & 0xFFFF for n in range(size)] for slope in (1, 77, 256)]
        requests.SetCrtcGamma(id, size, *ramps)
        reply = requests.GetCrtcGamma(id).reply()
        if [list(reply.red), list(reply.green), list(reply.blue)] != ramps:
            raise RandrDiffers(f"the gamma of CRTC {crtc} is not what was set")
        self._expect([])

    # The screen and its outputs

    @step
    def resize(self, width: int, height: int) -> None:
        """Give the screen another size."""
        news = self.now.resize(width, height)
        self.monitors.set_screen_size(width, height)
        self._expect(news)

    @step
    def choose(self, output: int | None) -> None:
        """Make an output, or none, the primary one."""
        news = self.now.choose(output)
        self.monitors.set_primary(self._output(output))
        self._expect(news)

    # Modes

    @step
    def create_mode(self, mode: str, width: int, height: int) -> None:
        news = self.now.create_mode(mode, width, height)
        id = self.monitors.create_mode(width, height, mode).id
        if id in self._modes.values():
            raise RandrDiffers(f"mode {mode} has the id {id:#x}, which another one has")
        self._modes[mode] = id
        self._expect(news)

    @step
    def destroy_mode(self, mode: str) -> None:
        news = self.now.destroy_mode(mode)
        self.monitors.destroy_mode(self._modes.pop(mode))
        self._expect(news)

    @step
    def add_mode(self, output: int, mode: str) -> None:
        """Append a mode to the list of an output; a driver may refuse it with Match."""
        if mode not in self._modes:
            raise RandrModelError(f"there is no mode {mode}")
        with self.actor.catch_errors() as errors:
            self.monitors.add_mode(self._outputs[output], self._modes[mode])
        if [error.name for error in errors] == ["Match"]:
            self._expect([])
            return
        news = self.now.add_mode(output, mode)
        if errors:
            raise RandrDiffers(f"adding {mode} to output {output} gives {errors[0].name}")
        self._expect(news)

    @step
    def delete_mode(self, output: int, mode: str) -> None:
        """Take a mode off the list of an output; refused while the output shows it."""
        if self.now.uses(output, mode):
            with self.actor.expect_error("Match"):
                self.monitors.delete_mode(self._outputs[output], self._modes[mode])
            self._expect([])
            return
        news = self.now.delete_mode(output, mode)
        self.monitors.delete_mode(self._outputs[output], self._modes[mode])
        self._expect(news)

    # Monitors

    @step
    def set_monitor(self, name: str, x: int, primary: bool, outputs: tuple[int, ...]) -> None:
        wanted = UserMonitor(x, x + 1, 50 + x, 40, 30, 20, primary, outputs)
        news = self.now.set_monitor(name, wanted)
        self.monitors.set_monitor(
            Monitor(
                self.actor.atom(name),
                wanted.primary,
                False,
                wanted.x,
                wanted.y,
                wanted.width,
                wanted.height,
                wanted.mm_width,
                wanted.mm_height,
                tuple(self._outputs[output] for output in outputs),
            )
        )
        self._expect(news)

    @step
    def delete_monitor(self, name: str) -> None:
        news = self.now.delete_monitor(name)
        self.monitors.delete_monitor(self.actor.atom(name))
        self._expect(news)

    # Errors

    @step
    def refuse(self, what: str, crtc: int) -> None:
        """Ask for something illegal: an error, nothing changes, and nobody is told."""
        try:
            name, value, ask = self._illegal(crtc)[what]
        except KeyError:
            raise RandrModelError(f"{what!r} is not illegal now") from None
        with self.actor.expect_error(name, value):
            ask()
        self._expect([])

    def illegal(self, crtc: int) -> list[str]:
        """What is to be refused now."""
        return list(self._illegal(crtc))

    def _illegal(self, crtc: int) -> dict[str, tuple[str, int | None, Callable[[], object]]]:
        """What is illegal, with the error that it gives, its value, and the request."""
        m, id, (width, height) = self.monitors, self._crtcs[crtc], self.most
        shown = self.now.crtcs[crtc]
        mode, output = next(iter(self._modes.values())), self._outputs[0]
        gamma = m.requests.GetCrtcGammaSize(id).reply().size + 1
        outputs = [self._outputs[output] for output in shown.outputs]
        current = self._modes[shown.mode] if shown.mode else 0
        none = NOBODY
        found: dict[str, tuple[str, int | None, Callable[[], object]]] = {
            "unknown CRTC": ("RANDR:Crtc", none, lambda: m.set_crtc(none, 0, [])),
            "mode without output": ("Match", None, lambda: m.set_crtc(id, mode, [])),
            "output without mode": ("Match", None, lambda: m.set_crtc(id, 0, [output])),
            "unknown mode": ("RANDR:Mode", none, lambda: m.set_crtc(id, none, [output])),
            "unknown output": ("RANDR:Output", none, lambda: m.set_crtc(id, mode, [none])),
            "no rotation": (
                *("Value", 0),
                lambda: m.set_crtc(id, current, outputs, rotation=0),
            ),
            "too large a screen": (
                "Value",
                width + 1,
                lambda: m.set_screen_size(width + 1, height),
            ),
            "screen of 0 mm": ("Value", 0, lambda: m.set_screen_size(width, height, 0, 1)),
            "gamma of a wrong size": (
                *("Match", None),
                lambda: m.requests.SetCrtcGamma(id, gamma, *[[0] * gamma] * 3),
            ),
            "unknown primary": ("RANDR:Output", none, lambda: m.set_primary(none)),
            "unknown mode to destroy": ("RANDR:Mode", none, lambda: m.destroy_mode(none)),
            "unknown monitor": ("Value", 1, lambda: m.delete_monitor(1)),
        }
        if shown.mode and self.free:
            right = self.now.area(shown).right
            size = max(right - 1, self.least[0]), self.now.height
            if size[0] < right:
                found["too small a screen"] = ("Match", None, lambda: m.set_screen_size(*size))
        return found

    # Comparison

    def _expect(self, expected: list[Notifications]) -> None:
        """The observer was told this, in this order.

        Servers may tell of outputs that have changed otherwise, as their lists of modes do;
        those without a screen of its own size repeat themselves.
        """
        now, got = self.now, self._news()
        if self.free:
            more = set(map(now.output_news, range(len(self._outputs)))) if expected else set()
            right = [one for one in got if one in expected or one not in more] == expected
        else:
            right = set(got) >= set(expected)
        if not right:
            raise RandrDiffers(
                f"expected to be told\n{_lines(expected)}\n  was told\n{_lines(got)}"
            )

    def look(self) -> None:
        """Raise unless the server's replies, its list of monitors and the pictures of all CRTCs
        are as the model says."""
        got = self._arrangement()
        wrong = [
            f"{field.name} must be {getattr(self.now, field.name)}, is {getattr(got, field.name)}"
            for field in fields(RandrModel)
            if getattr(self.now, field.name) != getattr(got, field.name)
        ]
        if wrong:
            raise RandrDiffers("; ".join(wrong))
        self._look_at_monitors()
        for crtc, area in self.now.areas.items():
            self._look_at(crtc, area)

    def _look_at_monitors(self) -> None:
        """Those that were set, the primary one first, and one for each CRTC that none covers."""
        now, got = self.now, self.monitors.monitors()
        covered = {output for one in now.monitors.values() for output in one.outputs}
        expected = sorted(
            (area.x, area.y, area.width, area.height, now.crtcs[crtc].outputs)
            for crtc, area in now.areas.items()
            if not covered & {*now.crtcs[crtc].outputs}
        )
        automatic = sorted(
            (one.x, one.y, one.width, one.height, self._places(one.outputs))
            for one in got
            if one.automatic
        )
        if automatic != expected:
            raise RandrDiffers(f"automatic monitors must be {expected}, are {automatic}")
        primary = [name for name, one in now.monitors.items() if one.primary]
        told = [self._monitor_name(one) for one in got if one.primary and not one.automatic]
        first = [self._monitor_name(one) for one in got[: len(primary)]]
        if told != primary or first != primary:
            raise RandrDiffers(
                f"{primary} must be primary and first, primary are {told}, first {first}"
            )

    def _look_at(self, crtc: int, area: Rectangle) -> None:
        """The CRTC shows its part of the screen."""
        picture = Canvas(area.width, area.height, self.actor.screen.root_depth, GREY)
        for colour, place in WINDOWS:
            at = place.x - area.x, place.y - area.y
            picture.area(*at, place.width, place.height).fill(colour)
        picture.check(capture_root(self.actor, area))

    # What the server says, in the words of the model

    def _arrangement(self) -> RandrModel:
        resources = self.monitors.resources(current=True)
        root = self.actor.geometry(self.actor.root)
        return RandrModel(
            free=self.free,
            width=root.width,
            height=root.height,
            modes={
                self._mode_name(mode.id): (mode.width, mode.height)
                for mode in resources.modes.values()
            },
            crtcs=[self._shown(id) for id in self._crtcs],
            listed=[
                tuple(map(self._mode_name, self.monitors.output(id).modes)) for id in self._outputs
            ],
            primary=_index(self._outputs, self.monitors.primary()),
            monitors={
                self._monitor_name(one): UserMonitor(
                    one.x,
                    one.y,
                    one.width,
                    one.height,
                    one.mm_width,
                    one.mm_height,
                    one.primary,
                    self._places(one.outputs),
                )
                for one in self.monitors.monitors()
                if not one.automatic
            },
        )

    def _shown(self, id: int) -> Shown:
        crtc = self.monitors.crtc(id)
        if not crtc.mode:
            return Shown(outputs=self._places(crtc.outputs))
        place = crtc.x, crtc.y, crtc.rotation
        return Shown(self._mode_name(crtc.mode), *place, self._places(crtc.outputs))

    def _news(self) -> list[Notifications]:
        """What the observer was told since it was asked last."""
        self.actor.sync()
        self.observer.sync()
        first = self.observer.numbers(randr.EXTENSION).first_event
        found: list[Notifications] = []
        for entry in self.observer.events:
            if entry.name == "ConfigureNotify":
                size = [int.from_bytes(entry.data[at : at + 2], "little") for at in (20, 22)]
                found.append(("root", *size))
            else:
                event = randr.decode_event((entry.data[0] & 0x7F) - first, entry.data)
                found.append(self._told(event))
        self.observer.events.clear()
        return found

    def _told(self, event: object) -> Notifications:
        match event:
            case randr.ScreenChangeNotify():
                return "screen", event.width, event.height
            case randr.CrtcChangeNotify():
                place = event.x, event.y, event.width, event.height
                return "crtc", _index(self._crtcs, event.crtc), self._mode_name(event.mode), *place
            case randr.OutputChangeNotify():
                output, crtc = _index(self._outputs, event.output), _index(self._crtcs, event.crtc)
                return "output", output, crtc, self._mode_name(event.mode)
        return (type(event).__name__,)

    def _mode_name(self, id: int) -> str:
        if not id:
            return ""
        return next((name for name, known in self._modes.items() if known == id), f"{id:#x}")

    def _monitor_name(self, monitor: Monitor) -> str:
        if monitor.name not in self._atoms:
            name = self.actor.core.GetAtomName(monitor.name).reply().name
            self._atoms[monitor.name] = b"".join(name).decode("latin-1")
        return self._atoms[monitor.name]

    def _output(self, output: int | None) -> int:
        return 0 if output is None else self._outputs[output]

    def _places(self, outputs: tuple[int, ...]) -> tuple[int, ...]:
        """The places of outputs in the server's list, in its order."""
        return tuple(n for n, id in enumerate(self._outputs) if id in outputs)


def _index(ids: tuple[int, ...], id: int) -> int | None:
    """The place of an id; None for none, the id itself for one that is not played with."""
    if id in ids:
        return ids.index(id)
    return id or None


def _lines(news: list[Notifications]) -> str:
    return "\n".join(f"    {' '.join(map(str, one))}" for one in news) or "    nothing"
