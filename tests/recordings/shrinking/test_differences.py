# SPDX-License-Identifier: MIT
"""What a faulty server does otherwise than a sound one, where no rule speaks, becomes a script."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
import xcffib.randr
from xcffib.xproto import CW, POINT, Atom, ConfigWindow, CoordMode, EventMask, PropMode

from harness.clients.connection.client import Client
from harness.clients.resources.drawable import create_gc
from harness.clients.resources.window import Window
from harness.faults.at import At
from harness.faults.scripted import Alter, Drop, Ignore, Refuse
from harness.proxy.proxied_server import ProxiedServer
from harness.recordings.script.writer import write_script
from harness.recordings.shrinking.minimise import minimise
from harness.recordings.shrinking.sound import expected_of
from harness.recordings.shrinking.trials import Place, Question, attempt, differing_symptoms
from harness.servers.builds import find_on_path
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.spec import ServerSpec
from tests.doubles.faulty_server import layer_for
from tests.recordings.busy_session import Session

pytestmark = pytest.mark.timeout(300)

SOUND, BUG = 0, 1
WATCHED = EventMask.PropertyChange | EventMask.StructureNotify
SECONDS = 200.0


def last_byte(data, order):
    """The last byte of a reply with contents is another one."""
    return data if len(data) == 32 else data[:-4] + bytes([data[-4] ^ 1]) + data[-3:]


FAULTS = {
    "bytes": (
        Alter("reply to GetProperty", last_byte),
        "reply to GetProperty: value",
        'found, right = property_.value.buf(), b"',
    ),
    "elements": (
        Alter("reply to RANDR:GetMonitors", At(36, "B", lambda primary: not primary)),
        "reply to RANDR:GetMonitors: monitors[].primary",
        "found, right = [one.primary for one in monitors.monitors], [",
    ),
    "id": (
        Alter("reply to QueryTree", last_byte),
        "reply to QueryTree: children[]",
        "found, right = list(tree.children), [window",
    ),
    "refusal": (Refuse("PolyLine", "Match"), "error Match for PolyLine", "MatchError)"),
    "success": (
        Ignore("FreePixmap"),
        "no error Pixmap for FreePixmap",
        "wrong = error is None",
    ),
    "event": (Drop("PropertyNotify"), "event PropertyNotify: missing", "kinds(conn"),
    "field": (
        Alter("ConfigureNotify", At(20, "H", lambda width: width + 1)),
        "event ConfigureNotify: width",
        "wrong = [one.width for one in ",
    ),
}


def clutter(server):
    """Windows, properties and drawing of two clients, a pixmap that is no pixmap, monitors."""
    with Client(server) as first, Client(server) as second:
        for client in (first, second):
            core = client.core
            with client.catch_errors():
                window = Window.create(client, 60, 40, x=20)
                gc, points = create_gc(window), [POINT.synthetic(0, 0), POINT.synthetic(9, 9)]
                for number in range(3):
                    child = Window.create(
                        *(client, 20 + number, 20),
                        parent=window.id,
                        attributes={CW.EventMask: WATCHED},
                    ).id
                    name = b"name %d" % number
                    property_ = (Atom.WM_NAME, Atom.STRING)
                    core.ChangeProperty(PropMode.Replace, child, *property_, 8, len(name), name)
                    core.PolyLine(CoordMode.Origin, child, gc, 2, points)
                    core.GetProperty(False, child, *property_, 0, 9).reply()
                    core.ConfigureWindow(child, ConfigWindow.Width, [30 + number])
                    client.geometry(child)
                core.QueryTree(window.id).reply()
                core.FreePixmap(client.new_id())
                client.extension(xcffib.randr).GetMonitors(client.root, False).reply()
                client.sync()


@pytest.mark.parametrize("name", FAULTS)
def test_a_difference_is_shown_by_few_requests_and_a_script(name, tmp_path):
    """At most eight requests, with a check of what differs alone."""
    fault, line, check = FAULTS[name]
    spec = ServerSpec(build=find_on_path(ServerKind.XVFB))
    faulty, sound = Place(spec, partial(lambda one: [layer_for((one,))], fault)), Place(spec)
    with launch(spec) as server:
        session = Session(server, [layer_for((fault,))])
        clutter(session.server)
        head, messages = session.end()
    found = differing_symptoms(attempt(faulty, head, messages), attempt(sound, head, messages))
    symptoms = {str(one): one for one in found}
    assert line in symptoms
    question = Question(faulty, head, symptoms[line], sound)
    with ThreadPoolExecutor(2) as executor:
        short = minimise(question, messages, seconds=SECONDS, executor=executor, workers=2)
    assert short.requests <= 8, short.report
    assert short.shown is not None
    right = attempt(sound, head, short.messages)
    expected = expected_of(question, short.messages, right, short.shown)
    script = write_script(head, short.messages, short.symptom, expected, ids=short.ids)
    assert check in script, script
    assert {"refusal": "# this must succeed", "success": "# this must fail: Pixmap"}.get(
        name, "# the reply is wrong: " if line.startswith("reply") else ""
    ) in script
    path = tmp_path / "script.py"
    path.write_text(script)
    assert [status(path, place) for place in (sound, faulty)] == [SOUND, BUG], script


def status(path, place):
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
    return done.returncode if done.returncode in (SOUND, BUG) else done.stderr
