# SPDX-License-Identifier: MIT
"""A script waits for no event that the faulty server does not send."""

from collections.abc import Sequence

from harness.clients.present.presenter import Presenter
from harness.proxy.layer import Layer
from harness.recordings.references.finding import References
from harness.recordings.shrinking.trials import Place, attempt, recorded_ids
from harness.recordings.shrinking.waits import without_vain_waits
from harness.servers.builds import find_on_path
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.spec import ServerSpec
from tests.doubles.faults import find_fault
from tests.doubles.faulty_server import layer_for
from tests.recordings.busy_session import Session


def swaps_serials() -> Sequence[Layer]:
    """What makes each of two presentations complete with the serial of the other."""
    return [layer_for(find_fault("swaps-serials"))]


def test_what_never_comes_from_the_faulty_server_is_not_waited_for():
    """Of two windows that present once each, it completes neither under the right serial: these two
    events are left out, and what else was recorded stays."""
    spec = ServerSpec(build=find_on_path(ServerKind.XVFB), fps=600)
    with launch(spec) as server:
        session = Session(server)
        with Presenter(session.server) as client:
            presentations = []
            for _ in range(2):
                window = client.window(16, 16)
                # The serials of a client go on from window to window.
                presentations.append(window.present(window.pixmap("red")))
                presentations[-1].wait_complete()
                presentations[-1].wait_idle()
        head, messages = session.end()
    shown = attempt(Place(spec, swaps_serials), head, messages)
    assert shown.replayed is not None
    ids = recorded_ids(head, messages, shown.replayed)
    left = without_vain_waits(head, messages, shown.replayed, ids)
    references = References(head.extensions)
    gone = [one for one in messages if one not in left]
    assert [references.name(one) for one in gone] == ["PresentCompleteNotify"] * 2
    assert len(left) == len(messages) - 2
