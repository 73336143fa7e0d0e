# SPDX-License-Identifier: MIT
"""Builds are made once, found again while they are whole, and never taken for whole before."""

import os
import pickle
import shutil
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from harness.nightly.builds.cache import BuildCache, Built
from harness.nightly.builds.errors import BuildCacheUnusable, BuildFailed, BuildStage
from harness.nightly.builds.locks import locked
from harness.nightly.builds.recipe import Preset, Recipe
from harness.nightly.builds.revision import SourceRevision
from harness.nightly.builds.sources.store import SourceStore
from harness.nightly.builds.toolchain import debian
from harness.nightly.builds.toolchain.meson import MesonBuild
from harness.servers.builds import from_build_folder
from harness.servers.kinds.table import ServerKind
from harness.servers.made_builds import (
    BUILD_FILE,
    MESON_FOLDER,
    BuildRecord,
    read_record,
    record_text,
)
from tests.conftest import environment
from tests.nightly.builds.conftest import XVFB_ONLY
from tests.nightly.builds.project import commit, git, write_project


def head(project) -> SourceRevision:
    return SourceRevision(str(project), "main", git(project, "rev-parse", "HEAD"))


def test_a_build_says_what_it_is_and_is_what_server_build_takes(made):
    """Its folder holds the server, and the record has sources, options, compiler and version."""
    _, repository, revision, built = made
    assert from_build_folder(built.folder, ServerKind.XVFB).kind is ServerKind.XVFB
    record = read_record(built.folder)
    assert record == built.record
    assert (record.repository, record.ref) == (str(repository), "main")
    assert (record.commit, record.version) == (revision.commit, "7.8.9")
    assert (record.kinds, record.lacks) == (("xvfb",), {})
    assert record.options == {
        "buildtype": "debugoptimized", "docs": "disabled", "glx": "false",
        "xephyr": "false", "xorg": "false", "xvfb": "true",
    }  # fmt: skip
    assert record.compiler
    assert record.seconds > 0


def test_what_only_the_linker_needed_is_removed(made):
    """Objects are a third of a build; sources stay, for debuggers."""
    *_, built = made
    assert list(built.folder.rglob("*.o")) == []
    assert (built.folder.parent / "source/hw/vfb/main.c").exists()


def test_a_second_build_is_the_first(made, monkeypatch):
    """No program of a build runs again."""
    cache, _, revision, built = made
    monkeypatch.setattr(MesonBuild, "configure", None)
    again = cache.build(revision, XVFB_ONLY)
    assert (again.folder, again.new, built.new) == (built.folder, False, True)
    assert cache.find(revision, XVFB_ONLY) == again


@pytest.mark.parametrize(
    ("variables", "recipe"),
    [
        pytest.param({}, replace(XVFB_ONLY, preset=Preset.SANITIZED), id="preset"),
        pytest.param({}, replace(XVFB_ONLY, options={"word": "other"}), id="option"),
        pytest.param({}, replace(XVFB_ONLY, options={"glx": "true"}), id="own-option"),
        pytest.param({}, replace(XVFB_ONLY, kinds=(ServerKind.XEPHYR,)), id="kinds"),
        pytest.param({}, Recipe(), id="all-kinds"),
        pytest.param({"CFLAGS": "-O0"}, XVFB_ONLY, id="flags"),
        pytest.param({"PKG_CONFIG_PATH": "/opt/lib/pkgconfig"}, XVFB_ONLY, id="libraries"),
    ],
)
def test_whatever_changes_a_build_makes_it_another_one(made, monkeypatch, variables, recipe):
    """Options, kinds and the variables that compilers read."""
    cache, _, revision, built = made
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert cache.key(revision, recipe) != built.key
    assert cache.find(revision, recipe) is None


def test_another_compiler_makes_another_build(made, monkeypatch, tmp_path):
    """By what it says of its version: under the same name after an upgrade."""
    cache, _, revision, built = made
    compiler = tmp_path / "cc"
    compiler.touch(mode=0o755)
    monkeypatch.setenv("CC", str(compiler))
    keys = {built.key}
    for version in (1, 2):
        compiler.write_text(f"#!/bin/sh\necho compiler {version}\n")
        os.utime(compiler, (version, version))
        keys.add(cache.key(revision, XVFB_ONLY))
    assert len(keys) == 3


