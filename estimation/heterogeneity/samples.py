"""Groups as samples of their own, each with its own nuisance functions; and their joint covariance.

Separate regressions are how Yu and Zhang compare groups. Cities may be in several of them, so that
the effects are not independent: influence is summed by city over all groups.
"""

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from estimation.cross_fitting import Answer, Inquiry
from estimation.heterogeneity.products import solved
from estimation.parts.part import Setting
from estimation.problems.problem import pose
from estimation.problems.terms import PLAIN, Terms
from estimation.problems.transforms import TRANSFORMS
from estimation.residuals import Residuals
from estimation.samples.sample import Floats, Integers, take
from geo.errors import SampleError

Rows = NDArray[np.bool_]


def inquiry_of_sample(setting: Setting, kept: Rows, *, term: str, where: str) -> Inquiry:
    """The treatment's effect in a part of the sample, transformed and fitted by itself.

    Parameters
    ----------
    setting : Setting
    kept : bool array, shape (n,)
        Rows of the sample; one or more.
    term : str
        What the effect is called.
    where : str
        What an error names.

    Returns
    -------
    Inquiry
        Its nuisance functions are those of a design on these rows alone.

    Raises
    ------
    SampleError
        Fewer cities with usable rows than folds.
    """
    part = take(setting.sample, kept)
    terms = Terms((term,), part.treatment[:, None], MappingProxyType({PLAIN: np.ones(1)}))
    transformed = TRANSFORMS[setting.variant](part)
    problem = pose(part, transformed, terms, setting.design, where=where)
    cities = np.unique(problem.clusters).size
    if cities < setting.main.folds:
        raise SampleError(
            where,
            expected=f"at least as many cities as folds ({setting.main.folds})",
            found=f"{cities} cities with usable rows",
            hint='use fewer folds or larger groups, or leave out how = "samples"',
        )
    return replace(setting.main, problem=problem)


def stacked(setting: Setting, answers: Sequence[Answer], kept: Sequence[Rows]) -> Answer:
    """Several samples' final regressions as one, with a term for each.

    Parameters
    ----------
    setting : Setting
    answers : sequence of Answer
        J answers of one term each, with as many repetitions.
    kept : sequence of bool arrays, shape (n,)
        Rows of the whole sample that each stands for.

    Returns
    -------
    Answer
        The same J effects, with clusters and rows of the whole sample.
    """
    problems = [answer.inquiry.problem for answer in answers]
    rows = [
        np.flatnonzero(part)[problem.rows] for part, problem in zip(kept, problems, strict=True)
    ]
    whole = np.concatenate(rows)
    clusters = setting.sample.city[whole]
    given = [problem.Z for problem in problems if problem.Z is not None]
    problem = replace(
        setting.main.problem,
        y=np.concatenate([problem.y for problem in problems]),
        D=_diagonal([problem.D for problem in problems]),
        Z=_diagonal(given) if given else None,
        X=np.empty((whole.size, 0)),
        terms=_joined([problem.terms for problem in problems]),
        clusters=clusters,
        groupings=setting.sample.groupings[whole],
        rows=whole,
    )
    repetitions = zip(*(answer.residuals for answer in answers), strict=True)
    residuals = tuple(_together(each, clusters, whole) for each in repetitions)
    return solved(setting.main, problem, residuals)


def _together(each: Sequence[Residuals], clusters: Integers, rows: Integers) -> Residuals:
    given = [one.W for one in each if one.W is not None]
    return Residuals(
        u=np.concatenate([one.u for one in each]),
        V=_diagonal([one.V for one in each]),
        W=_diagonal(given) if given else None,
        clusters=clusters,
        rows=rows,
    )


def _joined(terms: Sequence[Terms]) -> Terms:
    return Terms(
        names=tuple(name for one in terms for name in one.names),
        levels=_diagonal([one.levels for one in terms]),
        scalings=MappingProxyType({PLAIN: np.ones(len(terms))}),
    )


def _diagonal(columns: Sequence[Floats]) -> Floats:
    """Columns below and beside each other, zero elsewhere."""
    made = np.zeros((sum(len(column) for column in columns), len(columns)))
    start = 0
    for j, column in enumerate(columns):
        made[start : start + len(column), j] = column[:, 0]
        start += len(column)
    return made
