# SPDX-License-Identifier: MIT
"""Drafts by name, with their knobs, and the marks by which tests require them."""

import pytest

from harness.proposals.catalogue import Proposal, ProposalError
from harness.proxy.proxied_server import ProxiedServer
from harness.servers.builds import find_on_path
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.spec import ServerSpec

USES_DRAFT = """
import pytest

@pytest.mark.proposal({arguments})
def test_one(presenter):
    presenter.sync()
"""


@pytest.mark.parametrize("proposal", Proposal)
def test_every_draft_can_be_had(proposal):
    """Each gives a fresh layer, and is announced by an extension of its own."""
    assert proposal.emulation() is not proposal.emulation()
    assert proposal.extension == f"{proposal.upper()}-DRAFT"


def test_an_unknown_draft_is_told():
    """By an error that names those that there are."""
    with pytest.raises(ProposalError, match="expected present-redirect or randr-percrtc"):
        Proposal.named("wayland")


@pytest.mark.parametrize("proposal", Proposal)
def test_an_unknown_knob_is_told(proposal):
    """By an error that names it, and those that there are."""
    with pytest.raises(ProposalError, match=r"has no knob 'colour': expected .* or historical$"):
        proposal.emulation(colour="red")


@pytest.mark.parametrize("knob", ["errors", "destroy", "resize"])
def test_a_knob_has_a_few_positions(knob):
    """Any other is refused in words that name them."""
    with pytest.raises(ProposalError, match=f"{knob}='sideways': expected "):
        Proposal.RANDR_PERCRTC.emulation(**{knob: "sideways"})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("'wayland'", "expected present-redirect or randr-percrtc"),
        ("", "proposal takes one name"),
        ("'randr-percrtc', colour=1", "colour"),
    ],
    ids=["unknown", "nothing", "knob"],
)
def test_a_wrong_mark_is_one_sentence(tmp_path, run_pytest, arguments, message):
    """No traceback."""
    (tmp_path / "test_one.py").write_text(USES_DRAFT.format(arguments=arguments))
    session = run_pytest("--server", "xvfb", folder=tmp_path)
    assert session.status != 0
    assert message in session.text


def test_a_server_without_the_draft_is_skipped_in_words(tmp_path, run_pytest):
    """Under --proposals=native."""
    (tmp_path / "test_one.py").write_text(USES_DRAFT.format(arguments="'randr-percrtc'"))
    session = run_pytest("--server", "xvfb", "--proposals=native", "-rs", folder=tmp_path)
    assert "needs randr-percrtc, which Xvfb" in session.text
    assert "1 skipped" in session.text


def test_a_server_that_has_the_draft_is_judged_by_itself(tmp_path, run_pytest):
    """One that announces it is used as it is: here a proxy plays that server."""
    (tmp_path / "test_one.py").write_text(USES_DRAFT.format(arguments="'randr-percrtc'"))
    with launch(ServerSpec(build=find_on_path(ServerKind.XVFB))) as server:
        front = ProxiedServer(server, [Proposal.RANDR_PERCRTC.emulation()])
        session = run_pytest(
            f"--display={front.display}",
            "--proposals=native",
            folder=tmp_path,
            XAUTHORITY=str(server.authority),
        )
        front.proxy.close()
    assert "1 passed" in session.text, session.text
