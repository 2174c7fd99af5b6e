"""Can a design tell the parameters of the demand system: a report that flags weak identification.

The rule. With errors of the stated covariance a design is weakly identified if any of these holds,
all on the unbounded scales (log of elasticities, logit of weights), so that units play no part:

* ``rank``: the Jacobian of the employment shares has fewer singular values above
  ``eps * T * largest`` than parameters: some combination of them moves nothing;
* ``condition_number``: its largest over its smallest singular value is above 1000;
* ``error_bound``: a parameter's Cramer-Rao bound is above 0.5, so that the 95 % interval of an
  elasticity spans more than a factor of seven;
* ``profile``: the 95 % profile-likelihood interval of an elasticity or weight has no end inside the
  box;
* ``on_bound``: an estimate, or more than 5 % of the Monte Carlo's, ends on a bound of the box;
* ``spread``: the Monte Carlo's standard deviation of an elasticity is above half of its truth.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from estimation.samples.sample import Floats
from estimation.structural.demand_parameters import (
    ELASTICITIES,
    NAMES,
    DemandParameters,
    natural_slope,
)
from estimation.structural.demand_system import implied
from estimation.structural.monte_carlo import MonteCarlo, checked_noise, monte_carlo
from estimation.structural.nls import NEAR, Problem
from estimation.structural.profile_likelihood import Profile, profile_likelihood

Rule = Literal["rank", "condition_number", "error_bound", "profile", "on_bound", "spread"]

CONDITION_NUMBER = 1000.0
"""Above it the weakest direction is a thousandth as visible as the strongest."""
ERROR_BOUND = 0.5
"""Standard error on the unbounded scale above which a parameter is not told."""
BOUND_SHARE = 0.05
"""Share of draws on a bound above which the box decides."""
SPREAD = 0.5
"""Standard deviation of an elasticity over its truth above which draws do not tell it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule applied to one parameter, or to all."""

    rule: Rule
    """Which."""
    parameter: str
    """The parameter; empty where the rule is of all."""
    value: float
    """What was found."""
    limit: float
    """What it may be."""
    weak: bool
    """Whether it is beyond."""


@dataclass(frozen=True, slots=True, eq=False)
class Local:
    """How employment shares react at one point; k parameters that are estimated."""

    names: tuple[str, ...]
    """The k parameters."""
    singular_values: Floats
    """(k,): of the Jacobian (2T, k) in unbounded parameters, descending."""
    singular_values_natural: Floats
    """(k,): of that in elasticities and weights."""
    condition_number: float
    """Largest over smallest, unbounded; infinite where the smallest is zero."""
    condition_number_natural: float
    """Likewise, in elasticities and weights."""
    rank: int
    """Singular values above ``eps * 2T * largest``, unbounded."""
    weakest: Floats
    """(k,): unbounded direction of length one in which shares move least, largest part positive."""
    error_bounds: Floats
    """(k,): Cramer-Rao bounds of standard errors, unbounded, with the report's noise."""
    error_bounds_natural: Floats
    """(k,): of elasticities and weights."""


@dataclass(frozen=True, slots=True, eq=False)
class IdentificationReport:
    """What a design can say, and whether that is enough."""

    at: DemandParameters
    """Where it was asked."""
    noise: Floats
    """(2, 2): covariance of the errors of both employment shares."""
    local: Local
    """Jacobian, its singular values, and bounds of errors."""
    profiles: tuple[Profile, ...]
    """Profile likelihood of each parameter; empty where none were asked for."""
    monte_carlo: MonteCarlo | None
    """Estimates from draws; None where none were asked for."""
    findings: tuple[Finding, ...]
    """Every rule that was applied."""

    @property
    def weak(self) -> bool:
        """Whether any rule is broken."""
        return any(finding.weak for finding in self.findings)

    @property
    def verdict(self) -> str:
        """One line: identified, or weakly identified and by which rules."""
        broken = [finding for finding in self.findings if finding.weak]
        if not broken:
            return "identified"
        rules = dict.fromkeys(finding.rule for finding in broken)
        parts = [
            rule
            + "".join(
                f" {finding.parameter}"
                for finding in broken
                if finding.rule == rule and finding.parameter
            )
            for rule in rules
        ]
        return f"weakly identified: {'; '.join(parts)}"


