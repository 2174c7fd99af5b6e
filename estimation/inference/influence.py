"""What single cities do to the effects: each left out in turn, the nuisances held fixed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from estimation.inference.clustered import without_each
from estimation.inference.moments import cluster_moments
from estimation.samples.sample import Floats, Integers


@dataclass(frozen=True, slots=True)
class Influence:
    """The effects of k terms without each of G clusters."""

    theta: Floats
    """With all clusters, shape (k,)."""
    without: Floats
    """Without each cluster, shape (G, k)."""
    codes: Integers
    """The clusters, ascending, shape (G,)."""

    @property
    def change(self) -> Floats:
        """How leaving each cluster out moves the effects, shape (G, k)."""
        return np.asarray(self.without - self.theta, dtype=np.float64)

    def extremes(self, term: int = 0) -> tuple[float, float]:
        """Smallest and largest effect of a term that leaving one cluster out gives."""
        return float(self.without[:, term].min()), float(self.without[:, term].max())

    def most(self, names: Sequence[str], *, term: int = 0, count: int = 5) -> pd.DataFrame:
        """The clusters that move an effect most.

        Parameters
        ----------
        names : sequence of str
            Names by number of the cluster, for example ``sample.cities``.
        term : int
        count : int
            Rows at most.

        Returns
        -------
        pandas.DataFrame
            Columns ``city`` (str), ``without``, ``change`` (float64); the largest change first,
            equal ones by number.
        """
        moved = self.change[:, term]
        order = np.lexsort((self.codes, -np.abs(moved)))[:count]
        return pd.DataFrame(
            {
                "city": pd.Series([names[code] for code in self.codes[order]], dtype="str"),
                "without": self.without[order, term],
                "change": moved[order],
            }
        )


def leave_one_out(
    u: Floats, V: Floats, W: Floats | None, clusters: Integers, *, where: str = "influence"
) -> Influence:
    """The effects without each cluster, from cross-products: no regression is run again.

    Parameters
    ----------
    u, V, W, clusters
        As in :func:`estimation.inference.moments.cluster_moments`.
    where : str
        What an error names.

    Returns
    -------
    Influence

    Raises
    ------
    SampleError
        As :func:`estimation.inference.moments.cluster_moments`, or the effects are not identified
        without one of the clusters.
    """
    moments = cluster_moments(u, V, W, clusters, where=where)
    change = without_each(moments, where=where)
    return Influence(moments.theta, moments.theta + change, moments.codes)
