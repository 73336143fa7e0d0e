# SPDX-License-Identifier: MIT
"""What tests of the drafts work with."""

import pytest

from harness.clients.scanout_desk import ScanoutDesk


@pytest.fixture
def desk(connect):
    """A client that sets what CRTCs show, and hears what changes."""
    return ScanoutDesk(connect("desk"))
