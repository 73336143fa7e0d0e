# SPDX-License-Identifier: MIT
"""The statements of a script, and which requests they send."""

from dataclasses import dataclass, field

from harness.recordings.messages import RecordedMessage
from harness.recordings.references.reference import Reference


@dataclass(slots=True)
class WrittenRequest:
    """A request of the script.

    ``name`` is the protocol's; ``content`` its decoded form if it is Present's, ``target`` the
    expression for its target MSC.
    """

    message: RecordedMessage
    name: str
    connection: str
    references: tuple[Reference, ...]
    content: object = None
    target: str = ""


@dataclass(slots=True)
class Body:
    """Statements of a script: ``opening`` connects, ``lines`` do the rest.

    ``core_names`` and ``modules`` are xcffib's that they use; ``requests`` are all, in order, and
    ``connections`` the variables by the recording's clients.
    """

    opening: list[str] = field(default_factory=list)

    lines: list[str] = field(default_factory=list)
    core_names: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)
    requests: list[WrittenRequest] = field(default_factory=list)
    connections: dict[int, str] = field(default_factory=dict)
