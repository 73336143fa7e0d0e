# SPDX-License-Identifier: MIT
"""Fields of any message, read by the protocol descriptions that XCB is generated from."""
