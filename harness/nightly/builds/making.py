# SPDX-License-Identifier: MIT
"""From the definition of a build to the build that its name means."""

from pathlib import Path

from harness.nightly.builds.cache import BuildCache, Built
from harness.nightly.builds.definitions import BuildDefinition
from harness.nightly.builds.errors import BuildFailed
from harness.nightly.builds.progress import Progress, no_progress
from harness.nightly.builds.revision import SourceRevision
from harness.nightly.builds.sources.packages import SOURCE_PACKAGES, source_package
from harness.servers.releases.cache import ReleasedServer


def resolve(
    cache: BuildCache, definition: BuildDefinition, progress: Progress = no_progress
) -> SourceRevision:
    """What the definition means now: the newest commit of its branch, its working tree as it is.

    Raises BuildFailed (stage fetch), BuildToolMissing, BuildCacheUnusable.
    """
    if definition.git:
        return cache.sources.resolve(definition.git, definition.ref, progress)
    if definition.source:
        return cache.sources.snapshot(Path(definition.source))
    server = ReleasedServer.parse(definition.release)
    package = SOURCE_PACKAGES[server.kind]
    return source_package(cache.sources, package, server.release, progress)


def make(cache: BuildCache, definition: BuildDefinition, progress: Progress = no_progress) -> Built:
    """The build of what the definition means now; its name means this build from then on.

    Raises BuildFailed, BuildToolMissing, BuildCacheUnusable.
    """
    try:
        built = cache.build(resolve(cache, definition, progress), definition.recipe, progress)
    except BuildFailed as error:
        cache.keep_failure(definition.name, error)
        raise
    cache.name(definition.name, built)
    return built
