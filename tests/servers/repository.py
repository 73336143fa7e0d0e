# SPDX-License-Identifier: MIT
"""A machine whose package sources are a folder: releases made of a few packages, no network."""

import hashlib
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

LOADER = """\
#!/bin/sh
case $* in *-help*) echo " -fbdir directory";; *) echo "$0 $*";; esac
"""
"""In place of a loader: answers as Xvfb does, else tells how it was called."""


@dataclass
class Repository:
    """Releases below ``folder``; ``pool`` holds the packages of all of them."""

    folder: Path
    architecture: str = "amd64"
    packages: dict[str, Path] = field(default_factory=dict)

    @property
    def pool(self) -> Path:
        return self.folder / "pool"

    def add(
        self,
        name: str,
        files: Mapping[str, str | bytes],
        depends: str = "",
        version: str = "1:2.3-4",
    ) -> None:
        """Make a package of these files, all of them programs."""
        tree = self.folder / "trees" / name
        for place, text in files.items():
            (tree / place).parent.mkdir(parents=True, exist_ok=True)
            (tree / place).write_bytes(text.encode() if isinstance(text, str) else text)
            (tree / place).chmod(0o755)
        control = {
            "Package": name,
            "Version": version,
            "Architecture": self.architecture,
            "Maintainer": "Nobody <nobody@example.org>",
            "Depends": depends,
            "Description": "made for a test",
        }
        (tree / "DEBIAN").mkdir()
        (tree / "DEBIAN" / "control").write_text(_paragraph(control))
        self.pool.mkdir(exist_ok=True)
        file = self.pool / f"{name}.deb"
        build = ["dpkg-deb", "-Znone", "--root-owner-group", "--build", str(tree), str(file)]
        subprocess.run(build, check=True, capture_output=True)
        self.packages[name] = file
        (self.folder / "trees" / f"{name}.control").write_text(_paragraph(control))

    def publish(self, suite: str) -> None:
        """Make a suite of all packages, as they are now."""
        index = self.folder / "dists" / suite / "main" / f"binary-{self.architecture}" / "Packages"
        index.parent.mkdir(parents=True, exist_ok=True)
        paragraphs = []
        for name, file in self.packages.items():
            data = file.read_bytes()
            control = (self.folder / "trees" / f"{name}.control").read_text()
            place = {"Filename": f"pool/{file.name}", "Size": str(len(data)), "SHA256": _sum(data)}
            paragraphs.append(control + _paragraph(place))
        index.write_text("\n".join(paragraphs))
        listed = index.read_bytes()
        root = self.folder / "dists" / suite
        fields = {
            "Suite": suite,
            "Codename": suite,
            "Date": "Sat, 01 Jan 2022 00:00:00 UTC",
            "Architectures": self.architecture,
            "Components": "main",
            "SHA256": f"\n {_sum(listed)} {len(listed)} {index.relative_to(root)}",
        }
        (root / "Release").write_text(_paragraph(fields))


def _paragraph(fields: dict[str, str]) -> str:
    return "".join(f"{name}: {value}\n" for name, value in fields.items() if value)


def _sum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def with_xvfb(folder: Path, architecture: str) -> Repository:
    """Two releases, trixie and sid, with an Xvfb and the one package that it depends on."""
    repository = Repository(folder, architecture)
    repository.add("xvfb", {"usr/bin/Xvfb": "not run\n"}, depends="libfake")
    repository.add(
        "libfake",
        {"lib/any-linux-gnu/ld-linux-fake.so.2": LOADER, "usr/lib/any-linux-gnu/libfake.so.1": ""},
    )
    for suite in ("trixie", "trixie-updates", "sid"):
        repository.publish(suite)
    return repository
