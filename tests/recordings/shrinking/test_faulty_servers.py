# SPDX-License-Identifier: MIT
"""What a busy session shows on faulty servers is found again in a few requests.

The bar is for sessions of 2000 requests: ``XHARNESS_BUSY_REQUESTS=2000``.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from harness.proxy.layer import Layer
from harness.proxy.proxied_server import ProxiedServer
from harness.recordings.messages import RecordedKind
from harness.recordings.script.writer import write_script
from harness.recordings.shrinking.minimise import minimise
from harness.recordings.shrinking.sound import expected_of
from harness.recordings.shrinking.trials import Place, Question, attempt
from harness.recordings.symptom import clearest, symptom_of
from harness.recordings.timeline import entries_of
from harness.servers.builds import find_on_path
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.spec import ServerSpec
from harness.timeline import rules
from harness.timeline.record import Timeline
from harness.timeline.rules import Family
from tests.doubles.faults import find_fault
from tests.doubles.faulty_server import layer_for
from tests.recordings.busy_session import Session, busy

pytestmark = pytest.mark.timeout(700)

REQUESTS = int(os.environ.get("XHARNESS_BUSY_REQUESTS", "200"))
MOST_REQUESTS = 12
SECONDS = 500.0
"""Many times what it takes: a search that a slow machine cuts short proves nothing."""
SOUND, BUG = 0, 1

FAULTS = (
    *("drops-idle", "drops-one-idle", "drops-complete", "repeats-idle", "repeats-complete"),
    *("completes-before-idle", "idles-late", "stops-clock", "names-wrong-pixmap"),
    *("names-wrong-context", "claims-flip", "claims-suboptimal", "claims-skip", "mistakes-kind"),
    *("invents-mode", "invents-serial", "swaps-serials", "repeats-crtc-change"),
    *("keeps-size-of-crtc-that-is-off", "mistells-timestamp", "invents-connection"),
    *("forgets-crtc-of-output", "loses-crtc-change"),
)


def layers(fault: str) -> Sequence[Layer]:
    """What makes a sound server a faulty one."""
    return [layer_for(find_fault(fault))]


def status(script: str, place: Place, folder) -> int:
    """How the script ends on a server of this place."""
    path = folder / "script.py"
    path.write_text(script)
    with launch(place.spec) as server:
        front = ProxiedServer(server, place.front() if place.front else [])
        environment = {**os.environ, "DISPLAY": front.display, "XAUTHORITY": str(server.authority)}
        done = subprocess.run(
            [sys.executable, path],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        front.proxy.close()
    assert done.returncode in (SOUND, BUG), done.stdout + done.stderr
    return done.returncode


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_shown_by_few_requests_and_a_script(fault, tmp_path):
    """The same rule is broken by at most 12 requests, which a sound server carries out well."""
    spec = ServerSpec(build=find_on_path(ServerKind.XVFB), fps=600)
    faulty, sound = Place(spec, partial(layers, fault)), Place(spec)
    with launch(spec) as server:
        session = Session(server, layers(fault))
        busy(session.server, REQUESTS)
        head, messages = session.end()
    assert sum(one.kind is RecordedKind.REQUEST for one in messages) >= REQUESTS
    timeline = Timeline(list(entries_of(messages, head.extensions)))
    symptom = clearest(map(symptom_of, rules.check(timeline, Family.COPY)))[0]
    with ThreadPoolExecutor(2) as executor:
        question = Question(faulty, head, symptom)
        found = minimise(question, messages, seconds=SECONDS, executor=executor, workers=2)
    assert found.requests <= MOST_REQUESTS, found.report
    assert found.shown is not None
    right = attempt(sound, head, found.messages)
    assert not right.shows(symptom)
    expected = expected_of(question, found.messages, right, found.shown)
    script = write_script(head, found.messages, found.symptom, expected, ids=found.ids)
    assert (status(script, sound, tmp_path), status(script, faulty, tmp_path)) == (SOUND, BUG)
