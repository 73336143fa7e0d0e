# SPDX-License-Identifier: MIT
"""The environment a server starts in: nothing of the desktop of the person who tests."""

import os

_KEPT = ("PATH", "HOME", "TMPDIR", "USER", "LOGNAME")
_KEPT_PREFIXES = (
    "ASAN_",
    "GALLIUM_",
    "GCOV_",
    "LD_",
    "LIBGL_",
    "LLVM_",
    "LP_",
    "LSAN_",
    "MESA_",
    "MSAN_",
    "TSAN_",
    "UBSAN_",
)


def clean_environment() -> dict[str, str]:
    """What a server may see: paths, and what steers loaders, sanitizers, coverage, drivers.

    In particular no DISPLAY, XAUTHORITY or WAYLAND_DISPLAY, and always the C locale.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT or name.startswith(_KEPT_PREFIXES)
    }
    return kept | {"LC_ALL": "C", "LANG": "C"}
