# SPDX-License-Identifier: MIT
"""System V memory that this process shares with a server, by MIT-SHM."""

import ctypes
import struct
import weakref
from typing import Self

_IPC_PRIVATE = 0
_IPC_CREAT = 0o1000
_IPC_RMID, _IPC_STAT = 0, 2
_READ_ONLY = 0o10000
_FAILED = ctypes.c_void_p(-1).value

_SIZE, _SIZE_AT = struct.Struct("N"), 48
"""Where the kernel's shmid_ds has the size: behind its ipc_perm, of 48 bytes."""

_libc = ctypes.CDLL(None)
_libc.shmget.argtypes = (ctypes.c_int, ctypes.c_size_t, ctypes.c_int)
_libc.shmat.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_int)
_libc.shmat.restype = ctypes.c_void_p
_libc.shmdt.argtypes = (ctypes.c_void_p,)
_libc.shmctl.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_void_p)


class SharedSegment:
    """A System V segment, attached by this process and by the server as its resource ``id``.

    It is unmapped when it is collected.
    """

    id = 0

    def __init__(self, shmid: int, address: int, size: int) -> None:
        self.shmid = shmid
        self.address = address
        self.size = size
        weakref.finalize(self, _libc.shmdt, address).atexit = False

    @classmethod
    def create(cls, size: int) -> Self | None:
        """A new segment; None when the kernel gives none."""
        shmid = _libc.shmget(_IPC_PRIVATE, size, _IPC_CREAT | 0o600)
        if shmid < 0:
            return None
        address = _libc.shmat(shmid, None, 0)
        # Linux lets others attach a removed segment while it is attached, so that nothing is left
        # behind even if this process is killed at the next instruction.
        _libc.shmctl(shmid, _IPC_RMID, None)
        return None if address == _FAILED else cls(shmid, address, size)

    @classmethod
    def attach(cls, shmid: int) -> Self | None:
        """That of others, to read it; None when there is none, or it may not be read."""
        status = (ctypes.c_char * 256)()
        if _libc.shmctl(shmid, _IPC_STAT, status) < 0:
            return None
        (size,) = _SIZE.unpack_from(status, _SIZE_AT)
        address = _libc.shmat(shmid, None, _READ_ONLY)
        return None if address == _FAILED else cls(shmid, address, size)

    def remove(self) -> None:
        """Let the kernel free it when nobody has it attached any more: some servers forget to."""
        _libc.shmctl(self.shmid, _IPC_RMID, None)

    def read(self, offset: int, size: int) -> bytes:
        """``size`` bytes from ``offset`` on, which must both be in the segment."""
        return ctypes.string_at(self.address + offset, size)