def identification_report(
    problem: Problem,
    at: DemandParameters,
    noise: Floats,
    *,
    points: int = 31,
    draws: int = 100,
    seed: int = 0,
) -> IdentificationReport:
    """Judge a design, or an estimate.

    Parameters
    ----------
    problem : Problem
        Of a design: with the shares at the truth (`synthetic_prices.at_truth`). Of an estimate:
        with the shares observed.
    at : DemandParameters
        The truth, or the estimate.
    noise : float array, shape (2, 2)
        Covariance of the errors: ``sd ** 2`` times the identity, or ``E'E / T`` of the fit.
    points : int
        Of each profile; 0 leaves them out.
    draws : int
        Of the Monte Carlo; 0 leaves it out.
    seed : int
        Of the draws.

    Returns
    -------
    IdentificationReport

    Raises
    ------
    StructuralError
        The noise has no positive definite covariance.
    """
    checked_noise(noise)
    local = local_identification(problem, at, noise)
    profiles = tuple(
        profile_likelihood(problem, name, at, covariance=noise, points=points)
        for name in (problem.free if points else ())
    )
    made = monte_carlo(problem, at, noise, draws=draws, seed=seed) if draws else None
    return IdentificationReport(
        at, noise, local, profiles, made, _findings(problem, at, local, profiles, made)
    )


def local_identification(problem: Problem, at: DemandParameters, noise: Floats) -> Local:
    """Singular values of the Jacobian at a point, and the bounds of errors that follow."""
    places, b = problem.places, at.unbounded()
    jacobian = implied(b, problem.seen).jacobian[:, :, places]
    flat = jacobian.reshape(-1, len(places))
    _, values, directions = np.linalg.svd(flat, full_matrices=False)
    slopes = natural_slope(b)[places]
    own: Floats = np.asarray(np.linalg.svd(flat / slopes, compute_uv=False), dtype=np.float64)
    root = np.linalg.cholesky(np.linalg.inv(noise))
    white = np.einsum("tik,ij->tjk", jacobian, root).reshape(-1, len(places))
    _, sharp, axes = np.linalg.svd(white, full_matrices=False)
    # A direction that moves nothing bounds no error of what lies along it.
    sharp = np.maximum(sharp, np.finfo(float).tiny)
    with np.errstate(divide="ignore", over="ignore"):
        bounds = np.sqrt(((axes / sharp[:, None]) ** 2).sum(axis=0))
        conditions = values[0] / values[-1], own[0] / own[-1]
    weakest = directions[-1]
    return Local(
        problem.free,
        values,
        own,
        float(conditions[0]),
        float(conditions[1]),
        int((values > np.finfo(float).eps * len(flat) * values[0]).sum()),
        weakest * np.sign(weakest[np.argmax(np.abs(weakest))]),
        bounds,
        bounds * slopes,
    )


def _findings(
    problem: Problem,
    at: DemandParameters,
    local: Local,
    profiles: tuple[Profile, ...],
    made: MonteCarlo | None,
) -> tuple[Finding, ...]:
    count = len(local.names)
    found = [
        Finding("rank", "", local.rank, count, local.rank < count),
        _above("condition_number", "", local.condition_number, CONDITION_NUMBER),
    ]
    found += [
        _above("error_bound", name, bound, ERROR_BOUND)
        for name, bound in zip(local.names, local.error_bounds, strict=True)
    ]
    found += [
        Finding("profile", each.name, int(each.open_low) + int(each.open_high), 0, each.open)
        for each in profiles
    ]
    b = at.unbounded()
    low, high = problem.box.bounds()
    places = problem.places
    inside = np.minimum(b - low, high - b)[places]
    found += [
        Finding("on_bound", name, max(float(gap), 0.0), NEAR, bool(gap < NEAR))
        for name, gap in zip(local.names, inside, strict=True)
        if gap < NEAR
    ]
    if made is None:
        return tuple(found)
    for place in places:
        found.append(_above("on_bound", NAMES[place], made.bound_share[place], BOUND_SHARE))
        if NAMES[place] in ELASTICITIES:
            spread = made.sd[place] / made.truth.vector()[place]
            found.append(_above("spread", NAMES[place], spread, SPREAD))
    return tuple(found)


def _above(rule: Rule, parameter: str, value: float, limit: float) -> Finding:
    return Finding(rule, parameter, float(value), limit, not value <= limit)
