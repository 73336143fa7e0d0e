# SPDX-License-Identifier: MIT
"""Makes the model of the screen wrong, when imported: a named pixmap follows every resize."""

from harness.models.composite_model import CompositeModel

_configure = CompositeModel.configure


def configure(scene: CompositeModel, name: str, **values: int) -> None:
    """As it should be, but names go over to the new backing pixmap."""
    window = scene.window(name)
    before = window.sheet
    _configure(scene, name, **values)
    for pixmap, (client, sheet) in scene.pixmaps.items():
        if sheet is before and window.sheet is not None:
            scene.pixmaps[pixmap] = client, window.sheet


CompositeModel.configure = configure  # type: ignore[method-assign]  # a fault on purpose
