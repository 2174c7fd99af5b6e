"""Years for tests of the demand system: China's, and made-up ones."""

import numpy as np

from estimation.structural.demand_parameters import DemandParameters
from estimation.structural.demand_system import Observations
from estimation.structural.published import BETA
from estimation.structural.sector_observations import observed
from estimation.structural.synthetic_prices import moving_prices
from panels.sectors import load_etd

TRUTH = DemandParameters(0.587, 1.057, 0.850, 0.676, 0.673)
PRINTED = DemandParameters(0.587, 1.057, 0.959, 0.676, 0.673)


def china(data_dir) -> Observations:
    return observed(load_etd(data_dir / "sectors" / "ETD_230918.xlsx", "CHN"), BETA)


def blank(years: int = 29, seed: int = 0) -> Observations:
    """Wage gaps that fall about as China's do; prices as one, employment shares of thirds."""
    rng = np.random.default_rng(seed)
    noise = 1.0 + 0.05 * rng.normal(size=(2, years))
    return Observations(
        np.zeros(years),
        np.zeros(years),
        np.linspace(2.4, 1.7, years) * noise[0],
        np.linspace(2.1, 1.7, years) * noise[1],
        np.full((years, 2), 1 / 3),
        BETA,
    )


def moving(years: int = 29) -> Observations:
    return moving_prices(blank(years), TRUTH)
