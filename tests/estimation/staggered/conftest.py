import numpy as np
import pandas as pd
import pytest

from estimation.staggered.cohorts import StaggeredPanel, staggered_panel
from tests.estimation.staggered import made_up_policy


@pytest.fixture(scope="session")
def staggered():
    return made_up_policy.staggered


def _panel(
    table: pd.DataFrame, *, covariates: list[str] | None = None, weighted: bool = False
) -> StaggeredPanel:
    return staggered_panel(
        table["y"].to_numpy(),
        table["city"].to_numpy(),
        table["year"].to_numpy(),
        table["g"].to_numpy(dtype=np.float64),
        covariates=table[covariates].to_numpy() if covariates else None,
        weights=table["weight"].to_numpy() if weighted else None,
    )


@pytest.fixture(scope="session")
def panel_from():
    return _panel


@pytest.fixture(scope="session")
def mpdta(data_dir) -> pd.DataFrame:
    table = pd.read_csv(data_dir / "reference" / "mpdta.csv")
    return table.assign(
        city=pd.factorize(table["countyreal"])[0],
        g=table["first.treat"].replace(0, np.inf),
        y=table["lemp"],
    )
