# SPDX-License-Identifier: MIT
"""What a session found, made visible: pictures, traces and statistics of presentations."""
