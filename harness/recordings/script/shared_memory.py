# SPDX-License-Identifier: MIT
"""Shared memory of a script: every segment is one of System V, which needs no descriptor.

MIT-SHM 1.2: Attach, AttachFd, CreateSegment.
"""

import struct
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from harness.recordings.messages import RecordedKind, RecordedMessage
from harness.recordings.recording import DescriptorKind
from harness.recordings.references.finding import References
from harness.recordings.script.expressions import bytes_text
from harness.recordings.script.variables import Variables

ATTACHING = {"MIT-SHM:Attach": 12, "MIT-SHM:AttachFd": 8, "MIT-SHM:CreateSegment": 12}
"""Requests that a script makes an Attach, and where they say whether the server may write."""

_PAGE = 4096
_LEAST = 1 << 20
"""Bytes of a segment of which the recording does not tell the size: only what is used counts."""


class SharedMemories:
    """The segments in the messages of a recording, by the number of their memory."""

    def __init__(
        self, messages: Iterable[RecordedMessage], references: References, variables: Variables
    ) -> None:
        self._references, self._variables = references, variables
        self._names: dict[int, str] = {}
        self._sizes: Counter[int] = Counter()
        self._created: dict[tuple[int, int], int] = {}
        for message in messages:
            for one in message.descriptors:
                if one.kind is DescriptorKind.MEMORY:
                    self._sizes[one.number] = one.size
                    if message.kind is RecordedKind.REPLY:
                        self._created[message.client, message.sequence] = one.number
            for contents in message.contents:
                end = contents.offset + len(contents.data)
                self._sizes[contents.memory] = max(self._sizes[contents.memory], end)

    def filled(self, message: RecordedMessage) -> Iterator[str]:
        """Statements that write what the client had written before this request."""
        for one in message.contents:
            if one.memory in self._names:
                data = one.data.rstrip(b"\0") or one.data[:1]
                # What was there before is overwritten by zeros as well.
                zeros = len(one.data) - len(data)
                text = bytes_text(data) + (f" + bytes({zeros})" if zeros else "")
                yield f"{self._names[one.memory]}.write({one.offset}, {text})"

    def attached(
        self, message: RecordedMessage, owner: str, name: Callable[[int], str]
    ) -> Iterator[str]:
        """Statements that attach a segment in place of one of ``ATTACHING``.

        ``owner`` has the requests of MIT-SHM, ``name`` gives the expression for an id.
        """
        request = self._references.request_name(message.data)
        segment, second = struct.unpack_from(f"{message.order}II", message.data, 4)
        read_only = bool(message.data[ATTACHING[request]])
        number, size = -1 - second, 0
        if request == "MIT-SHM:AttachFd":
            number = message.descriptors[0].number if message.descriptors else 0
        elif request == "MIT-SHM:CreateSegment":
            number, size = self._created.get((message.client, message.sequence), 0), second
        if number not in self._names:
            size = max(size, self._sizes[number], _LEAST)
            self._names[number] = variable = self._variables.new("memory")
            yield f"{variable} = SharedMemory({-(-size // _PAGE) * _PAGE})"
        yield f"{owner}.Attach({name(segment)}, {self._names[number]}.id, {read_only})"
