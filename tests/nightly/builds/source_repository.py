# SPDX-License-Identifier: MIT
"""A Debian release of source packages in a folder: what apt fetches without a network."""

import hashlib
import shutil
import subprocess
from pathlib import Path

_CHANGELOG = """\
{package} ({version}) unstable; urgency=low

  * Made for a test.

 -- Nobody <nobody@example.org>  Sat, 01 Jan 2022 00:00:00 +0000
"""

_CONTROL = """\
Source: {package}
Maintainer: Nobody <nobody@example.org>
Standards-Version: 4.6.0

Package: {package}-bin
Architecture: any
Description: made for a test
"""


class SourceRepository:
    """One suite below ``folder``, with the source packages that were added."""

    def __init__(self, folder: Path, suite: str) -> None:
        self.folder, self.suite = folder, suite
        self._paragraphs: list[str] = []

    def add(
        self, package: str, version: str, tree: Path, patch: str = "", form: str = "1.0"
    ) -> None:
        """Make a source package of what is in ``tree``, with ``patch`` among its patches."""
        upstream = version.partition("-")[0]
        source = self.folder / f"{package}-{upstream}"
        shutil.copytree(tree, source, ignore=shutil.ignore_patterns(".git"))
        packed = f"{package}_{upstream}.orig.tar.gz"
        _run("tar", "-czf", packed, source.name, folder=self.folder)
        debian = source / "debian"
        (debian / "source").mkdir(parents=True)
        (debian / "source/format").write_text(f"{form}\n")
        names = {"package": package, "version": version}
        (debian / "changelog").write_text(_CHANGELOG.format(**names))
        (debian / "control").write_text(_CONTROL.format(**names))
        if patch:
            (debian / "patches").mkdir()
            (debian / "patches/series").write_text("# what is changed\n\nchange.patch -p1\n")
            (debian / "patches/change.patch").write_text(patch)
        _run("dpkg-source", "--build", source.name, folder=self.folder)
        shutil.rmtree(source)
        (description,) = self.folder.glob(f"{package}_{version}.dsc")
        fields = description.read_text().replace("Source:", "Package:", 1)
        data = description.read_bytes()
        own = f" {hashlib.sha256(data).hexdigest()} {len(data)} {description.name}\n"
        fields = fields.replace("Checksums-Sha256:\n", f"Checksums-Sha256:\n{own}")
        md5 = f" {hashlib.md5(data).hexdigest()} {len(data)} {description.name}\n"
        fields = fields.replace("Files:\n", f"Files:\n{md5}")
        self._paragraphs.append(f"{fields}Directory: .\n")

    def publish(self) -> None:
        """Write the lists of all packages that were added."""
        suite = self.folder / "dists" / self.suite
        index = suite / "main/source/Sources"
        index.parent.mkdir(parents=True, exist_ok=True)
        index.write_text("\n".join(self._paragraphs))
        data = index.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        (suite / "Release").write_text(
            f"Suite: {self.suite}\nCodename: {self.suite}\nComponents: main\n"
            f"Date: Sat, 01 Jan 2022 00:00:00 UTC\n"
            f"SHA256:\n {digest} {len(data)} main/source/Sources\n"
        )


def _run(*command: str, folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
