# SPDX-License-Identifier: MIT
"""Names of goldens: the folder of a test, and the key of each picture in it."""

import re

from harness.goldens.errors import GoldenError

LONGEST_NAME = 120


def variants_for(server: str, depth: int) -> tuple[str, str, str, str]:
    """The variants that fit a frame, most specific first; the last, ``""``, is the common one."""
    return f"{server}-d{depth}", server, f"d{depth}", ""


def golden_name(text: str) -> str:
    """A suite's or test's name as a folder: lower case letters, digits and dashes.

    Raises GoldenError when nothing is left or it is too long.
    """
    return checked_name(re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-"))


def checked_name(name: str) -> str:
    """``name``, if it means the same on every file system.  Raises GoldenError otherwise."""
    if not re.fullmatch(r"[a-z0-9-]+", name) or len(name) > LONGEST_NAME:
        raise GoldenError(
            f"expected a golden's name of a-z, 0-9 and '-', at most {LONGEST_NAME} characters, "
            f"got {name!r} ({len(name)}); rename it"
        )
    return name


def golden_key(suite: str, test: str, name: str, variant: str = "") -> str:
    """The place of a picture in the folder, as the index spells it.  Raises GoldenError."""
    for part in (suite, test, name, *([variant] if variant else [])):
        checked_name(part)
    return f"{suite}/{test}/{name}{'.' if variant else ''}{variant}.png"


def variant_of(key: str) -> str:
    """The variant that a key names, or nothing."""
    return key.removesuffix(".png").partition(".")[2]
