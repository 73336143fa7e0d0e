# SPDX-License-Identifier: MIT
"""What the harness must know about one kind of X server."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.servers.spec import ServerSpec


def _nothing(_spec: "ServerSpec") -> dict[str, str]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One kind of server; its module holds the only one, named RECIPE.

    ``help_mark`` is a text that only this kind's ``-help`` prints.  ``arguments`` gives
    the options that this kind alone needs for a spec; it may write files (a
    configuration) into the server's private folder.  ``environment`` gives variables to
    add to the clean environment.
    """

    program: str
    packages: Mapping[str, str]
    built_at: str
    help_mark: str
    arguments: Callable[["ServerSpec", Path], Sequence[str]]
    environment: Callable[["ServerSpec"], dict[str, str]] = _nothing
    needs_host: bool = False
