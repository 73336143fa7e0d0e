# SPDX-License-Identifier: MIT
"""Comparison of the frames of one test with their goldens."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from operator import methodcaller
from pathlib import Path

from PIL import Image

from harness.errors import HarnessError
from harness.goldens.errors import GoldenError
from harness.goldens.files import png, replace_file
from harness.goldens.names import golden_key, variant_of, variants_for
from harness.goldens.store import GoldenMode, GoldenStore
from harness.pixels.comparison import Comparison, Tolerance, Verdict, compare, difference_picture
from harness.pixels.frame import Frame
from harness.pixels.rectangle import Rectangle

__tracebackhide__ = methodcaller("errisinstance", HarnessError)


class GoldenOutcome(StrEnum):
    """What a check wrote: nothing, a new golden, or a changed one."""

    CHECKED = "checked"
    ADDED = "added"
    UPDATED = "updated"


@dataclass(frozen=True, slots=True)
class GoldenResult:
    """One check of the golden ``key``, which the test calls ``name``.

    ``size`` is (width, height) of the frame, ``digest`` that of its pixels where they are not
    exactly the golden's, and ``expected`` that of the golden's then.
    ``steady`` is false for a failure that another capture at once showed otherwise.
    ``pictures`` are the files written for the reader: ``expected``, ``actual``, ``difference``.
    """

    key: str
    comparison: Comparison
    golden: Path
    outcome: GoldenOutcome = GoldenOutcome.CHECKED
    pictures: Mapping[str, Path] = field(default_factory=dict)
    name: str = ""
    size: tuple[int, int] = (0, 0)
    depth: int = 0
    digest: str = ""
    steady: bool = True
    expected: str = ""

    @property
    def verdict(self) -> Verdict:
        return self.comparison.verdict

    @property
    def saved(self) -> bool:
        """Whether the golden was written."""
        return self.outcome is not GoldenOutcome.CHECKED


class GoldenFailure(GoldenError):
    """The frame is not its golden's; ``result`` says how."""

    def __init__(self, text: str, result: GoldenResult) -> None:
        super().__init__(text)
        self.result = result


class GoldenMismatch(GoldenFailure):
    """Pixels differ."""


class GoldenSizeChanged(GoldenFailure):
    """Width, height or depth differ."""


class GoldenMissing(GoldenFailure):
    """There is no golden yet."""


