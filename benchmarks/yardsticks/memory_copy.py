# SPDX-License-Identifier: MIT
"""The physical limit of images: memcpy of as many bytes, between pages of a known kind."""

import ctypes
import mmap
from dataclasses import dataclass

WIDTH, HEIGHT = 3840, 2160
BYTES = WIDTH * HEIGHT * 4

ORDINARY = "memcpy, ordinary pages"
HUGE = "memcpy, huge pages"


def pages(size: int, huge: bool = False) -> mmap.mmap:
    """Private memory, touched before; in huge pages if ``huge`` and possible."""
    memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    memory.madvise(mmap.MADV_HUGEPAGE if huge else mmap.MADV_NOHUGEPAGE)
    for offset in range(0, size, mmap.PAGESIZE):
        memory[offset] = 1
    return memory


@dataclass(frozen=True, slots=True)
class MemoryCopy:
    """Copies ``BYTES`` from one place to another, both touched before."""

    source: mmap.mmap
    target: mmap.mmap

    @classmethod
    def of(cls, *, huge: bool = False) -> "MemoryCopy":
        return cls(pages(BYTES, huge), pages(BYTES, huge))

    def __call__(self) -> None:
        source, target = (
            ctypes.addressof(ctypes.c_char.from_buffer(memory))
            for memory in (self.source, self.target)
        )
        ctypes.memmove(target, source, BYTES)
