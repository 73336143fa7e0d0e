# SPDX-License-Identifier: MIT
"""The names of atoms, as the messages of a recording tell them."""

import struct

from harness.recordings.messages import RecordedKind, RecordedMessage
from harness.x11.definitions.catalogue import Catalogue

_INTERN_ATOM, _GET_ATOM_NAME = 16, 17


class AtomNames:
    """Learns from messages, given in their order; knows the predefined atoms from the start."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.names = dict(catalogue.core.enums["Atom"].names)
        self.predefined = frozenset(self.names)
        self._interning: dict[tuple[int, int], str | int] = {}

    def of(self, atom: object) -> str:
        """The name of ``atom``; "" of one that is not known, or that is no number."""
        return self.names.get(atom, "") if isinstance(atom, int) else ""

    def learn(self, message: RecordedMessage) -> bool:
        """Whether ``message`` answered a question for an atom or its name, good or bad."""
        data, order = message.data, message.order
        key = message.client, message.sequence
        if message.kind is RecordedKind.REQUEST:
            if data[0] == _INTERN_ATOM and len(data) >= 8:
                (length,) = struct.unpack_from(f"{order}H", data, 4)
                self._interning[key] = data[8 : 8 + length].decode("latin-1")
            elif data[0] == _GET_ATOM_NAME and len(data) >= 8:
                self._interning[key] = int(struct.unpack_from(f"{order}I", data, 4)[0])
            return False
        if message.kind not in (RecordedKind.REPLY, RecordedKind.ERROR):
            return False
        if (asked := self._interning.pop(key, None)) is None:
            return False
        if message.kind is RecordedKind.ERROR:
            return True
        if isinstance(asked, str):
            (atom,) = struct.unpack_from(f"{order}I", data, 8)
            if atom:
                self.names[atom] = asked
        else:
            (length,) = struct.unpack_from(f"{order}H", data, 8)
            self.names[asked] = data[32 : 32 + length].decode("latin-1")
        return True
