# SPDX-License-Identifier: MIT
"""The environment of a server: nothing of the desktop that the tests run on."""

import os

_KEPT = ("PATH", "HOME", "TMPDIR", "USER", "LOGNAME")
_KEPT_PREFIXES = (
    *("ASAN_", "GCOV_", "LSAN_", "MSAN_", "TSAN_", "UBSAN_"),
    *("GALLIUM_", "LD_", "LIBGL_", "LLVM_", "LP_", "MALLOC_", "MESA_", "VALGRIND_"),
)


def clean_environment() -> dict[str, str]:
    """The variables for paths, loaders, sanitizers, coverage and drivers, in the C locale.

    In particular without DISPLAY, XAUTHORITY and WAYLAND_DISPLAY.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT or name.startswith(_KEPT_PREFIXES)
    }
    return kept | {"LC_ALL": "C", "LANG": "C"}
