# SPDX-License-Identifier: MIT
"""The folder of what the harness keeps between sessions."""

from pathlib import Path

from harness.inputs import variable
from harness.servers.errors import NoCacheFolder

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
