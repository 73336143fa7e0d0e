# SPDX-License-Identifier: MIT
"""The folder of what the harness keeps between sessions."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from harness.inputs import variable
from harness.locks import at_once, locked
from harness.servers.errors import FetchRefused, NoCacheFolder

CACHE_VARIABLE = "XHARNESS_CACHE"


def cache_folder() -> Path:
    """The folder that XHARNESS_CACHE names, by default one in the user's cache folder.

    Raises NoCacheFolder for a user without a home folder, and for a path that leads nowhere.
    """
    cache = variable(CACHE_VARIABLE)
    if cache is None:
        cache = str(Path(variable("XDG_CACHE_HOME") or "~/.cache") / "xharness")
    try:
        folder = Path(cache).expanduser().absolute()
        # A missing folder has nothing in it; one that may not be searched is another matter.
        (folder / "servers").exists()
    except RuntimeError:
        raise NoCacheFolder(f"{cache} names the home folder of no user") from None
    except OSError as error:
        raise NoCacheFolder(f"{cache}: {error.strerror or error}") from None
    return folder


def lock_folder(folder: Path, waiting: Callable[[], None] = at_once) -> AbstractContextManager[int]:
    """Hold the lock of a folder of the cache; see ``harness.locks``.  Raises FetchRefused."""

    def refused(error: OSError) -> FetchRefused:
        return FetchRefused(
            f"the cache {folder} cannot be written ({error.strerror}); "
            f"name another folder in {CACHE_VARIABLE}"
        )

    return locked(folder / "lock", refused, waiting)
