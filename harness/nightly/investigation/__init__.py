# SPDX-License-Identifier: MIT
"""Why a test fails that passed in the last good night: product, test, machine or chance."""