def test_other_names_and_repositories_of_a_commit_are_the_same_build(made):
    """What is built is the commit."""
    cache, _, revision, built = made
    other = SourceRevision("/elsewhere", "v1", revision.commit)
    assert cache.key(other, XVFB_ONLY) == built.key


def test_recipes_build_what_they_say(cache, project):
    """Options reach meson; kinds are those of the sources; options of features have their words."""
    write_project(project, ServerKind.XVFB, ServerKind.XEPHYR)
    commit(project, "two servers")
    built = cache.build(head(project), Recipe(options={"docs": "auto", "glx": "true"}))
    assert built.record.kinds == ("xvfb", "xephyr")
    assert built.record.options["docs"] == "auto"
    assert built.record.options["glx"] == "true"
    assert built.record.options["xephyr"] == "true"


def test_steps_are_counted(cache, project):
    """From the sources to the last file."""
    steps = []
    cache.build(head(project), XVFB_ONLY, steps.append)
    phases = list(dict.fromkeys(step.phase for step in steps))
    fetching = f"fetching from {project}"
    assert phases == ["taking the sources", fetching, "configuring", "compiling"]
    assert (steps[-1].done, steps[-1].total) == (2, 2)
    assert str(steps[-1]) == "compiling 2/2, 0 s left"


def test_sources_that_do_not_compile_are_a_verdict(cache, project):
    """The first error, the file, the log, also in another process; nothing else stays."""
    good = head(project)
    write_project(project, fault="int broken(void) { return 1 }\n")
    commit(project, "broken")
    with pytest.raises(BuildFailed) as caught:
        cache.build(head(project), XVFB_ONLY)
    error = caught.value
    assert error.stage is BuildStage.COMPILE
    assert "main.c:3:" in error.reason
    assert "(for hw/vfb/Xvfb.p/main.c.o)" in error.reason
    assert error.log.read_text().count("error: expected") == 1
    assert sorted(path.name for path in error.log.parent.iterdir()) == [
        "build.log", "meson-log.txt",
    ]  # fmt: skip
    assert cache.made() == []
    assert cache.unfinished() == [error.log.parent]
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.stage, copy.log) == (str(error), error.stage, error.log)
    assert cache.build(good, XVFB_ONLY).new


@pytest.mark.parametrize(
    ("header", "package"), [("of/another.h", "libanother-dev"), ("of/its/own.h", "")]
)
def test_a_header_that_meson_did_not_ask_for_is_told_with_its_package(
    cache, project, monkeypatch, header, package
):
    """So is xshmfence.h, of Xwayland without a graphics card; one that nobody knows is not."""
    monkeypatch.setitem(debian._PACKAGE_OF, "of/another.h", "libanother-dev")
    write_project(project, fault=f"#include <{header}>\n")
    commit(project, "with a header")
    with pytest.raises(BuildFailed, match=header) as caught:
        cache.build(head(project), XVFB_ONLY)
    assert caught.value.stage is BuildStage.COMPILE
    assert [one.package for one in caught.value.missing] == [package] * bool(package)
    assert ("apt-get install libanother-dev" in str(caught.value)) is bool(package)


@pytest.mark.parametrize(
    ("extra", "reason", "missing"),
    [
        pytest.param(
            "dependency('pixman-1', version: '>= 99')\n",
            "Invalid version, need 'pixman-1' ['>= 99']",
            [("pixman-1", "libpixman-1-dev")],
            id="too-old",
        ),
        pytest.param(
            "dependency('missing-one')\ndependency('missing-two', required: false)\n"
            "dependency('missing-three')\n",
            'Dependency "missing-one" not found',
            [("missing-one", ""), ("missing-three", "")],
            id="several",
        ),
        pytest.param(
            "dependency('pixman-1', version: '>= 99', fallback: ['pixman', 'none'])\n",
            "Dependency pixman-1 for host machine found: NO. Found",
            [("pixman-1", "libpixman-1-dev")],
            id="subproject",
        ),
        pytest.param(
            "find_program('program-of-none')\n",
            "Program 'program-of-none' not found",
            [("program-of-none", "")],
            id="program",
        ),
    ],
)
def test_what_is_missing_is_named_with_its_package(cache, project, extra, reason, missing):
    """All of it, though meson stops at the first."""
    write_project(project, extra=extra)
    commit(project, "needs more")
    with pytest.raises(BuildFailed) as caught:
        cache.build(head(project), XVFB_ONLY)
    error = caught.value
    assert error.stage is BuildStage.CONFIGURE
    assert reason in error.reason
    assert [(one.name, one.package) for one in error.missing] == missing
    for name, package in missing:
        assert f"apt-get install {package}" in str(error) if package else name in str(error)


