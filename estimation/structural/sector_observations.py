"""From sector data to what the demand system sees."""

from collections.abc import Sequence

import numpy as np

from estimation.structural.demand_system import Observations
from panels.sectors import SectorData
from panels.wage_gaps import wage_gaps


def observed(data: SectorData, beta: Sequence[float]) -> Observations:
    """Relative prices, wage gaps (39) and employment shares of an economy, section 4.1.

    Parameters
    ----------
    data : SectorData
        Prices are nominal over real value added, employment shares those of the three sectors.
    beta : three floats
        Capital income shares of m, x, s.

    Returns
    -------
    Observations

    Raises
    ------
    DomainError
        There are not three shares, or one is outside (0, 1).
    """
    gaps = wage_gaps(data, beta)
    prices = np.log(data.prices)
    m, x, s = (float(share) for share in beta)
    return Observations(
        prices[:, 0] - prices[:, 1],
        prices[:, 2] - prices[:, 1],
        gaps["xi_m"].to_numpy(dtype=np.float64),
        gaps["xi_s"].to_numpy(dtype=np.float64),
        data.labour[:, :2],
        (m, x, s),
        data.years,
    )
