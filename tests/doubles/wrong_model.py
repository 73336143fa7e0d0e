# SPDX-License-Identifier: MIT
"""Makes the model of the screen wrong, when imported: a named pixmap follows every resize."""

from harness.frames.scene import Scene

_configure = Scene.configure


def configure(scene: Scene, name: str, **values: int) -> None:
    """As it should be, but names go over to the new backing pixmap."""
    window = scene.window(name)
    before = window.sheet
    _configure(scene, name, **values)
    for pixmap, (client, sheet) in scene.pixmaps.items():
        if sheet is before and window.sheet is not None:
            scene.pixmaps[pixmap] = client, window.sheet


Scene.configure = configure  # type: ignore[method-assign]