def test_an_option_that_the_sources_do_not_have_is_refused(cache, project):
    """Those of presets are left out, a user's own is not."""
    with pytest.raises(BuildFailed, match=r'Unknown options?: "colour"') as caught:
        cache.build(head(project), replace(XVFB_ONLY, options={"colour": "red"}))
    assert caught.value.stage is BuildStage.CONFIGURE


def test_sources_without_meson_or_without_the_server_are_refused(cache, project):
    """In words, before anything is compiled."""
    with pytest.raises(BuildFailed, match="the sources have no xephyr to build"):
        cache.build(head(project), Recipe(kinds=(ServerKind.XEPHYR,)))
    git(project, "rm", "--quiet", "meson.build")
    commit(project, "no meson")
    with pytest.raises(BuildFailed, match=r"have no meson\.build; expected those of an X server"):
        cache.build(head(project), XVFB_ONLY)


BUILDING = """\
import sys
from harness.nightly.builds.cache import BuildCache, Built
from harness.nightly.builds.recipe import Recipe
from harness.nightly.builds.revision import SourceRevision
from harness.servers.kinds.table import ServerKind

recipe = Recipe(kinds=(ServerKind.XVFB,))
def show(step):
    print(step.phase, flush=True)
built = BuildCache().build(SourceRevision(sys.argv[1], "", sys.argv[2]), recipe, show)
print("built", built.new, flush=True)
"""


