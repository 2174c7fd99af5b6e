"""Made-up cities that are exposed to shocks of sectors: a panel and its tables, true effect 0.5.

Run ``python docs/scripts/made_up_exposure.py FOLDER``: it writes ``panel.csv``, ``shares.csv`` and
``shocks.csv``, which ``docs/instruments.md`` estimates.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

CITIES, YEARS, SECTORS = 120, 10, 60
TRUTH = 0.5


def write_tables(folder: Path) -> None:
    """Write the panel and its tables.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    """
    rng = np.random.default_rng(7)
    folder.mkdir(parents=True, exist_ok=True)
    shares = rng.dirichlet(np.full(SECTORS, 0.3), size=CITIES) * rng.uniform(0.6, 1, (CITIES, 1))
    shocks, hidden = rng.normal(size=(2, YEARS, SECTORS))
    z, v = shares @ shocks.T, shares @ hidden.T
    city, own, noise, control = rng.normal(size=(4, CITIES, YEARS))
    city = city[:, :1]
    x = 2.0 * z + city + 0.5 * control + own
    y = TRUTH * x + city + control + 2.0 * own + 3.0 * v + noise
    cities = [f"{9001 + place}" for place in range(CITIES)]
    years = np.arange(2011, 2011 + YEARS)
    sectors = [f"sector {place + 1:02d}" for place in range(SECTORS)]
    panel = pd.DataFrame(
        {
            "city_id": np.repeat(cities, YEARS),
            "year": np.tile(years, CITIES),
            "n_units": 9,
            "gini": y.ravel(),
            "uil": x.ravel(),
            "log_gdp": control.ravel(),
            "rain": (own + rng.normal(size=own.shape)).ravel(),
        }
    )
    long = {"city_id": np.repeat(cities, SECTORS), "sector": np.tile(sectors, CITIES)}
    when = {"sector": np.tile(sectors, YEARS), "year": np.repeat(years, SECTORS)}
    panel.round(6).to_csv(folder / "panel.csv", index=False)
    pd.DataFrame(long | {"share": shares.ravel()}).to_csv(folder / "shares.csv", index=False)
    table = pd.DataFrame(when | {"shock": shocks.ravel()})
    table.assign(wide=table["sector"].str[:8]).to_csv(folder / "shocks.csv", index=False)


if __name__ == "__main__":
    write_tables(Path(sys.argv[1]))
