# SPDX-License-Identifier: MIT
"""A judge that speaks while clients run."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence

from harness.proxy.proxy import Proxy
from harness.recordings.judging import SETTLING, Finding, Judge
from harness.recordings.messages import BrokenStream, messages_of
from harness.recordings.recording import Contents, Item, Passed, Recording, RecordingHead
from harness.recordings.timeline import entries_of
from harness.timeline.rules import Family

MEMORY = 40_000
"""Entries, as those of a ``Judge``."""

WAITING = 1 << 26
"""Bytes that may wait for the judge before the proxy waits for it."""

_SHARE = 10
"""A check may take this part of the time."""

_PAUSE = 0.1
"""Seconds between two looks at what came: one for each message would cost more than judging."""


class LiveJudge:
    """A sink of a recorder that judges in a thread of its own; ``say`` gets each finding there.

    ``say`` gets too when the recording began (s); ``broken`` gets the error where the server breaks
    a stream, which fails the proxy without it.  A violation is found about ``SETTLING`` after
    its last entry, later where a check takes longer: checks take at most a tenth of the time.
    """

    def __init__(
        self,
        say: Callable[[Finding, float], None],
        family: Family | None = None,
        broken: Callable[[BrokenStream], None] | None = None,
    ) -> None:
        self._say, self._family, self._broken_stream = say, family, broken
        self._items: list[Item] = []
        self._waiting = 0
        self._ended = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._broken = False

    def begin(self, head: RecordingHead, proxy: Proxy) -> None:
        """Begin to judge; what fails goes to ``proxy``."""

        def work() -> None:
            try:
                self._judge(head)
            except Exception as failure:
                with self._changed:
                    self._broken = True
                    self._items = []
                    self._changed.notify_all()
                proxy.fail(failure)

        self._thread = threading.Thread(target=work, name="judge", daemon=True)
        self._thread.start()

    def take(self, items: Sequence[Item]) -> None:
        """Take the next items; waits while the judge is far behind."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting < WAITING or self._broken)
            if not self._broken:
                self._waiting += sum(len(one.data) for one in items if isinstance(one, Passed))
                self._items += (one for one in items if not isinstance(one, Contents))

    def end(self) -> None:
        """Judge what is left, as certain."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _judge(self, head: RecordingHead) -> None:
        judge = Judge(head.server, self._family, MEMORY)
        checked = spent = 0.0
        count, heard = 0, time.monotonic()

        def check() -> None:
            """Check when it is time to."""
            nonlocal checked, spent, count
            now = time.monotonic()
            if count == judge.count or now < checked + max(SETTLING, _SHARE * spent):
                return
            moment = judge.entries[-1].time + now - heard
            for finding in judge.check(moment):
                self._say(finding, judge.start)
            # What came last is checked again once it is settled.
            count = judge.count if now - heard > SETTLING else -1
            judge.forget()
            checked = time.monotonic()
            spent = checked - now

        def items() -> Iterator[Item]:
            ended = False
            while not ended:
                check()
                with self._changed:
                    ended = self._changed.wait_for(lambda: self._ended, _PAUSE)
                    came, self._items = self._items, []
                    self._waiting = 0
                    self._changed.notify_all()
                yield from came

        messages = messages_of(Recording(head, items()), self._broken_stream)
        for entry in entries_of(messages, head.extensions):
            judge.add(entry)
            heard = time.monotonic()
        for finding in judge.check(float("inf")):
            self._say(finding, judge.start)