@pytest.fixture
def start(cache, tmp_path):
    """Start a process that builds a revision; it prints the phases, and whether it built."""
    script = tmp_path / "building.py"
    script.write_text(BUILDING)
    started = []

    def run(revision) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, script, revision.repository, revision.commit],
            env=environment({}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        with process:
            process.kill()


@pytest.fixture
def gated(project, tmp_path):
    """The project, whose server is not linked before the pipe ``gate`` is read."""
    return gate_of(project, tmp_path / "gate")


@pytest.fixture
def stubborn(project, tmp_path):
    """The same, and what waits there is ended by SIGKILL alone."""
    return gate_of(project, tmp_path / "gate", 'trap "" TERM INT; ')


def gate_of(project, gate, first=""):
    os.mkfifo(gate)
    (project / "hw/vfb/meson.build").write_text(
        "waiting = custom_target('wait', output: 'wait',\n"
        f"    command: ['sh', '-c', '{first}echo > {gate}; touch $0', '@OUTPUT@'])\n"
        "executable('Xvfb', 'main.c', link_depends: waiting)\n"
    )
    commit(project, "waits")
    return gate


def phase(process, wanted) -> None:
    for line in process.stdout:
        if line.strip() == wanted:
            return
    raise AssertionError(f"no {wanted}")


def test_a_build_that_was_killed_is_not_there(start, project, gated, cache):
    """Neither for a reader, nor for the next build, which makes it from the start."""
    revision = head(project)
    process = start(revision)
    phase(process, "compiling")
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert cache.find(revision, XVFB_ONLY) is None
    second = start(revision)
    phase(second, "compiling")
    gated.read_text()
    assert second.communicate()[0].splitlines()[-1] == "built True"
    assert cache.find(revision, XVFB_ONLY) is not None


def test_of_two_that_make_the_same_one_waits(start, project, gated, cache):
    """And takes what the first has made."""
    first = start(head(project))
    phase(first, "compiling")
    second = start(head(project))
    phase(second, "waiting for another process that makes the same build")
    gated.read_text()
    assert first.communicate()[0].splitlines()[-1] == "built True"
    assert second.communicate()[0].splitlines() == ["built False"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_ends_all_programs_of_a_build(start, project, stubborn, cache, number):
    """Nothing works on in a folder that no process waits for, also when a runner ends the job.

    Not even a program that lets nothing but SIGKILL end it.
    """
    revision = head(project)
    process = start(revision)
    phase(process, "compiling")
    process.send_signal(number)
    process.wait()
    with locked(cache.folder / "locks" / cache.key(revision, XVFB_ONLY), pytest.fail):
        pass


def test_a_full_disk_is_no_verdict_on_the_sources(cache, project):
    """Neither when a compiler says so, nor when the cache itself cannot write."""
    write_project(project, fault='#error "No space left on device"\n', extra="\n")
    commit(project, "full")
    with pytest.raises(BuildCacheUnusable, match=r"prune --keep 5\), or name another folder"):
        cache.build(head(project), XVFB_ONLY)


def test_a_cache_that_cannot_be_written_is_an_error(tmp_path, made):
    """With the folder and what to do."""
    _, _, revision, _ = made
    (tmp_path / "file").write_text("")
    with pytest.raises(BuildCacheUnusable, match="XHARNESS_CACHE"):
        BuildCache(tmp_path / "file/builds").build(revision, XVFB_ONLY)


def test_a_log_that_cannot_be_written_is_an_error_of_the_cache(cache, project, monkeypatch):
    """As on a disk that is full."""
    whole = SourceStore.export

    def export(store, name, folder):
        whole(store, name, folder)
        (folder.parent / "build.log").symlink_to("/dev/full")

    monkeypatch.setattr(SourceStore, "export", export)
    with pytest.raises(BuildCacheUnusable, match="No space left on device"):
        cache.build(head(project), XVFB_ONLY)
    assert cache.made() == []


@pytest.fixture
def put(cache):
    """Put a whole build into the cache, without a server."""

    def make(key: str) -> Built:
        folder = cache.folder / "made" / key / MESON_FOLDER
        folder.mkdir(parents=True)
        record = BuildRecord(repository="r", ref="main", commit=key, kinds=("xvfb",))
        (folder / BUILD_FILE).write_text(record_text(record))
        return Built(folder, record)

    return make


def test_names_mean_builds_until_they_are_forgotten(cache, put):
    """The newest counts, and a build has as many names as it was given."""
    old, new = put("old"), put("new")
    cache.name("main", old)
    cache.name("main", new)
    cache.name("also", new)
    assert cache.named("main") == new
    assert cache.names() == {"new": ["also", "main"]}
    assert cache.forget("main")
    assert not cache.forget("main")
    assert cache.named("main") is None
    assert len(cache.made()) == 2


def test_builds_are_listed_by_their_last_use(made, tmp_path):
    """Being found counts as use, which decides what is pruned."""
    cache, _, revision, built = made
    other = cache.folder / "made/other" / MESON_FOLDER
    other.mkdir(parents=True)
    (other / BUILD_FILE).write_text(record_text(built.record))
    try:
        os.utime(built.folder / BUILD_FILE, (1, 1))
        assert [one.key for one in cache.made()] == ["other", built.key]
        cache.build(revision, XVFB_ONLY)
        os.utime(other / BUILD_FILE, (2, 2))
        assert [one.key for one in cache.made()] == [built.key, "other"]
    finally:
        shutil.rmtree(other.parent)


def test_a_build_is_removed_unless_a_process_works_on_it(cache, put):
    """Such as one that makes it."""
    place = put("key").folder.parent
    with locked(cache.folder / "locks/key"):
        assert not cache.remove(place)
    assert cache.remove(place)
    assert not place.exists()


def test_coverage_keeps_what_gcov_needs(cache, project):
    """The counters of a run are beside the notes of the compiler."""
    if shutil.which("gcov") is None:
        pytest.skip("gcov not found on PATH")
    built = cache.build(head(project), replace(XVFB_ONLY, preset=Preset.COVERAGE))
    subprocess.run([built.folder / "hw/vfb/Xvfb"], check=True, capture_output=True)
    counted = list(built.folder.rglob("*.gcda"))
    assert counted
    assert all(path.with_suffix(".gcno").exists() for path in counted)


def test_a_sanitized_build_is_recognised(cache, project):
    """So that the deadlines of its tests are longer."""
    built = cache.build(head(project), replace(XVFB_ONLY, preset=Preset.SANITIZED))
    sanitizers = from_build_folder(built.folder, ServerKind.XVFB).sanitizers
    assert "AddressSanitizer" in sanitizers
    assert built.record.options["b_sanitize"] == "address,undefined"
