# SPDX-License-Identifier: MIT
"""The bytes of core replies that mean nothing, which some servers leave as they were.

Source: X11 protocol, appendix B (encoding).
"""

_SECOND = (1, 2)
_UNUSED = {
    3: [(42, 44)],  # GetWindowAttributes
    14: [(22, 32)],  # GetGeometry
    15: [_SECOND, (18, 32)],  # QueryTree
    20: [(20, 32)],  # GetProperty
    21: [_SECOND, (10, 32)],  # ListProperties
    23: [_SECOND, (12, 32)],  # GetSelectionOwner
    38: [(26, 32)],  # QueryPointer
    43: [(12, 32)],  # GetInputFocus
    44: [_SECOND],  # QueryKeymap
    52: [_SECOND, (10, 32)],  # GetFontPath
    101: [(8, 32)],  # GetKeyboardMapping
    103: [(18, 20)],  # GetKeyboardControl
    106: [_SECOND, (14, 32)],  # GetPointerControl
    108: [_SECOND, (14, 32)],  # GetScreenSaver
    110: [(10, 32)],  # ListHosts
    117: [(8, 32)],  # GetPointerMapping
    119: [(8, 32)],  # GetModifierMapping
}


def clear_unused(opcode: int, reply: bytearray) -> None:
    """Set to 0 what means nothing in the reply to a core request of this ``opcode``."""
    for start, end in _UNUSED.get(opcode, ()):
        reply[start:end] = bytes(end - start)
