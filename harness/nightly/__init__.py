# SPDX-License-Identifier: MIT
"""X servers built, judged and compared night by night."""
