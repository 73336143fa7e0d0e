# SPDX-License-Identifier: MIT
"""Sources of X servers: git repositories, working trees, source packages."""