@dataclass(slots=True, kw_only=True)
class GoldenChecks:
    """The goldens of one run of one test.

    ``suite`` and ``test`` are folder names (``golden_name`` makes them), ``server`` is the kind,
    ``release`` its version in words.  Pictures of failures go into ``results``, never into the
    golden folder.  ``rerun_command`` is what the reader types to run just this test again.
    ``done`` lists the checks, failed ones too.
    """

    store: GoldenStore
    suite: str
    test: str
    server: str
    results: Path
    release: str = ""
    rerun_command: str = ""
    done: list[GoldenResult] = field(default_factory=list)
    _names: set[str] = field(default_factory=set)

    def check(
        self,
        frame: Frame,
        name: str,
        *,
        ignore: Sequence[Rectangle] = (),
        tolerance: Tolerance | None = None,
        variants: Mapping[str, str] | None = None,
        recapture: Callable[[], Frame] | None = None,
    ) -> GoldenResult:
        """Compare ``frame`` with the golden ``name`` of this test: exactly without ``tolerance``.

        ``variants`` says for which servers or depths (``xephyr``, ``d16``, ``xephyr-d16``) the
        golden may differ from the common one, and why.  Before a golden is written,
        ``recapture`` takes the frame once more, and both must agree.
        Raises GoldenMismatch, GoldenSizeChanged, GoldenMissing; GoldenDamagedError when the
        golden folder is not in order; GoldenError for an impossible or repeated name.
        """
        if name in self._names:
            raise GoldenError(
                f"the golden {name!r} was already checked in this test; give each its own name"
            )
        self._names.add(name)
        variants = self._reasoned(variants or {})
        found = self.store.find(self.suite, self.test, name, self.server, frame.depth)
        key = self._target(name, frame.depth, found, variants)
        if found is None:
            expected = None
            comparison = Comparison(Verdict.MISSING, "nothing", frame.size)
        else:
            expected = self.store.load(found)
            comparison = compare(expected, frame, ignore=ignore, tolerance=tolerance)
            if comparison.verdict is Verdict.MATCH:
                self.store.confirmed[found] = self._made_with
                return self._done(name, frame, found, comparison)
        adding = self.store.mode is GoldenMode.ADD and key != found
        if adding or (found is not None and self.store.may_update(key)):
            _agree(frame, recapture, ignore)
            reason = self._reason(key, variants, tolerance)
            self.store.save(key, frame, server=self._made_with, reason=reason)
            outcome = GoldenOutcome.UPDATED if key == found else GoldenOutcome.ADDED
            return self._done(name, frame, key, comparison, outcome)
        pictures = {"actual": frame.to_image()}
        if expected is not None:
            pictures["expected"] = expected.to_image()
            if comparison.verdict is Verdict.MISMATCH:
                pictures["difference"] = difference_picture(
                    expected, frame, ignore=ignore, tolerance=tolerance
                )
        steady = True
        # A server that is gone by now is found out by itself.
        with suppress(HarnessError):
            steady = not _differences(frame, recapture, ignore)
        digest = "" if expected is None else expected.digest
        raise self._failure(name, frame, found or key, comparison, pictures, steady, digest)

    def begin_again(self) -> None:
        """Let the test check each of its goldens once more, as it is tried again."""
        self._names.clear()

    @property
    def _made_with(self) -> str:
        return f"{self.server} {self.release}".strip()

    def _reasoned(self, variants: Mapping[str, str]) -> Mapping[str, str]:
        for variant, reason in variants.items():
            if not reason.strip():
                raise GoldenError(f"the variant {variant!r} needs a reason: say why it may differ")
        return variants

    def _target(self, name: str, depth: int, found: str | None, variants: Mapping[str, str]) -> str:
        """The golden that would be written: the most specific that is there or declared."""
        for variant in variants_for(self.server, depth):
            key = golden_key(self.suite, self.test, name, variant)
            if not variant or variant in variants or key == found:
                break
        return key

    def _reason(self, key: str, variants: Mapping[str, str], tolerance: Tolerance | None) -> str:
        variant = variant_of(key)
        if not variant:
            return tolerance.reason if tolerance else ""
        entry = self.store.entry(key)
        return variants.get(variant) or (entry.reason if entry else "")

    def _done(
        self,
        name: str,
        frame: Frame,
        key: str,
        comparison: Comparison,
        outcome: GoldenOutcome = GoldenOutcome.CHECKED,
        pictures: Mapping[str, Path] | None = None,
        *,
        steady: bool = True,
        expected: str = "",
    ) -> GoldenResult:
        exact = comparison.verdict is Verdict.MATCH and not comparison.tolerated
        result = GoldenResult(
            key,
            comparison,
            self.store.path(key),
            outcome,
            pictures or {},
            name,
            (frame.width, frame.height),
            frame.depth,
            "" if exact else frame.digest,
            steady,
            expected,
        )
        self.done.append(result)
        return result

    def _failure(
        self,
        name: str,
        frame: Frame,
        key: str,
        comparison: Comparison,
        pictures: Mapping[str, Image.Image],
        steady: bool,
        expected: str,
    ) -> GoldenFailure:
        golden = self.store.path(key)
        lines = [f"{comparison}", f"  golden      {golden}"]
        paths: dict[str, Path] = {}
        for kind in ("expected", "actual", "difference"):
            if kind not in pictures:
                continue
            path = self.results / f"{name}.{kind}.png"
            try:
                replace_file(path, png(pictures[kind]))
            except OSError as error:
                lines.append(f"  {kind:<11} not written to {path}: {error.strerror}")
            else:
                paths[kind] = path
                lines.append(f"  {kind:<11} {path}")
        if paths:
            look = paths.get("difference", paths.get("actual"))
            lines.append(f"  look        xdg-open {shlex.quote(str(look))}")
        if not steady:
            lines.append(f"  unsteady    {_UNSTEADY}")
        elif self.rerun_command:
            missing = comparison.verdict is Verdict.MISSING
            accept = "add" if missing else f"update={key.removesuffix('.png')}"
            lines.append(f"  accept      {self.rerun_command} --golden={accept}")
        result = self._done(
            name, frame, key, comparison, pictures=paths, steady=steady, expected=expected
        )
        return _FAILURES[comparison.verdict]("\n".join(lines), result)


_FAILURES = {
    Verdict.MISMATCH: GoldenMismatch,
    Verdict.SIZE_CHANGED: GoldenSizeChanged,
    Verdict.MISSING: GoldenMissing,
}


_UNSTEADY = "another capture at once shows something else: wait for what the test is about first"


def _differences(
    frame: Frame, recapture: Callable[[], Frame] | None, ignore: Sequence[Rectangle]
) -> str:
    """How another capture differs from ``frame``, in words, or nothing."""
    if recapture is None:
        return ""
    comparison = compare(frame, recapture(), ignore=ignore)
    return "" if comparison.verdict is Verdict.MATCH else str(comparison)


def _agree(
    frame: Frame, recapture: Callable[[], Frame] | None, ignore: Sequence[Rectangle]
) -> None:
    """Raise GoldenError unless another capture shows the same."""
    if differences := _differences(frame, recapture, ignore):
        raise GoldenError(
            f"the golden was not saved: two captures in a row differ ({differences}); "
            f"wait for what the test is about before it captures"
        )
