# SPDX-License-Identifier: MIT
"""``xharness golden review``: the report as a server that keeps decisions, for one reader alone."""

import http.client
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading

import pytest

from harness.cli.golden.review_server import ReviewServer
from harness.cli.main import main
from tests.cli.golden.test_accept import ONE, TWO


@pytest.fixture
def server(place):
    """A review of a run with two wrong frames."""
    place.shows(ONE, 50)
    place.shows(TWO, 51)
    place.write()
    assert main(["report", "run"]) == 0
    with ReviewServer(place.run, "20261129T142320Z-5c0e21") as started:
        thread = threading.Thread(target=started.serve_forever, daemon=True)
        thread.start()
        yield started
        started.shutdown()
        thread.join(10)


def ask(server, method, path, body=None, **headers):
    """Status and body of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    return answer.status, answer.read()


def test_only_who_has_the_address_is_served(server, place):
    """Neither other users of the machine, nor a page whose own name points here."""
    path = f"/{server.secret}/report/index.html"
    status, body = ask(server, "GET", path)
    assert status == 200
    assert b"<html data-review " in body
    for wrong in ("/", "/report/index.html", f"/{server.secret[:-1]}/report/index.html", "*"):
        assert ask(server, "GET", wrong)[0] == 404
    assert ask(server, "GET", path, Host="evil.example")[0] == 404
    put = f"/{'x' * 32}/report/decisions.json"
    assert ask(server, "PUT", put, b"{}")[0] == 404
    assert not (place.run / "decisions.json").exists()


@pytest.mark.parametrize(
    "path", ["../../golden/present/test-one/shown.png", "%2e%2e/%2e%2e/golden", "..%2f..%2fgolden"]
)
def test_nothing_outside_of_the_run_is_served(server, path):
    """However the way is spelt."""
    assert ask(server, "GET", f"/{server.secret}/report/{path}")[0] == 404


def test_a_page_of_the_run_cannot_decide(server, place):
    """A run that was downloaded may hold one, and its address would have the secret."""
    (place.run / "evil.html").write_text("<html ><script>fetch('report/decisions.json')</script>")
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.request("GET", f"/{server.secret}/evil.html")
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("Content-Type")) == (200, "text/plain; charset=utf-8")
    assert b"data-review" not in answer.read()


@pytest.mark.parametrize("path", ["http://[", "/{secret}/report/\0", "/{secret}/pipe.txt"])
def test_odd_requests_are_answered(server, place, path, capfd):
    """And say nothing on the terminal."""
    os.mkfifo(place.run / "pipe.txt")
    with socket.create_connection(("127.0.0.1", server.server_port), 10) as connection:
        host = f"127.0.0.1:{server.server_port}"
        line = f"GET {path.format(secret=server.secret)} HTTP/1.0".replace("\0", "%00")
        connection.sendall(f"{line}\r\nHost: {host}\r\n\r\n".encode())
        assert b" 404 " in connection.recv(100)
    assert capfd.readouterr().err == ""


def test_a_browser_that_leaves_before_its_answer_is_no_error(server, place, capfd):
    """Nothing is said of it, and the next one is served."""
    (place.run / "large.png").write_bytes(bytes(32 << 20))
    before = set(threading.enumerate())
    with socket.create_connection(("127.0.0.1", server.server_port), 10) as connection:
        host = f"127.0.0.1:{server.server_port}"
        line = f"GET /{server.secret}/large.png HTTP/1.0"
        connection.sendall(f"{line}\r\nHost: {host}\r\n\r\n".encode())
        assert b" 200 " in connection.recv(100)
        serving = set(threading.enumerate()) - before
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    for thread in serving:
        thread.join(10)
    assert capfd.readouterr().err == ""
    assert ask(server, "GET", f"/{server.secret}/report/index.html")[0] == 200


@pytest.mark.parametrize("kind", ["folder", "link"])
def test_decisions_are_a_file_of_the_run(server, place, kind):
    """Of what is none nothing is read."""
    kept = place.run / "decisions.json"
    if kind == "folder":
        kept.mkdir()
    else:
        (place.folder / "secret").write_text("mine")
        kept.symlink_to(place.folder / "secret")
    path = f"/{server.secret}/report/decisions.json"
    assert ask(server, "GET", path) == (200, b'{"decisions": []}')


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", b"expected JSON"),
        (b'{"layout": 1, "run": "other", "decisions": []}', b"are about the run other"),
        (b'{"layout": 1, "run": "r", "decisions": [7]}', b"decision 1: expected test, frame"),
    ],
)
def test_what_is_no_file_of_decisions_is_not_kept(server, place, body, words):
    """The older ones stay."""
    (place.run / "decisions.json").write_bytes(b"old")
    status, said = ask(server, "PUT", f"/{server.secret}/report/decisions.json", body)
    assert status == 400
    assert words in said
    assert (place.run / "decisions.json").read_bytes() == b"old"


def test_a_port_that_is_taken_is_said(server, capsys, place):
    """With what to do."""
    assert main(["golden", "review", "run", "--port", str(server.server_port)]) == 1
    assert "cannot be served on" in capsys.readouterr().err


def test_what_is_decided_in_the_browser_is_accepted(server, browser, place):
    """From the click to the golden; a second page shows what was decided on the first."""
    page = browser.new_context().new_page()
    page.goto(f"{server.address}#all")
    page.locator("#tests a", has_text="test_one").click()
    page.get_by_role("button", name="Accept", exact=True).click()
    page.get_by_text("1 accepted, 0 rejected").wait_for()
    page.keyboard.press("j")
    page.locator("h1", has_text="test_two").wait_for()
    with page.expect_response("**/decisions.json"):
        page.get_by_role("button", name="Reject", exact=True).click()
    page.get_by_text("1 accepted, 1 rejected").wait_for()
    other = browser.new_context().new_page()
    other.goto(server.address)
    other.get_by_text("1 accepted, 1 rejected").wait_for()
    page.context.close()
    other.context.close()
    kept = json.loads((place.run / "decisions.json").read_text())
    assert [one["decision"] for one in kept["decisions"]] == ["accept", "reject"]
    assert main(["golden", "accept", "run"]) == 0
    assert (place.value(ONE), place.value(TWO)) == (50, 2)


def test_it_serves_until_ctrl_c(place):
    """The address is printed first, the next command last."""
    place.shows(ONE, 50)
    place.write()
    process = subprocess.Popen(
        [sys.executable, "-m", "harness.cli", "golden", "review", "run"],
        cwd=place.folder,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        address = process.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:")
        assert address.endswith("/report/index.html")
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=30)[0]
    finally:
        process.kill()
        process.wait()
    assert rest.splitlines()[-1] == "xharness golden accept run"
    assert process.returncode == 0
