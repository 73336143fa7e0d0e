# SPDX-License-Identifier: MIT
"""Sessions of two versions of the suites that run the tests which both have, and no other."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import reduce
from pathlib import Path

from benchmarks import only_tests
from benchmarks.sessions import session

Session = Callable[[Path, Sequence[str]], float]
"""Runs the tests of a checkout with these arguments; returns its seconds."""


def all_tests(checkout: Path, arguments: Sequence[str]) -> float:
    """Seconds of a session of ``checkout``, in its own folder, with its own configuration."""
    return session(checkout, arguments, autoload=True, checkout=checkout)


@contextmanager
def common_tests(
    checkouts: Sequence[Path], arguments: Sequence[str]
) -> Iterator[tuple[Session, int]]:
    """Sessions of these checkouts with the tests that all of them have; and how many these are.

    Raises SessionFailed if one of them cannot collect its tests.
    """
    with tempfile.TemporaryDirectory(prefix="xharness-") as name:
        folder = Path(name)
        shutil.copy(only_tests.__file__, folder)

        def listed(checkout: Path) -> set[str]:
            file = folder / "listed"
            chosen(checkout, [*arguments, "--collect-only"], only_tests.LISTED, file)
            return set(file.read_text(encoding="utf-8").splitlines())

        def chosen(checkout: Path, arguments: Sequence[str], variable: str, file: Path) -> float:
            return session(
                checkout,
                ["-p", Path(only_tests.__file__).stem, *arguments],
                autoload=True,
                checkout=checkout,
                plugins=folder,
                variables={variable: str(file)},
            )

        common = reduce(set.intersection, map(listed, checkouts))
        only = folder / "only"
        only.write_text("\n".join(common), encoding="utf-8")
        yield (
            (lambda checkout, arguments: chosen(checkout, arguments, only_tests.ONLY, only)),
            len(common),
        )
