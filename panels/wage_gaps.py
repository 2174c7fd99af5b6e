"""Wage gaps between sectors: Pan, Li and Gu, equation (39)."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from geo.errors import DomainError
from panels.sectors import SectorData


def wage_gaps(
    data: SectorData, beta: Sequence[float], *, scale: tuple[float, float] = (1.0, 1.0)
) -> pd.DataFrame:
    r"""Wage of producer services over that of the other two sectors.

    :math:`\xi_j = W_x / W_j`, with :math:`W_j = (1 - \beta_j) p_j Y_j / L_j`: marginal products of
    labour from nominal value added and employment.

    Parameters
    ----------
    data : SectorData
    beta : three floats
        Capital income shares of m, x, s, each in (0, 1).
    scale : (float, float)
        Factors of xi_m and xi_s. The results that Pan, Li and Gu print are those of 0.9747 and
        0.9869, for which nothing in the data accounts; ones leave the data as they are.

    Returns
    -------
    pandas.DataFrame
        ``year`` int64, ``xi_m`` and ``xi_s`` float64.

    Raises
    ------
    DomainError
        There are not three shares, one is outside (0, 1), or a factor is not positive.
    """
    shares = np.asarray(beta, dtype=np.float64)
    if shares.shape != (3,) or not ((shares > 0.0) & (shares < 1.0)).all():
        raise DomainError(
            "wage gaps: beta",
            expected="three capital income shares between 0 and 1, of m, x, s",
            found=", ".join(f"{share:g}" for share in shares.ravel()),
            hint="correct them",
        )
    if not all(np.isfinite(factor) and factor > 0.0 for factor in scale):
        raise DomainError(
            "wage gaps: scale",
            expected="two positive factors, of xi_m and xi_s",
            found=", ".join(f"{factor:g}" for factor in scale),
            hint="leave it out",
        )
    wage = (1.0 - shares) * data.value_added / data.employment
    return pd.DataFrame(
        {
            "year": np.array(data.years, dtype=np.int64),
            "xi_m": scale[0] * wage[:, 1] / wage[:, 0],
            "xi_s": scale[1] * wage[:, 1] / wage[:, 2],
        }
    )
