"""Cities by the year in which they take up a policy, as a matrix of cities and years."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from estimation.samples.sample import Floats, Integers
from geo.errors import SampleError

NEVER = np.inf
"""Year of adoption of a city that never adopts."""


@dataclass(frozen=True, slots=True, eq=False)
class StaggeredPanel:
    """Outcomes of N cities in T years, and when each city adopts."""

    outcome: Floats
    """Outcome, shape (N, T); NaN where a city has no row."""
    years: Integers
    """Calendar years, ascending, shape (T,); there may be gaps."""
    adopted: Floats
    """First year under the policy, shape (N,); ``inf`` for never."""
    cluster: Integers
    """Cluster of each city, 0 to G - 1, shape (N,)."""
    covariates: Floats
    """Covariates, shape (N, T, p); p may be 0."""
    weights: Floats
    """Weight of each city, shape (N,), positive."""
    label: str = "panel"
    """Whose panel it is, for errors."""

    @property
    def there(self) -> NDArray[np.bool_]:
        """Where a city has a row, shape (N, T)."""
        return ~np.isnan(self.outcome)

    @property
    def treated(self) -> NDArray[np.bool_]:
        """Under the policy, shape (N, T)."""
        return np.asarray(self.years[None, :] >= self.adopted[:, None])

    @property
    def cohorts(self) -> Floats:
        """Years in which cities of the panel adopt, ascending; without never."""
        return np.unique(self.adopted[np.isfinite(self.adopted)])

    def taken(self, cities: NDArray[np.bool_]) -> "StaggeredPanel":
        """Some of the cities; clusters are counted anew."""
        _, cluster = np.unique(self.cluster[cities], return_inverse=True)
        return replace(
            self,
            outcome=self.outcome[cities],
            adopted=self.adopted[cities],
            cluster=cluster.astype(np.int64),
            covariates=self.covariates[cities],
            weights=self.weights[cities],
        )


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What the clean estimators do without, by reason, as counts of cities or city-years."""

    always_treated: int = 0
    """Cities under the policy in their first year: there is no year before."""
    after_the_end: int = 0
    """Cities that adopt after the last year, anticipation included: controls like those that never
    do."""


def staggered_panel(
    outcome: Floats,
    city: Integers,
    year: Integers,
    adopted: Floats,
    *,
    cluster: Integers | None = None,
    covariates: Floats | None = None,
    weights: Floats | None = None,
    label: str = "panel",
) -> StaggeredPanel:
    """A long table as a matrix of cities and years.

    Parameters
    ----------
    outcome : float array, shape (n,)
    city : int64 array, shape (n,)
        Position of each row's city, 0 to N - 1, each with a row.
    year : int64 array, shape (n,)
        Calendar year; no city has one twice.
    adopted : float array, shape (n,)
        First year under the policy, the same in all rows of a city; ``inf`` for never.
    cluster : int64 array, shape (n,), optional
        Cluster of each row, the same in all rows of a city; the city when left out.
    covariates : float array, shape (n, p), optional
    weights : float array, shape (n,), optional
        Weight of the city, the same in all its rows; 1 when left out.
    label : str
        For errors.

    Returns
    -------
    StaggeredPanel

    Raises
    ------
    SampleError
        Adoption, cluster or weight is not the same in all years of a city.
    """
    years, at = np.unique(year, return_inverse=True)
    N, T = int(city.max()) + 1, years.size
    X = np.empty((outcome.size, 0)) if covariates is None else covariates
    matrix, cube = np.full((N, T), np.nan), np.full((N, T, X.shape[1]), np.nan)
    matrix[city, at], cube[city, at] = outcome, X
    by_city: dict[str, NDArray[np.number]] = {
        "year of adoption": adopted,
        "cluster": city if cluster is None else cluster,
        "weight": np.ones(outcome.size) if weights is None else weights,
    }
    fixed = {name: _fixed(values, city, N, name, label) for name, values in by_city.items()}
    _, clusters = np.unique(fixed["cluster"], return_inverse=True)
    return StaggeredPanel(
        outcome=matrix,
        years=years.astype(np.int64),
        adopted=fixed["year of adoption"],
        cluster=clusters.astype(np.int64),
        covariates=cube,
        weights=fixed["weight"],
        label=label,
    )


def _fixed(values: NDArray[np.number], city: Integers, N: int, name: str, label: str) -> Floats:
    """The value of each city, which its rows must share."""
    first = np.empty(N)
    first[city[::-1]] = values[::-1]
    if not np.array_equal(first[city], values):
        raise SampleError(
            f"{label}, {name}",
            expected=f"one {name} in all rows of a city",
            found="several",
            hint="correct the column",
        )
    return first


def with_clean_start(
    panel: StaggeredPanel, *, anticipation: int = 0
) -> tuple[StaggeredPanel, LeftOut]:
    """The panel without cities that no year before the policy is known of.

    Parameters
    ----------
    panel : StaggeredPanel
    anticipation : int
        Years before adoption in which cities may react already.

    Returns
    -------
    (StaggeredPanel, LeftOut)
        Cities that adopt after the last year, and do not act on it before, stand as never adopting.
    """
    first = panel.years[np.argmax(panel.there, axis=1)]
    always = panel.adopted <= first
    late = np.isfinite(panel.adopted) & (panel.adopted - anticipation > panel.years[-1])
    kept = replace(panel, adopted=np.where(late, NEVER, panel.adopted)).taken(~always)
    return kept, LeftOut(int(always.sum()), int(late.sum()))


def base_year(years: Integers, cohort: float, anticipation: int) -> int | None:
    """Position of the last year before a cohort adopts, or begins to act on it; None without one.

    Parameters
    ----------
    years : int64 array, shape (T,)
    cohort : float
        Year of adoption.
    anticipation : int
        Years before it in which cities may react already.
    """
    before = np.flatnonzero(years + anticipation < cohort)
    return int(before[-1]) if before.size else None


def cluster_sums(rows: Floats, cluster: Integers) -> Floats:
    """Rows of cities added up by cluster.

    Parameters
    ----------
    rows : float array, shape (N, m)
    cluster : int64 array, shape (N,)

    Returns
    -------
    float array, shape (G, m)
    """
    n = cluster.size
    members = csr_array((np.ones(n), (cluster, np.arange(n))), shape=(int(cluster.max()) + 1, n))
    return np.asarray(members @ rows)
