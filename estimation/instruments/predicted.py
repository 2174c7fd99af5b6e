"""What instruments predict: the first step of every two-stage least squares here."""

import numpy as np

from estimation.inference.moments import SINGULAR
from estimation.samples.sample import Floats
from geo.errors import SampleError


def predicted(V: Floats, Z: Floats, *, where: str) -> Floats:
    """Terms as instruments predict them.

    Parameters
    ----------
    V : float array, shape (n, k)
        Terms, effects and controls taken out.
    Z : float array, shape (n, K)
        Instruments, the same taken out.
    where : str
        What an error names.

    Returns
    -------
    float array, shape (n, k)

    Raises
    ------
    SampleError
        As :func:`instrument_basis`.
    """
    basis = instrument_basis(Z, where=where)
    return np.asarray(basis @ (basis.T @ V), dtype=np.float64)


def instrument_basis(Z: Floats, *, where: str) -> Floats:
    """Orthonormal columns that span the instruments, shape (n, K).

    Raises
    ------
    SampleError
        An instrument is a linear function of the others, after the controls.
    """
    lengths = np.linalg.norm(Z, axis=0)
    basis, sizes, _ = np.linalg.svd(Z / np.where(lengths > 0, lengths, 1.0), full_matrices=False)
    if not sizes[-1] > SINGULAR * sizes[0]:
        raise SampleError(
            f"{where}, instruments",
            expected="instruments that differ after controls and effects",
            found=f"{Z.shape[1]} that say as much as {int(np.sum(sizes > SINGULAR * sizes[0]))}",
            hint="leave one of them out",
        )
    return np.asarray(basis)
