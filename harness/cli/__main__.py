# SPDX-License-Identifier: MIT
"""``python -m harness.cli``, where the console script is not installed."""

import sys

from harness.cli.main import main

sys.exit(main())
