# SPDX-License-Identifier: MIT
"""The table of what a test can need of its server: one row per keyword of the mark ``needs``.

The mark, its help, the words of the skip, docs/reference.md and ``xharness doctor`` read it.
Importing it is cheap: a server is probed when a row first needs to know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError

if TYPE_CHECKING:
    from harness.capabilities.probed_server import ProbedServer

EXTENSIONS = "extensions"
"""The need that the positional arguments of the mark state."""

ROOTFUL = "xwayland@trixie"
"""A server of a release that shows what no older one does."""


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that tests can need of a server.

    ``words`` are those of the skip, in which {wanted}, {has} and {server} stand for values; up
    to the comma they name the need.  ``lack`` gives them where they depend on more.  ``has``
    probes a server: the need is met when that is at least (``>=``) what is wanted (True, a
    number, a version), or, for a set, holds all of it.  ``default`` needs nothing; ``example``
    is what the documentation and the doctor want.  ``helpers`` are kinds of server (``xorg``)
    or those of a release (``xwayland@trixie``) that have the example; the doctor leaves out a
    need without one.  ``extension`` is the one without which no server meets the need.
    """

    keyword: str
    words: str
    has: Callable[[ProbedServer], Any]
    helpers: tuple[str, ...] = ()
    default: Any = False
    example: Any = True
    lack: Callable[[ProbedServer], str] | None = None
    extension: str = ""

    def unmet(self, server: ProbedServer, wanted: Any) -> str | None:
        """What ``server`` lacks of what is ``wanted``, in words; None when it has it."""
        has = self.has(server)
        lacking = self._lacking(has, wanted)
        if lacking is None:
            return None
        if self.lack is not None:
            return self.lack(server)
        return self.words.format(wanted=_text(lacking), has=_text(has), server=server)

    def lost(self, server: ProbedServer) -> str | None:
        """What ``server`` lacks though every server of its kind has it, in words, or None."""
        if self.extension and self.extension not in server.offer.extensions:
            return NEEDS[0].lost(server)
        lacks = (self._lacking(self.has(server), least) for least in server.always(self.keyword))
        lost = [lack for lack in lacks if lack is not None]
        if not lost:
            return None
        thing = self.words.partition(",")[0].format(wanted=", ".join(map(_text, lost)))
        return (
            f"{server} has lost {thing}: every server of its kind and version has that, so "
            f"it is no missing feature; further tests that need it are skipped"
        )

    def _lacking(self, has: Any, wanted: Any) -> Any:
        """The part of what is ``wanted`` that is not there; None when all is."""
        if isinstance(has, frozenset):
            return [one for one in wanted if one not in has] or None
        return None if has >= wanted else wanted

    @property
    def call(self) -> str:
        """The example as an argument of the mark: ``crtcs=2``."""
        value = repr(self.example)
        return value.strip("(,)") if self.keyword == EXTENSIONS else f"{self.keyword}={value}"

    @property
    def example_words(self) -> str:
        """What the example needs, in words: ``2 CRTCs``."""
        return self.words.partition(",")[0].format(wanted=_text(self.example))


def _text(value: Any) -> str:
    """A version as 1.4, a list with commas, anything else as it is."""
    separator = "." if isinstance(value, tuple) else ", "
    return separator.join(map(str, value)) if isinstance(value, tuple | list) else str(value)


def _no_rate(server: ProbedServer) -> str:
    if server.offers_rate:
        return f"a frame rate that can be chosen, that of {server} is its host's"
    return "a server whose frame rate can be chosen, with -fakescreenfps"


def _no_memory(server: ProbedServer) -> str:
    if server.server.spec is None:
        return f"a process whose memory can be measured, that of {server} is not the harness's own"
    if server.server.spec.build.kind.info.guest:
        return f"a process whose memory can be measured, {server} runs in a kernel of its own"
    return (
        f"a process whose memory can be measured, {server} runs under valgrind or with sanitizers, "
        f"which keep what it frees"
    )


