# SPDX-License-Identifier: MIT
"""Vendor and version from what servers report in the connection set-up."""

import pytest

from harness.servers.attached import attach
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.version import Vendor, server_version
from tests.servers.test_kinds import a_spec, build_of

X_ORG = "The X.Org Foundation"


@pytest.mark.parametrize(
    ("name", "release", "vendor", "text"),
    [
        (X_ORG, 12011000, Vendor.X_ORG, "1.20.11.0"),
        (X_ORG, 12101007, Vendor.X_ORG, "21.1.7"),
        (X_ORG, 12600099, Vendor.X_ORG, "26.0.99"),
        (X_ORG, 12601000, Vendor.X_ORG, "26.1.0"),
        (X_ORG, 12201009, Vendor.XWAYLAND, "22.1.9"),
        (X_ORG, 12401014, Vendor.XWAYLAND, "24.1.14"),
        ("The XLibre Foundation", 12502000, Vendor.XLIBRE, "25.2.0 (XLibre)"),
        # nxagent, Xtightvnc, and a server that leaves its name out.
        (X_ORG, 70000000, None, "70000000 (The X.Org Foundation)"),
        ("AT&T Laboratories Cambridge", 3332, None, "3332 (AT&T Laboratories Cambridge)"),
        ("", 12101007, None, "12101007 (unnamed vendor)"),
    ],
)
def test_vendor_and_version(name, release, vendor, text):
    """The text names every vendor but X.Org and Xwayland; of an unknown one it is the number."""
    version = server_version(name, release)
    assert (version.vendor, str(version)) == (vendor, text)


def test_xwayland_is_told_apart_by_its_kind():
    """Where its version could be X.Org's; up to 1.20 it was."""
    assert server_version(X_ORG, 12601000, True).vendor is Vendor.XWAYLAND
    assert server_version(X_ORG, 12101001, True).vendor is Vendor.XWAYLAND
    assert server_version(X_ORG, 12011000, True).vendor is Vendor.X_ORG


@pytest.mark.parametrize("kind", ServerKind)
def test_a_server_has_the_same_version_started_or_attached_to(kind):
    """Xvnc is in X.Org's line."""
    wanted = Vendor.XWAYLAND if kind.info.program == "Xwayland" else Vendor.X_ORG
    with (
        a_spec(build_of(kind)) as spec,
        launch(spec) as server,
        attach(server.display, server.authority) as attached,
    ):
        assert server.version.vendor is wanted
        assert attached.version == server.version
