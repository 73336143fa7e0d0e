# SPDX-License-Identifier: MIT
"""Which farm: the cluster that the user names, else this machine."""

from harness.farm.farm import Farm, FarmUnusable
from harness.farm.local import LocalFarm


def open_farm(scheduler: str | None = None, workers: int = 0) -> Farm:
    """The Dask cluster of ``scheduler``; without one ``workers`` processes of this machine.

    0 is one for each processor.  Raises FarmUnusable.
    """
    if scheduler is None:
        return LocalFarm(workers)
    try:
        from harness.farm.dask_cluster import DaskFarm
    except ImportError:
        raise FarmUnusable(
            "--scheduler needs the package dask.distributed, which is not installed: "
            "pip install 'xharness[farm]', or leave it out for processes of this machine"
        ) from None
    return DaskFarm(scheduler)