NEEDS: tuple[Need, ...] = (
    Need(
        EXTENSIONS,
        "{wanted}, which {server} lacks",
        lambda s: s.offer.extensions,
        default=(),
        example=("RANDR",),
    ),
    Need(
        "present",
        "Present {wanted}, {server} has {has}",
        lambda s: s.offer.present,
        (ROOTFUL,),
        default=(0, 0),
        example=(1, 4),
        extension="Present",
    ),
    Need(
        "sync",
        "SYNC {wanted}, {server} has {has}",
        lambda s: s.offer.sync,
        ("xvfb",),
        default=(0, 0),
        example=(3, 1),
        extension="SYNC",
    ),
    Need(
        "depths",
        "pixmaps of depth {wanted}, which {server} lacks",
        lambda s: s.offer.depths,
        default=(),
        example=(32,),
    ),
    Need(
        "visuals",
        "windows of depth {wanted}, which {server} lacks",
        lambda s: s.offer.visuals,
        default=(),
        example=(32,),
    ),
    Need(
        "screen_depths",
        "a screen of depth {wanted}, that of {server} has another",
        lambda s: frozenset([s.server.setup.depth]),
        default=(),
        example=(24,),
    ),
    Need(
        "rate",
        "a frame rate that can be chosen",
        lambda s: s.offers_rate and not s.paced_by_host,
        ("xvfb",),
        lack=_no_rate,
    ),
    Need(
        "crtcs",
        "{wanted} CRTCs, {server} has {has}",
        lambda s: s.abilities.crtcs,
        ("xorg", "sway@trixie"),
        default=0,
        example=2,
        extension="RANDR",
    ),
    Need(
        "rotation",
        "a CRTC that rotates, {server} has none",
        lambda s: s.abilities.rotation,
        ("xephyr",),
        extension="RANDR",
    ),
    Need(
        "screen_turns",
        "a screen that turns with its CRTC, that of {server} keeps its size",
        lambda s: s.abilities.screen_turns,
        ("xephyr",),
        extension="RANDR",
    ),
    Need(
        "transform",
        "a CRTC that takes a transform, {server} has none",
        lambda s: s.abilities.transform,
        (ROOTFUL,),
        extension="RANDR",
    ),
    Need(
        "grow",
        "a screen that can grow, that of {server} cannot",
        lambda s: s.abilities.grow,
        ("xvnc",),
        extension="RANDR",
    ),
    Need(
        "resize",
        "a screen whose size can be set, that of {server} cannot",
        lambda s: s.abilities.resize,
        ("xvfb",),
        extension="RANDR",
    ),
    Need(
        "flip",
        "presentations that flip, {server} copies",
        lambda s: s.flips,
        ("xorg-flip", ROOTFUL),
        extension="Present",
    ),
    Need(
        "root_pixels",
        "a root window whose pixels can be read, that of {server} cannot be",
        lambda s: s.root_pixels,
        ("xvfb",),
    ),
    Need(
        "small_windows_copy",
        "presentations to small windows that copy, those of {server} flip",
        lambda s: s.small_windows_copy,
        ("xvfb",),
        extension="Present",
    ),
    Need(
        "uncomposited",
        "windows that no compositing manager redirects, one runs on {server}",
        lambda s: s.uncomposited,
        ("xvfb",),
        extension="Composite",
    ),
    Need(
        "screen_clock",
        "one clock for all windows, {server} has one for each",
        lambda s: s.timing.screen_clock,
        ("xvfb",),
        extension="Present",
    ),
    Need(
        "fake_vblank",
        "a vertical blank that the server makes up, that of {server} is its driver's or its host's",
        lambda s: not s.flips,
        ("xvfb",),
        extension="Present",
    ),
    Need(
        "supersede",
        "presentations that supersede others of the frame, {server} has none",
        lambda s: s.timing.supersede,
        ("xvfb",),
        extension="Present",
    ),
    Need(
        "memory",
        "a process whose memory can be measured",
        lambda s: s.measurable_memory,
        ("xvfb",),
        lack=_no_memory,
    ),
)
"""As they are checked, extensions first; a new need is a row here, and its test."""

UNPROBED: Mapping[str, str] = {
    'servers="xorg"': "one of these kinds",
    'reason="why"': "nothing more: this is added to the words of the skip",
}
"""Arguments of the mark that need no probe, as documentation gives them."""


def named(keyword: str) -> Need:
    """The row of ``keyword``.  Raises HarnessError for one that the table does not have."""
    for need in NEEDS:
        if need.keyword == keyword:
            return need
    known = ", ".join(need.keyword for need in NEEDS)
    raise HarnessError(f"there is no need {keyword!r}; known: {known}")


def keywords() -> list[str]:
    """The keywords that the mark ``needs`` takes."""
    probed = [need.keyword for need in NEEDS if need.keyword != EXTENSIONS]
    return [*probed, *(call.partition("=")[0] for call in UNPROBED)]


def documentation() -> list[tuple[str, str, tuple[str, ...]]]:
    """For each argument of the mark an example, what a server must have for it, its helpers."""
    probed = [(need.call, need.example_words, need.helpers) for need in NEEDS]
    return [*probed, *((call, words, ()) for call, words in UNPROBED.items())]
