# SPDX-License-Identifier: MIT
"""A display that stands in front of a server and passes everything between it and its clients."""
