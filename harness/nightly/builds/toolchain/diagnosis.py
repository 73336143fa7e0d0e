# SPDX-License-Identifier: MIT
"""Why a program of a build failed, from what it printed."""

import re

_ERROR_OF_MESON = re.compile(r"^(.+:\d+:\d+: )?ERROR: (.*)$", re.MULTILINE)
_NOT_FOUND = re.compile(
    r"^(?:Run-time d|D)ependency (?P<name>\S+) (?:for host machine )?found: NO.*$", re.MULTILINE
)
_MISSING = (
    re.compile(r"Dependency [\"'](?P<name>[^\"']+)[\"'] not found"),
    re.compile(r"Dependency lookup for (?P<name>\S+) with method"),
    re.compile(r"Program(?:\(s\))? \[?[\"'](?P<name>[^\"']+)[\"']"),
    re.compile(r"library [\"'](?P<name>[^\"']+)[\"'] not found"),
)
_OF_COMPILER = re.compile(r"^.*?: (?:fatal )?error: .*$", re.MULTILINE)
_HEADER = re.compile(
    r"fatal error: '?(?P<name>[^\s':]+)(?:: No such file or directory|' file not found)"
)
_OF_LINKER = re.compile(r"^.*(?:undefined reference|cannot find -l|ld: error).*$", re.MULTILINE)
_FAILED_TARGET = re.compile(r"^FAILED: (?:\[code=\d+\] )?(\S+)", re.MULTILINE)


def why_not_configured(text: str) -> str:
    """The error of meson in ``text``; of a subproject that is missing, what it stands in for."""
    found = _ERROR_OF_MESON.findall(text)
    if not found:
        return _last_line(text)
    _, error = max(found, key=lambda one: bool(one[0]))
    for absent in _without_subproject(text):
        return f"{absent[0]} ({error.strip()})"
    return str(error.strip())


def missing_of(text: str) -> str:
    """The dependency, library or program without which meson failed; empty for another reason."""
    for absent in _without_subproject(text):
        return str(absent["name"])
    reason = why_not_configured(text)
    for pattern in _MISSING:
        if found := pattern.search(reason):
            return found["name"]
    return ""


def _without_subproject(text: str) -> list[re.Match[str]]:
    """What was not found before meson looked for a subproject instead, the best words first."""
    if not any("ubproject" in error for _, error in _ERROR_OF_MESON.findall(text)):
        return []
    found = list(_NOT_FOUND.finditer(text))
    last = [one for one in found if one["name"] == found[-1]["name"]]
    return sorted(last, key=lambda one: "need" not in one[0])


def why_not_compiled(text: str) -> str:
    """The first error in what ninja or make printed, and the file that it could not make."""
    target = _FAILED_TARGET.search(text)
    for pattern in (_OF_COMPILER, _OF_LINKER):
        if found := pattern.search(text):
            return found[0].strip() + (f" (for {target[1]})" if target else "")
    return _last_line(text)


def header_missing_of(text: str) -> str:
    """The header without which a compiler failed, as sources name it; empty for another reason."""
    found = _HEADER.search(why_not_compiled(text))
    return found["name"] if found else ""


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else "it printed nothing"
