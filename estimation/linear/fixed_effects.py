"""Linear two-way fixed effects, the yardstick beside every other variant.

Cities are absorbed by pyfixest and years are dummies. Absorbing both would give the same estimate,
but pyfixest 0.60 visits two absorbed effects in the order of a set of names, which differs between
processes, and with it the last bit of the result.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyfixest
from numpy.typing import NDArray
from pyfixest.estimation import Feols

from estimation.linear.jackknife import jackknife_covariance
from estimation.linear.partialling import demeaned, left_after, year_dummies
from estimation.linear.sandwich import ROUNDING
from estimation.rounding import is_rounding
from estimation.samples.sample import Floats, Integers
from geo.errors import SampleError

ROBUST, CITY, PROVINCE = "robust", "city", "province"
CITY_AND_YEAR, CITY_CRV3, PROVINCE_CRV3 = "city and year", "city CRV3", "province CRV3"
ERRORS = (ROBUST, CITY, PROVINCE, CITY_AND_YEAR, CITY_CRV3, PROVINCE_CRV3)
"""How errors are clustered, in the order in which they are listed."""

CRV3_OF = {CITY: CITY_CRV3, PROVINCE: PROVINCE_CRV3}
"""The jackknife of each way to cluster that has one."""

_DEMEANER = pyfixest.MapDemeaner(fixef_tol=1e-12)


@dataclass(frozen=True, slots=True)
class LinearModel:
    """A linear model with city and year effects, as arrays."""

    outcome: Floats
    """Outcome, shape (n,)."""
    terms: Floats
    """Columns whose coefficients are wanted, shape (n, k): a treatment, its product with a
    moderator, ... ; products are formed in levels."""
    term_names: tuple[str, ...]
    """Names of the terms, k of them."""
    controls: Floats
    """Columns beside them, shape (n, p); p may be 0."""
    control_names: tuple[str, ...]
    """Names of the controls, p of them."""
    city: Integers
    """City of each row, 0 or more, shape (n,)."""
    year: Integers
    """Year of each row, shape (n,)."""
    province: Integers | None = None
    """Province of each row, shape (n,), the same in all rows of a city; None if unknown."""
    label: str = "sample"
    """What an error names."""


@dataclass(frozen=True, slots=True, eq=False)
class Final:
    """The regression without a constant that the estimates come down to, city effects taken out."""

    u: Floats
    """Outcome, shape (n,)."""
    V: Floats
    """Regressors, the k terms first, shape (n, q); with instruments the terms alone, years and
    controls taken out of them and of the outcome."""
    W: Floats | None
    """Instruments, years and controls taken out, shape (n, k); None without."""
    units: Floats
    """What a slope of the k first is multiplied by, shape (k,)."""
    clusters: Mapping[str, Integers]
    """Cluster of each row by the names of one-way errors, shape (n,) each."""
    determined: bool
    """Whether nothing but rounding is left of the outcome."""


@dataclass(frozen=True, slots=True)
class PanelFit:
    """Coefficients of the terms, with several covariances."""

    names: tuple[str, ...]
    """Names of the terms, k of them."""
    theta: Floats
    """Coefficients, shape (k,)."""
    covariances: Mapping[str, Floats]
    """Covariance of the coefficients, shape (k, k), by name from :data:`ERRORS`; ``province`` only
    where provinces are known. All but CRV3 have the small-sample factors of reghdfe; two-way
    clustering takes the least number of clusters and may give a variance below zero."""
    clusters: Mapping[str, int]
    """Clusters of each covariance: rows, cities, provinces, the fewer of cities and years."""
    left_variance: Floats
    """Variance of each term left after effects, controls and the other terms, shape (k,)."""
    n: int
    """Rows used."""
    n_cities: int
    """Cities used."""
    lost_rows: int
    """Rows left out because their city or year has no other row."""
    collinear: tuple[str, ...]
    """Controls left out because effects and other controls determine them."""
    final: Final
    """What the wild bootstrap works on."""
    first_stage: Floats | None = None
    """F of the instruments in each term's first stage, clustered as asked; NaN where two ways to
    cluster leave it no covariance; None without instruments."""
    redundant: tuple[str, ...] = ()
    """Effects left out because one other effect determines them."""
    notes: tuple[str, ...] = ()
    """What else a row of the fit must say."""

    def std_errors(self, errors: str) -> Floats:
        """Standard errors, shape (k,); NaN where a variance is not positive, or is rounding."""
        variances = np.diag(self.covariances[errors])
        least = ROUNDING**2 * np.diag(self.covariances[ROBUST])
        return np.sqrt(np.where(variances > least, variances, np.nan))


def fit_panel(model: LinearModel) -> PanelFit:
    """Least squares of an outcome on terms and controls with city and year effects.

    Parameters
    ----------
    model : LinearModel
        n rows, k terms, p controls.

    Returns
    -------
    PanelFit

    Raises
    ------
    SampleError
        Effects, controls and the terms before it determine a term, or no row is left.
    """
    used = usable(model)
    table, units = _table(used)
    terms = _named("d", used.terms)
    others = [*_named("t", year_dummies(used.year)), *_named("x", used.controls)]
    fit = _feols(table, (*others, *terms))
    # pyfixest makes errors with the coefficients, of a variance that rounding may put below zero:
    # `PanelFit.std_errors` tells of it.
    with np.errstate(invalid="ignore"):
        slopes = fit.coef()
    found = list(slopes.index)
    for name, column in zip(used.term_names, terms, strict=True):
        if column not in found:
            raise nothing_left(used.label, name, "none: effects and controls determine it")
    unit = units["y"] / np.array([units[column] for column in terms])
    kept = [column for column in others if column in found]
    arrays = demeaned(table[["y", *terms, *kept]].to_numpy(), used.city)
    y, X = arrays[:, 0], arrays[:, 1:]
    covariances = _covariances(fit, found, terms, used)
    clusters = one_way_clusters(used)
    for errors, ids in clusters.items():
        third = jackknife_covariance(y, X, X, clusters=ids, wanted=len(terms))
        covariances[CRV3_OF[errors]] = third
    left = left_after(y[:, None], X).values[:, 0]
    return PanelFit(
        names=used.term_names,
        theta=unit * slopes[terms].to_numpy(),
        covariances={errors: np.outer(unit, unit) * one for errors, one in covariances.items()},
        clusters=cluster_counts(used),
        left_variance=left_variances(X, len(terms)) * np.array([units[one] ** 2 for one in terms]),
        n=len(table),
        n_cities=int(np.unique(used.city).size),
        lost_rows=model.outcome.size - len(table),
        collinear=tuple(
            name
            for name, column in zip(used.control_names, _named("x", used.controls), strict=True)
            if column not in found
        ),
        final=Final(y, X, None, unit, clusters, bool(is_rounding(left, table["y"].to_numpy()))),
    )


def usable(model: LinearModel) -> LinearModel:
    """The model without rows whose city or year has no other row.

    Raises
    ------
    SampleError
        No row is left, or a city is in two provinces.
    """
    if model.province is not None:
        pairs = np.unique(np.column_stack([model.city, model.province]), axis=0)
        several = int(np.sum(np.bincount(pairs[:, 0]) > 1))
        if several:
            raise SampleError(
                f"{model.label}, linear two-way fixed effects, provinces",
                expected="each city in one province",
                found=f"{several} cities in several",
                hint="take each city's province from one year",
            )
    kept = not_alone(model.city, model.year)
    if not kept.any():
        raise nothing_left(model.label, "treatment", "no city with two years in common with others")
    return replace(
        model,
        outcome=model.outcome[kept],
        terms=model.terms[kept],
        controls=model.controls[kept],
        city=model.city[kept],
        year=model.year[kept],
        province=None if model.province is None else model.province[kept],
    )


def cluster_counts(model: LinearModel) -> Mapping[str, int]:
    """Number of clusters of each kind of errors; of two-way clustering the fewer."""
    cities, years = np.unique(model.city).size, np.unique(model.year).size
    counts = {ROBUST: model.city.size, CITY: cities}
    if model.province is not None:
        counts[PROVINCE] = np.unique(model.province).size
    third = {CRV3_OF[errors]: counts[errors] for errors in one_way_clusters(model)}
    return counts | {CITY_AND_YEAR: min(cities, years)} | third


def one_way_clusters(model: LinearModel) -> dict[str, Integers]:
    """Cluster of each row by city, and by province where these are known."""
    return {CITY: model.city} | ({} if model.province is None else {PROVINCE: model.province})


def left_variances(X: Floats, count: int) -> Floats:
    """Variance of each of the first columns left after all other columns, shape (count,)."""
    return np.array(
        [np.var(left_after(X[:, [j]], np.delete(X, j, axis=1)).values) for j in range(count)]
    )


def not_alone(city: Integers, year: Integers) -> NDArray[np.bool_]:
    """Rows whose city and whose year both have another row, after leaving the rest out.

    Parameters
    ----------
    city, year : int64 array, shape (n,)
        Cities are 0 or more.

    Returns
    -------
    bool array, shape (n,)
    """
    _, period = np.unique(year, return_inverse=True)
    kept = np.ones(city.size, dtype=bool)
    while True:
        alone = (np.bincount(city[kept], minlength=1 + city.max())[city] == 1) | (
            np.bincount(period[kept], minlength=1 + period.max())[period] == 1
        )
        if not (alone & kept).any():
            return kept
        kept &= ~alone


def scaled(values: Floats) -> tuple[Floats, float]:
    """Values over the power of two nearest their spread, which costs no digit, and that power.

    Collinearity is judged with absolute tolerances; so no column is dropped for its unit.
    """
    spread = float(np.std(values))
    power = 2.0 ** np.round(np.log2(spread)) if spread > 0 else 1.0
    return values / power, float(power)


def nothing_left(label: str, term: str, found: str) -> SampleError:
    """The error of a term that cannot be told from effects and controls."""
    return SampleError(
        f"{label}, {term}, linear two-way fixed effects",
        expected="variation left after city and year effects",
        found=found,
        hint="name another treatment, or remove the control that determines it",
    )


def _named(letter: str, columns: Floats) -> list[str]:
    return [f"{letter}{j}" for j in range(columns.shape[1])]


def _table(model: LinearModel) -> tuple[pd.DataFrame, dict[str, float]]:
    """Scaled columns y, t.. (years), x.. (controls), d.. (terms) and clusters; the columns' units.

    Of collinear regressors pyfixest drops the last: the terms stand last, so that none is ever
    estimated in the place of a control.
    """
    columns = {"y": model.outcome}
    columns |= dict(zip(_named("x", model.controls), model.controls.T, strict=True))
    columns |= dict(zip(_named("d", model.terms), model.terms.T, strict=True))
    dummies = year_dummies(model.year)
    pairs = {name: scaled(values) for name, values in columns.items()}
    clusters = {"city": model.city, "year": model.year}
    if model.province is not None:
        clusters["province"] = model.province
    table = pd.DataFrame(
        clusters
        | dict(zip(_named("t", dummies), dummies.T, strict=True))
        | {name: values for name, (values, _) in pairs.items()}
    )
    return table, {name: unit for name, (_, unit) in pairs.items()}


def _covariances(
    fit: Feols, names: list[str], terms: list[str], model: LinearModel
) -> dict[str, Floats]:
    """Covariances by pyfixest of some of the named coefficients, in the table's units."""
    places = [names.index(one) for one in terms]
    clusterings: dict[str, str | dict[str, str]] = {ROBUST: "hetero", CITY: {"CRV1": "city"}}
    if model.province is not None:
        clusterings[PROVINCE] = {"CRV1": "province"}
    clusterings[CITY_AND_YEAR] = {"CRV1": "city+year"}
    found = {}
    for errors, clustering in clusterings.items():
        # Two-way clustering may give a negative variance: `PanelFit.std_errors` says so.
        with np.errstate(invalid="ignore"):
            fit.vcov(clustering)
        found[errors] = np.asarray(fit._vcov[np.ix_(places, places)], dtype=np.float64)
    # Years are nested in the clusters, but pyfixest is given them as slopes and counts each.
    others = sum(not name.startswith("t") for name in names)
    found[CITY_AND_YEAR] *= (model.city.size - len(names) - 1) / (model.city.size - others - 1)
    return found


def _feols(table: pd.DataFrame, regressors: tuple[str, ...]) -> Feols:
    """Least squares with city effects absorbed."""
    with warnings.catch_warnings(), np.errstate(invalid="ignore"):
        # pyfixest's own use of pandas, and what is reported as `collinear`.
        warnings.filterwarnings("ignore", "The inplace keyword in DataFrame", DeprecationWarning)
        warnings.filterwarnings("ignore", r"\s*\d+ variables dropped due to multicoll", UserWarning)
        fit: Feols = pyfixest.feols(
            f"y ~ {' + '.join(regressors)} | city",
            data=table,
            vcov={"CRV1": "city"},
            fixef_rm="none",
            demeaner=_DEMEANER,
        )
    return fit
