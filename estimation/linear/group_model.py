"""Effects by group in linear fixed effects: one regression with a slope of the treatment a group.

Samples of their own are the same regression with every slope and every effect by group, so that
their effects have a joint covariance, too: cities or provinces may be in several groups.
"""

from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from estimation.designs import Design
from estimation.heterogeneity.grouping import Grouping, check_clusters, grouping_of
from estimation.heterogeneity.keys import Groups
from estimation.inference.difference import Wald, wald_test
from estimation.inference.few_clusters import are_few
from estimation.inference.intervals import NORMAL
from estimation.linear.fixed_effects import ROBUST, Final, PanelFit
from estimation.linear.printed import Printed, printed_errors
from estimation.linear.regression import fit_regression, third_name
from estimation.linear.residualised import Regression
from estimation.linear.rows import error_lags, regression_of
from estimation.linear.within import combined
from estimation.problems.terms import treatment_terms
from estimation.samples.sample import Floats, Sample

OWN = "own effect of "
"""Before the name of a group where its indicator is a control."""


@dataclass(frozen=True, slots=True, eq=False)
class GroupFit:
    """The effect in each of J groups."""

    fit: PanelFit
    """One regression with J terms."""
    grouping: Grouping
    """The groups of the sample's rows."""
    regression: Regression
    """What was fitted."""
    printed: tuple[Printed, ...]
    """The errors that each group's row prints: groups fixed in time have their own clusters."""
    joint: str
    """Name of the covariance of the joint test."""
    said: str
    """How the effects came about."""
    counts: tuple[int, ...]
    """Clusters of each group."""


def group_fit(sample: Sample, design: Design, groups: Groups) -> GroupFit:
    """Fit a slope of the treatment for each group.

    Parameters
    ----------
    sample : Sample
    design : Design
        One treatment, perhaps instrumented.
    groups : Groups
        With ``how = "samples"`` controls and effects are by group; else they are shared, the
        controls' slopes unless they are asked for by group.

    Returns
    -------
    GroupFit

    Raises
    ------
    SampleError
        As :func:`estimation.heterogeneity.grouping.grouping_of`; a group has one cluster, or
        nothing is left of its treatment.
    """
    grouping, counts = check_groups_told(sample, design, groups)
    regression = _regression(sample, design, groups, grouping)
    regression = replace(regression, third=regression.third or are_few(min(counts)))
    fit = fit_regression(regression)
    lag = error_lags(sample, design)
    printed = tuple(printed_errors(design, fit, lag=lag, clusters=count) for count in counts)
    third = third_name(design.cluster)
    few = any(one.wild for one in printed) and design.errors != "clustered"
    own = tuple(name for name in fit.collinear if not name.startswith(OWN))
    return GroupFit(
        fit=replace(fit, collinear=own),
        grouping=grouping,
        regression=regression,
        printed=printed,
        joint=third if few and third in fit.covariances else printed[0].name,
        said=_said(design, groups),
        counts=counts,
    )


def check_groups_told(
    sample: Sample, design: Design, groups: Groups
) -> tuple[Grouping, tuple[int, ...]]:
    """The groups of a sample and the clusters of each, two or more.

    Raises
    ------
    SampleError
        There is one group, one is empty, or one has a single cluster.
    """
    grouping = grouping_of(sample, groups, design)
    where = f"{sample.label}, linear fixed effects"
    counts = check_clusters(grouping.names, grouping.indicators, sample.groupings, where=where)
    return grouping, counts


def joint_wald(found: GroupFit, *, where: str) -> Wald:
    """Test that the effect is the same in all groups.

    Parameters
    ----------
    found : GroupFit
    where : str
        What an error names.

    Returns
    -------
    Wald
        With CRV3 where clusters are few and nothing else is asked for.

    Raises
    ------
    SampleError
        There are more groups than clusters can tell apart.
    """
    count = len(found.grouping.names)
    R = np.column_stack([-np.ones(count - 1), np.eye(count - 1)])
    matrix, counts = found.fit.covariances[found.joint], found.fit.clusters
    df = NORMAL if found.joint == ROBUST else float(counts[found.joint] - 1)
    return wald_test(found.fit.theta, matrix, R, df=df, where=where)


def difference_of(fit: PanelFit, first: int, second: int, *, name: str) -> PanelFit:
    """The second term's coefficient less the first's as a fit of one term.

    Parameters
    ----------
    fit : PanelFit
        J terms.
    first, second : int
        Positions.
    name : str
        What the difference is called.

    Returns
    -------
    PanelFit
        For the wild bootstrap, with the common effect of both among the regressors.
    """
    L = np.zeros(fit.theta.size)
    L[first], L[second] = -1.0, 1.0
    final = fit.final
    per_unit = final.V[:, : L.size] / final.units
    V = _contrasted(per_unit, final.V[:, L.size :], first, second)
    return replace(
        fit,
        names=(name,),
        theta=np.array([float(L @ fit.theta)]),
        covariances={
            one: np.array([[float(L @ matrix @ L)]]) for one, matrix in fit.covariances.items()
        },
        left_variance=np.array([np.nan]),
        final=Final(final.u, V, final.W, np.ones(1), final.clusters, determined=final.determined),
        first_stage=None,
    )


def _contrasted(terms: Floats, others: Floats, first: int, second: int) -> Floats:
    """Difference first, then the common effect, other groups, controls and dummies."""
    rest = np.delete(terms, [first, second], axis=1)
    common = terms[:, first] + terms[:, second]
    return np.column_stack([terms[:, second], common, rest, others])


def _regression(sample: Sample, design: Design, groups: Groups, grouping: Grouping) -> Regression:
    base = regression_of(sample, design, treatment_terms(sample, design))
    own = grouping.indicators
    names = tuple(f"{design.treatment}, {name}" for name in grouping.names)
    alone = groups.how == "samples"
    controls, control_names = base.controls, base.control_names
    if alone or groups.controls == "by_group":
        controls = np.hstack([base.controls * own[:, [j]] for j in range(len(names))])
        control_names = tuple(
            f"{control}, {name}" for name in grouping.names for control in base.control_names
        )
    effects = base.effects
    if alone:
        # Without effects a constant for each group takes their place.
        effects = {name: combined([one, grouping.code]) for name, one in base.effects.items()}
        effects = effects or {"group": grouping.code}
    else:
        controls = np.hstack([controls, own[:, 1:]])
        control_names = (*control_names, *(f"{OWN}{name}" for name in grouping.names[1:]))
    instruments, instrument_names = base.instruments, base.instrument_names
    if instruments is not None:
        instruments = np.hstack([instruments * own[:, [j]] for j in range(len(names))])
        instrument_names = tuple(
            f"{one}, {group}" for group in grouping.names for one in base.instrument_names
        )
    return replace(
        base,
        terms=base.terms[:, :1] * own,
        term_names=names,
        controls=controls,
        control_names=control_names,
        effects=MappingProxyType(dict(effects)),
        instruments=instruments,
        instrument_names=instrument_names,
    )


def _said(design: Design, groups: Groups) -> str:
    effects = ", ".join(design.absorbed) or "constant"
    if groups.how == "samples":
        return f"as samples of their own: slopes of the controls and effects ({effects}) by group"
    slopes = "shared" if groups.controls == "shared" else "by group"
    controls = f"slopes of the controls {slopes}, " if design.controls else ""
    return f"one regression: {controls}effects ({effects}) shared by the groups"
