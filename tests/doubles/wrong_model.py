# SPDX-License-Identifier: MIT
"""Makes the model of the screen wrong, when imported: a named pixmap follows every resize."""

from harness.models.composite_model import CompositeModel

_configure = CompositeModel.configure


def configure(model: CompositeModel, name: str, **values: int) -> None:
    """As it should be, but names go over to the new backing pixmap."""
    window = model.window(name)
    before = window.surface
    _configure(model, name, **values)
    for pixmap, (client, surface) in model.pixmaps.items():
        if surface is before and window.surface is not None:
            model.pixmaps[pixmap] = client, window.surface


CompositeModel.configure = configure  # type: ignore[method-assign]  # a fault on purpose
