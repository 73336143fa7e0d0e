# SPDX-License-Identifier: MIT
"""A recording without the requests of some extensions."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from harness.recordings.messages import RecordedKind, RecordedMessage
from harness.recordings.recording import RecordingError, RecordingHead
from harness.recordings.references.finding import References
from harness.x11 import encoding


def without_extensions(
    head: RecordingHead, messages: Iterable[RecordedMessage], names: Collection[str]
) -> Iterator[RecordedMessage]:
    """The messages with a NoOperation for each request of these extensions.

    What the server sent for them is left out; sequence numbers stay.  Raises RecordingError for
    the name of an extension that ``head`` does not have.
    """
    if not names:
        yield from messages
        return
    known = {one.name: one.major for one in head.extensions}
    if unknown := sorted({*names} - known.keys()):
        raise RecordingError(
            f"{', '.join(unknown)} cannot be left out: the recorded server has no such extension, "
            f"but {', '.join(sorted(known))}"
        )
    references, majors = References(head.extensions), {known[name] for name in names}
    for one in messages:
        match one.kind:
            case RecordedKind.REQUEST if one.data[0] in majors:
                nothing = encoding.request(one.order, encoding.NO_OPERATION, 0)
                yield replace(one, data=nothing, descriptors=(), contents=())
            case RecordedKind.REPLY | RecordedKind.ERROR if one.answers[:1] and (
                one.answers[0] in majors
            ):
                pass
            case RecordedKind.EVENT if references.name(one).partition(":")[0] in names:
                pass
            case _:
                yield one
