"""Coordinates from one CRS to another, in threads."""

from concurrent.futures import Executor

import numpy as np
from pyproj import Transformer

from geo.rings import Floats
from geo.threads import blocks, in_threads, processors

POINTS_PER_CALL = 100_000
"""Points are handled in blocks of this many: bounded memory, several threads."""


def transformed(transformer: Transformer, xy: Floats, *, pool: Executor | None = None) -> Floats:
    """Transform points; pyproj lets go of the interpreter lock and keeps a copy for each thread.

    Parameters
    ----------
    transformer : pyproj.Transformer
        Coordinates in the order x, y.
    xy : float64 array, (n, 2)
    pool : Executor, optional
        Threads to use. Making a thread's copy of the transformer takes some 10 milliseconds, so
        that several calls should share their threads.

    Returns
    -------
    float64 array, (n, 2)
        Infinite where the transformation fails. Does not depend on the number of threads.
    """
    result = np.empty(xy.shape)

    def transform(block: slice) -> None:
        x, y = xy[block, 0].copy(), xy[block, 1].copy()
        result[block, 0], result[block, 1] = transformer.transform(x, y, inplace=True)

    in_threads(transform, blocks(len(xy), POINTS_PER_CALL), processors(), pool=pool)
    return result
