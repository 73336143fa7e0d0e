# SPDX-License-Identifier: MIT
"""One JUnit report of a night: those of its jobs, and a test for each build and each job."""

from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

from harness.goldens.files import replace_file
from harness.inputs import printable
from harness.nightly.night.night import BuildVerdict, JobVerdict

_COUNTS = ("tests", "failures", "errors", "skipped")


def write_junit(
    path: Path,
    reports: Iterable[Path],
    builds: Iterable[BuildVerdict],
    jobs: Iterable[JobVerdict],
) -> None:
    """Put the suites of all ``reports`` into the file ``path``, with two of the night's own.

    A build that failed is a failure, a job whose verdicts are lost an error.  A report that is
    missing or cut off is left out: its job is known to be lost.  Raises OSError.
    """
    whole = ElementTree.Element("testsuites", name="night")
    whole.append(_builds(builds))
    whole.append(_jobs(jobs))
    for report in reports:
        try:
            root = ElementTree.parse(report).getroot()
        except (OSError, ElementTree.ParseError):
            continue
        whole.extend([root] if root.tag == "testsuite" else root.findall("testsuite"))
    for count in _COUNTS:
        total = sum(int(suite.get(count, 0)) for suite in whole)
        whole.set(count, str(total))
    replace_file(path, ElementTree.tostring(whole, encoding="utf-8", xml_declaration=True))


def _builds(builds: Iterable[BuildVerdict]) -> ElementTree.Element:
    suite = ElementTree.Element("testsuite", name="builds")
    for one in builds:
        case = _case(suite, "builds", one.name, one.seconds)
        if not one.good:
            reasons = filter(
                None, (one.reason, *(f"no {k}: {why}" for k, why in one.lacks.items()))
            )
            failure = ElementTree.SubElement(case, "failure", message=f"{one.status} {one.stage}")
            failure.text = printable("\n".join(reasons))
    return _with_counts(suite)


def _jobs(jobs: Iterable[JobVerdict]) -> ElementTree.Element:
    suite = ElementTree.Element("testsuite", name="jobs")
    for one in jobs:
        case = _case(suite, "jobs", one.name, one.seconds)
        if one.status.lost:
            ElementTree.SubElement(case, "error", message=str(one.status)).text = printable(
                one.reason
            )
    return _with_counts(suite)


def _case(suite: ElementTree.Element, group: str, name: str, seconds: float) -> ElementTree.Element:
    return ElementTree.SubElement(
        suite, "testcase", classname=f"nightly.{group}", name=name, time=f"{seconds:.3f}"
    )


def _with_counts(suite: ElementTree.Element) -> ElementTree.Element:
    counts = {
        "tests": len(suite),
        "failures": len(suite.findall("testcase/failure")),
        "errors": len(suite.findall("testcase/error")),
        "skipped": 0,
    }
    for name, count in counts.items():
        suite.set(name, str(count))
    return suite
