# SPDX-License-Identifier: MIT
"""Jobs in other processes: those of this machine, or the workers of a Dask cluster."""
