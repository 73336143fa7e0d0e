# SPDX-License-Identifier: MIT
"""The templates of all pages, which stand on one base page and one style sheet."""

import importlib.resources

import jinja2

_ASSETS = importlib.resources.files(__package__) / "assets"


def environment(package: str) -> jinja2.Environment:
    """The templates in the assets of ``package``, which may extend those of this one."""
    return jinja2.Environment(
        loader=jinja2.ChoiceLoader(
            [jinja2.PackageLoader(name, "assets") for name in (package, str(__package__))]
        ),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )


def style() -> str:
    """The style sheet, for a page that is one file."""
    return (_ASSETS / "report.css").read_text("utf-8")
