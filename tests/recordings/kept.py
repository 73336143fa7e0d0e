# SPDX-License-Identifier: MIT
"""A sink that keeps a recording in memory."""

from harness.recordings.messages import messages_of
from harness.recordings.recording import Recording


class Kept:
    """Keeps what it takes."""

    def __init__(self):
        self.head, self.items, self.ended = None, [], False

    def begin(self, head, proxy):
        self.head = head

    def take(self, items):
        self.items += items

    def end(self):
        self.ended = True

    def messages(self):
        """What was kept, cut into messages."""
        return list(messages_of(Recording(self.head, list(self.items))))
