# SPDX-License-Identifier: MIT
"""Many faults tried in one session."""

import json
import re
import shutil

import pytest

from tests.doubles.faults import write_launcher

SAID = re.compile(r"E|\s+rule\s")
"""What an error says, and lines that name the rules that were broken."""


@pytest.fixture(scope="session")
def try_faults(tmp_path_factory, run_pytest):
    """Run the tests of a file, each on the doubles with the faults that are paired with it.

    Returns what the failures said by (test, fault), nothing for one that passed.  Without
    pairs every test runs on the honest double.
    """

    def try_faults(scenarios, pairs):
        folder = tmp_path_factory.mktemp(scenarios.stem)
        shutil.copy(scenarios, folder / "test_scenarios.py")
        (folder / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
        session = run_pytest(
            *("-vv", "--tb=short", "--server-path", write_launcher(folder / "double")),
            *("--outcomes", folder / "outcomes"),
            *(f"--fault=test_{test}={fault}" for test, fault in pairs),
            folder=folder,
            plugins=("tests.faults.every_fault",),
        )
        outcomes = {}
        for line in (folder / "outcomes").read_text().splitlines():
            test, fault, text = json.loads(line)
            said = (one[1:] for one in text.splitlines() if SAID.match(one))
            outcomes.setdefault((test.removeprefix("test_"), fault), "")
            outcomes[test.removeprefix("test_"), fault] += " ".join(" ".join(said).split())
        assert outcomes, session.text
        return outcomes

    return try_faults
