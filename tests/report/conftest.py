# SPDX-License-Identifier: MIT
"""A report to click through."""

import pytest

from harness.report.html.writing import write_report
from tests.report.sample import sample


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory):
    """The folder of a run with a report in ``report``."""
    folder = tmp_path_factory.mktemp("a run #1 ä") / "20261129T142320Z-5c0e21"
    folder.mkdir()
    write_report(sample(folder), folder, folder / "report")
    return folder


class Pages:
    """Opens pages; what they complain about, and what they load, is kept."""

    def __init__(self, browser, folder):
        self.problems = []
        self.loaded = []
        self._browser = browser
        self._folder = folder

    def open(self, address, *, width=1200, scheme="light"):
        """A page of the report in a window of its own."""
        context = self._browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme
        )
        context.set_default_timeout(20_000)
        page = context.new_page()
        page.on("console", lambda message: self.problems.append(message.text))
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("request", lambda request: self.loaded.append(request.url))
        path, sign, part = address.partition("#")
        page.goto((self._folder / "report" / path).as_uri() + sign + part)
        page.wait_for_selector("#tests li, main h1, #nothing:not([hidden])")
        return page

    def close(self):
        """Close all windows."""
        for context in self._browser.contexts:
            context.close()


@pytest.fixture
def pages(browser, run_folder):
    """Pages of the report; a test fails when one of them complained or left the disk."""
    opened = Pages(browser, run_folder)
    yield opened
    opened.close()
    assert opened.problems == []
    foreign = [url for url in opened.loaded if not url.startswith(("file:", "data:", "blob:"))]
    assert foreign == []
