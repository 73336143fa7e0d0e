# SPDX-License-Identifier: MIT
"""Why a program of a build failed, from what it printed."""

import re

_ERROR_OF_MESON = re.compile(r"^(?:\S+:\d+:\d+: )?ERROR: (.*)$", re.MULTILINE)
_MISSING = (
    re.compile(r"Dependency [\"'](?P<name>[^\"']+)[\"'] not found"),
    re.compile(r"Dependency lookup for (?P<name>\S+) with method"),
    re.compile(r"Program(?:\(s\))? \[?[\"'](?P<name>[^\"']+)[\"']"),
    re.compile(r"library [\"'](?P<name>[^\"']+)[\"'] not found"),
)
_OF_COMPILER = re.compile(r"^.*?: (?:fatal )?error: .*$", re.MULTILINE)
_OF_LINKER = re.compile(r"^.*(?:undefined reference|cannot find -l|ld: error).*$", re.MULTILINE)
_FAILED_TARGET = re.compile(r"^FAILED: (?:\[code=\d+\] )?(\S+)", re.MULTILINE)


def why_not_configured(text: str) -> str:
    """The error of meson in ``text``."""
    found = _ERROR_OF_MESON.findall(text)
    return found[0].strip() if found else _last_line(text)


def missing_of(reason: str) -> str:
    """The dependency, library or program that the error ``reason`` of meson names; else empty."""
    for pattern in _MISSING:
        if found := pattern.search(reason):
            return found["name"]
    return ""


def why_not_compiled(text: str) -> str:
    """The first error in what ninja or make printed, and the file that it could not make."""
    target = _FAILED_TARGET.search(text)
    for pattern in (_OF_COMPILER, _OF_LINKER):
        if found := pattern.search(text):
            return found[0].strip() + (f" (for {target[1]})" if target else "")
    return _last_line(text)


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else "it printed nothing"
