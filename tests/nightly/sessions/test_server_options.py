# SPDX-License-Identifier: MIT
"""The server of a result is started again as it was started then."""

import shutil
from dataclasses import replace

import pytest

from harness.nightly.sessions.server_options import ServerNotStartable, of_identity
from harness.results.run import ServerIdentity

XVFB = ServerIdentity(name="xvfb", kind="xvfb", program=shutil.which("Xvfb") or "/usr/bin/Xvfb")


def test_the_installed_one():
    assert of_identity(XVFB).options == ("--server", "xvfb")


def test_one_of_a_build_folder(tmp_path):
    """Found by its place in it; a name of the build may mean another one by now."""
    program = tmp_path / "hw/vfb/Xvfb"
    program.parent.mkdir(parents=True)
    program.touch()
    (tmp_path / "meson-info").mkdir()
    found = of_identity(replace(XVFB, name="xvfb@main", program=str(program)))
    assert found.name == "xvfb"
    assert found.options == ("--server", "xvfb", "--server-build", str(tmp_path))


def test_one_of_a_file_under_a_wrapper(tmp_path):
    program = tmp_path / "mine"
    program.touch()
    found = of_identity(replace(XVFB, program=str(program), wrapper="valgrind -q"))
    assert found.options == (
        *("--server", "xvfb", "--server-path", str(program)),
        *("--server-wrapper", "xvfb=valgrind -q"),
    )


def test_one_of_a_release(tmp_path):
    program = tmp_path / "Xvfb"
    program.touch()
    found = of_identity(replace(XVFB, name="xvfb@sid", program=str(program)))
    assert (found.name, found.options) == ("xvfb@sid", ("--server", "xvfb@sid"))


@pytest.mark.parametrize(
    ("server", "message"),
    [
        pytest.param(ServerIdentity(name="display"), "attached to", id="display"),
        pytest.param(replace(XVFB, program="/none/Xvfb"), "there no more", id="gone"),
    ],
)
def test_what_cannot_be_started_again_is_said(server, message):
    with pytest.raises(ServerNotStartable, match=message):
        of_identity(server)
