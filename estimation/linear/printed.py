"""Which errors a row of linear fixed effects prints, and the row's figures."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from estimation.designs import Design, design_label
from estimation.inference.few_clusters import WildFigures, are_few, wild_figures
from estimation.inference.intervals import NORMAL
from estimation.linear.fixed_effects import ROBUST, PanelFit
from estimation.linear.regression import DRISCOLL_KRAAY, clustered_name, third_name
from estimation.parts.estimate_row import blank_row, in_scaling
from estimation.results import Estimate
from estimation.vocabulary import LINEAR

NAN = float("nan")
WILD_MARK = "wild bootstrap"
"""What stands in ``se_type`` where p value and interval are the wild bootstrap's."""


@dataclass(frozen=True, slots=True)
class Printed:
    """The errors of a fit that a design prints."""

    name: str
    """Name of the covariance."""
    text: str
    """``se_type`` of the row."""
    clustered: str
    """Name of the clustered covariance (CRV1) beside it."""
    third: str
    """Name of CRV3; empty where it is not shown."""
    wild: bool
    """Whether the wild bootstrap is made."""
    by_wild: bool
    """Whether p value and interval are its."""
    df: float
    """Degrees of freedom of Student's distribution."""
    n_clusters: int
    """Clusters; years for Driscoll and Kraay's errors, cities for robust ones."""


def printed_errors(
    design: Design, fit: PanelFit, *, lag: int, clusters: int | None = None
) -> Printed:
    """What a design prints of a fit.

    Parameters
    ----------
    design : Design
    fit : PanelFit
        With the covariances that the design asks for.
    lag : int
        Lags of Driscoll and Kraay's errors.
    clusters : int, optional
        Clusters that carry a term, where they are fewer than those of the fit.

    Returns
    -------
    Printed
        Where the key ``errors`` is left out and clusters are few, one way, p value and interval are
        the wild bootstrap's.
    """
    clustered = clustered_name(design.cluster)
    by = "robust" if design.rows_alone else "+".join(design.cluster)
    count = fit.clusters[clustered] if clusters is None else clusters
    one_way = len(design.cluster) == 1 and clustered in fit.final.clusters
    few = one_way and are_few(count) and not design.rows_alone
    third = third_name(design.cluster)
    by_wild = one_way and (design.errors == "wild" or (design.errors is None and few))
    name, text, df, counted = clustered, by, float(count - 1), count
    if design.errors == "crv3" and third in fit.covariances:
        name, text = third, f"{by}, CRV3"
    if design.errors == "robust":
        name, text, df, counted = ROBUST, "robust", NORMAL, fit.n_cities
    if design.errors == DRISCOLL_KRAAY:
        counted = fit.clusters[DRISCOLL_KRAAY]
        name, text, df = DRISCOLL_KRAAY, f"Driscoll-Kraay, lag {lag}", float(counted - 1)
    plain = design.errors in {"robust", DRISCOLL_KRAAY}
    shown = (few and not plain) or design.errors == "crv3"
    return Printed(
        name=name,
        text=text,
        clustered=clustered,
        third=third if shown and third in fit.covariances else "",
        wild=by_wild or (few and not plain),
        by_wild=by_wild,
        df=df,
        n_clusters=counted,
    )


def fitted_row(
    design: Design, fit: PanelFit, printed: Printed, *, position: int, part: str, notes: list[str]
) -> Estimate:
    """A coefficient with its errors, and p value and interval as they are printed.

    Parameters
    ----------
    design : Design
    fit : PanelFit
    printed : Printed
    position : int
        Of the term.
    part : str
        What the row tells.
    notes : list of str
        What it must say besides what its errors say.

    Returns
    -------
    Estimate
        Before any scaling: statistic, p value and interval are made by :func:`told_in`.
    """
    theta = float(fit.theta[position])
    std_error = float(fit.std_errors(printed.name)[position])
    wild = _wild(design, fit, printed, position) if printed.wild else WildFigures()
    by_wild = printed.by_wild and np.isfinite(wild.p_value)
    row = blank_row(design, LINEAR, part=part, term=fit.names[position])
    said = [*notes, *fit.notes, *missing_error(std_error, printed.n_clusters)]
    said += [wild.why_not] if wild.why_not else []
    return replace(
        row,
        estimate=theta,
        std_error=std_error,
        n=fit.n,
        n_clusters=printed.n_clusters,
        se_type=f"{printed.text}, {WILD_MARK}" if by_wild else printed.text,
        df=printed.df,
        std_error_robust=float(fit.std_errors(ROBUST)[position]),
        std_error_cluster=float(fit.std_errors(printed.clustered)[position]),
        std_error_jackknife=float(fit.std_errors(printed.third)[position])
        if printed.third
        else NAN,
        p_value_wild=wild.p_value,
        ci_low_wild=wild.ci_low,
        ci_high_wild=wild.ci_high,
        lowest=theta,
        highest=theta,
        learner="linear",
        treatment_residual_variance=float(fit.left_variance[position]),
        note="; ".join(said),
    )


def told_in(row: Estimate, scaling: str, factor: float) -> Estimate:
    """A row in a scaling, with the wild bootstrap's p value and interval where it is so marked."""
    scaled = in_scaling(row, scaling, factor)
    if WILD_MARK not in row.se_type:
        return scaled
    return replace(
        scaled,
        p_value=scaled.p_value_wild,
        ci_low=scaled.ci_low_wild,
        ci_high=scaled.ci_high_wild,
    )


def _wild(design: Design, fit: PanelFit, printed: Printed, position: int) -> WildFigures:
    """The wild bootstrap of a term, in units of the term.

    What is common to several clusters is among the regressors, so that each draw estimates it anew;
    with an instrument it is taken out beforehand.
    """
    if fit.final.W is not None and fit.final.W.shape[1] > 1:
        return WildFigures()
    if not np.isfinite(fit.std_errors(printed.clustered)[position]):
        return WildFigures(why_not="no wild bootstrap without it")
    found = wild_figures(
        fit.final.u,
        fit.final.V,
        fit.final.W,
        fit.final.clusters[printed.clustered],
        seed=design.seed,
        term=position,
        where=f"{design_label(design)}, linear two-way fixed effects, wild bootstrap",
    )
    unit = float(fit.final.units[position])
    return replace(found, ci_low=unit * found.ci_low, ci_high=unit * found.ci_high)


def missing_error(std_error: float, clusters: int) -> Iterator[str]:
    """What a row without a clustered error says, nothing of others."""
    if not np.isfinite(std_error):
        yield (
            f"no clustered error: of {clusters} clusters nothing but rounding is left in it, or a "
            "negative variance"
        )
