"""The compiler of loops: numba, without what no loop here needs."""

import sys
import threading
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])

# While numba loads this module it looks whether SciPy's BLAS is there, which takes as long as all
# kernels here together. Only its products of vectors for `np.convolve` would use it, and have a
# loop of their own; matrix products look for it again. Not while other threads may want SciPy's.
if "scipy.linalg" not in sys.modules and threading.active_count() == 1:
    sys.modules["scipy.linalg.cython_blas"] = None  # type: ignore[assignment]
    try:
        import numba.np.arraymath
    finally:
        del sys.modules["scipy.linalg.cython_blas"]

compiled = cast("Callable[[F], F]", numba.njit(cache=True, nogil=True, error_model="numpy"))
"""Decorator of a loop over arrays: compiled once a machine, without the interpreter lock, and with
divisions by zero as NumPy has them."""


@compiled
def load() -> None:
    """Have numba load the rest of itself, for which the first loop of a process would wait."""
