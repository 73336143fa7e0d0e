# SPDX-License-Identifier: MIT
"""The builds and jobs of a plan in the words of pipelines."""

import json
from collections.abc import Sequence

from harness.nightly.night.plan import NightPlan

_GITLAB = """\
# SPDX-License-Identifier: MIT
# Made by `make nightly-jobs` of {file}; do not edit.
"""


def pipeline_text(plan: NightPlan, form: str) -> str:
    """The builds and jobs for a reader (``text``), or as a part of what a forge reads.

    That is an included file of ``.gitlab-ci.yml`` (``gitlab``), or lines of outputs (``github``).
    """
    builds, jobs = plan.config.builds, [job.name for job in plan.jobs]
    if form == "github":
        return f"builds={json.dumps(builds)}\njobs={json.dumps(jobs)}\n"
    if form == "gitlab":
        return (
            _GITLAB.format(file=plan.file)
            + _matrix("build", "BUILD", builds)
            + _matrix("judge", "JOB", jobs)
        )
    return "".join([*(f"build {one}\n" for one in builds), *(f"judge {one}\n" for one in jobs)])


def _matrix(name: str, variable: str, values: Sequence[str]) -> str:
    """A hidden job to extend, with a job of its own for each value; none where there are none."""
    # YAML and JSON write a list of texts alike.
    head = f"\n.nightly-{name}:\n"
    if not values:
        return f"{head}  rules:\n    - when: never\n"
    return f"{head}  parallel:\n    matrix:\n      - {variable}: {json.dumps(values)}\n"
