"""Made-up shift-share data, and the papers' formulas as loops."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from estimation.instruments.partialled import Partialled, partialled
from estimation.samples.sample import Floats


@dataclass(frozen=True)
class MadeUp:
    """Regions with shares in sectors, a control, weights, and sectors in clusters."""

    y: Floats
    x: Floats
    shares: Floats
    shocks: Floats
    controls: Floats
    weights: Floats
    clusters: np.ndarray
    regions: np.ndarray

    @property
    def exposure(self) -> Floats:
        return self.shares @ self.shocks

    def left(self, *, weighted: bool = True) -> Partialled:
        weights = self.weights if weighted else None
        return partialled(self.y, self.x, self.exposure, self.controls, weights=weights)


def made_up(seed: int = 1, *, n: int = 60, sectors: int = 9, strength: float = 1.0) -> MadeUp:
    """Shares that do not sum to one; a treatment that the exposure moves."""
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.ones(sectors), size=n) * rng.uniform(0.3, 1.0, size=(n, 1))
    shocks, hidden = rng.normal(size=(2, sectors))
    control, e, v = rng.normal(size=(3, n))
    x = strength * (shares @ shocks) + control + e + 0.5 * v
    return MadeUp(
        y=0.7 * x + control + e + shares @ hidden + rng.normal(size=n),
        x=x,
        shares=shares,
        shocks=shocks,
        controls=np.column_stack([control, shares.sum(axis=1)]),
        weights=rng.uniform(0.5, 2.0, size=n),
        clusters=np.arange(sectors) // 2,
        regions=np.arange(n) // 5,
    )


def weighted_residual(values: Floats, controls: Floats, weights: Floats) -> Floats:
    """By the normal equations of weighted least squares with a constant."""
    X = np.column_stack([np.ones(values.size), controls])
    slopes = np.linalg.solve((X * weights[:, None]).T @ X, (X * weights[:, None]).T @ values)
    return values - X @ slopes


def panel_tables(
    seed: int = 3, *, cities: int = 30, years: int = 6, sectors: int = 5
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """A panel in which the exposure moves the treatment, and its tables of shares and shocks."""
    rng = np.random.default_rng(seed)
    s = rng.dirichlet(np.ones(sectors), size=cities) * rng.uniform(0.5, 1.0, size=(cities, 1))
    g = rng.normal(size=(years, sectors))
    z = np.einsum("ck,tk->ct", s, g)
    city = rng.normal(size=(cities, 1))
    x, e, noise, own = rng.normal(size=(4, cities, years))
    d = 2.0 * z + city + 0.5 * x + e + 0.5 * own
    y = 0.5 * d + city + x + 2.0 * e + noise
    names = [f"{1101 + place}" for place in range(cities)]
    calendar = np.arange(2011, 2011 + years)
    kinds = [f"s{place}" for place in range(sectors)]
    panel = pd.DataFrame(
        {
            "city_id": np.repeat(names, years),
            "year": np.tile(calendar, cities),
            "n_units": 9,
            "y": y.ravel(),
            "d": d.ravel(),
            "x": x.ravel(),
            "w": (z + rng.normal(size=z.shape)).ravel(),
            "size": np.repeat(rng.normal(size=cities), years),
        }
    )
    emp = np.exp(rng.normal(size=(cities, years + 1, sectors)))
    tables = {
        "shares": pd.DataFrame(
            {
                "city_id": np.repeat(names, sectors),
                "sector": np.tile(kinds, cities),
                "share": s.ravel(),
            }
        ),
        "shocks": pd.DataFrame(
            {
                "sector": np.tile(kinds, years),
                "year": np.repeat(calendar, sectors),
                "shock": g.ravel(),
            }
        ),
        "outcomes": pd.DataFrame(
            {
                "city_id": np.repeat(names, (years + 1) * sectors),
                "year": np.tile(np.repeat(np.arange(2010, 2011 + years), sectors), cities),
                "sector": np.tile(kinds, cities * (years + 1)),
                "value": emp.ravel(),
            }
        ),
    }
    return panel, tables
