"""The equations of mediation as arrays, and the cross-products by cluster that are all they need.

With treatment d, mediators m_1 ... m_J, outcome y and everything else x (controls, effects):

    m_j = a_j d + x'g_j + e_j,    y = c' d + sum_j b_j m_j + x'h + u,    y = c d + x'k + v.

Least squares on the same rows gives ``c = c' + sum_j a_j b_j`` exactly (MacKinnon 2008, chapter 5).
"""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field

import numpy as np
from scipy.linalg import qr

from estimation.linear.partialling import RANK_TOLERANCE, left_after
from estimation.linear.within import absorber
from estimation.samples.sample import Floats, Integers
from geo.errors import SampleError


@dataclass(frozen=True, slots=True, eq=False)
class LinearSystem:
    """Treatment, mediators and outcome of n rows, and everything that is held fixed beside them."""

    outcome: Floats
    """Outcome, shape (n,)."""
    treatment: Floats
    """Treatment, shape (n,)."""
    mediators: Floats
    """Mediators, shape (n, J)."""
    others: Floats
    """Controls, dummies, a constant: whatever each draw estimates anew, shape (n, q); q may be 0.
    No constant is added."""
    clusters: Integers
    """Cluster of each row, any numbers, shape (n,)."""
    _: KW_ONLY
    absorbed: Mapping[str, Integers] = field(default_factory=dict)
    """Effects that are taken out as means by their names, shape (n,) each, every level in one
    cluster: a resample of whole clusters leaves these means as they are."""
    treatment_name: str = "treatment"
    """How an error names the treatment."""
    outcome_name: str = "outcome"
    """How an error names the outcome."""
    mediator_names: tuple[str, ...] = ()
    """Names of the mediators, J of them; numbers if left out."""
    where: str = "mediation"
    """What an error names."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the mediators."""
        numbers = tuple(f"mediator {j + 1}" for j in range(self.mediators.shape[1]))
        return self.mediator_names or numbers


@dataclass(frozen=True, slots=True, eq=False)
class Products:
    """Cross-products of the columns (others, treatment, mediators, outcome) by cluster.

    The others stand as an orthonormal basis, the rest as what is left of it after them over its
    length: any draw's fit is the same, and rounding does not grow with a column's unit.
    """

    sums: Floats
    """Products of columns summed over each of G clusters, shape (G, k, k), k = r + J + 2."""
    rank: int
    """Columns of the basis of the others, r."""
    units: Floats
    """Lengths of treatment, mediators and outcome, shape (J + 2,)."""
    names: tuple[str, ...]
    """Names of the mediators, J of them."""
    n: int
    """Rows."""

    @property
    def total(self) -> Floats:
        """The products summed over all clusters, shape (k, k)."""
        return np.asarray(self.sums.sum(axis=0), dtype=np.float64)


def products_of(system: LinearSystem) -> Products:
    """Take the others out, check that the equations can be solved, and sum products by cluster.

    Parameters
    ----------
    system : LinearSystem

    Returns
    -------
    Products

    Raises
    ------
    SampleError
        There are fewer than two clusters; an absorbed effect is in several; the treatment or a
        mediator is determined by the others, a mediator by the treatment or by other mediators, or
        the outcome by all of them: a mediator equal to the treatment, to the outcome, to a control
        or constant within the absorbed effects is one of these.
    """
    clusters = np.unique(system.clusters, return_inverse=True)[1]
    count = int(clusters.max()) + 1
    _check_clusters(system, clusters, count)
    levels = np.column_stack([system.treatment, system.mediators, system.outcome])
    _check_constant(system, levels)
    others, columns = system.others, levels / _lengths(levels)
    if system.absorbed:
        effects = list(system.absorbed.values())
        out = absorber(effects, n=levels.shape[0], where=system.where)
        others, columns = (out.left(one) for one in (others, columns))
        _check_moves(system, columns)
    basis = _basis(others, system.others)
    left = left_after(columns, basis).values
    _check_identified(system, columns, left)
    lengths = _lengths(left)
    stacked = np.hstack([basis, left / lengths])
    return Products(
        sums=_by_cluster(stacked, clusters, count),
        rank=basis.shape[1],
        units=lengths * _lengths(levels),
        names=system.names,
        n=levels.shape[0],
    )


def _lengths(columns: Floats) -> Floats:
    return np.asarray(np.linalg.norm(columns, axis=0), dtype=np.float64)


def _basis(others: Floats, before: Floats) -> Floats:
    """Orthonormal columns that say what the others say, shape (n, r); rounding says nothing."""
    norms = _lengths(others)
    kept = norms > RANK_TOLERANCE * _lengths(before)
    if not kept.any():
        return np.empty((others.shape[0], 0))
    bases, triangle, _ = qr(others[:, kept] / norms[kept], mode="economic", pivoting=True)
    sizes = np.abs(np.diag(triangle))
    return np.ascontiguousarray(bases[:, : sizes.size][:, sizes > RANK_TOLERANCE * sizes[0]])


def _by_cluster(columns: Floats, clusters: Integers, count: int) -> Floats:
    """Products of columns summed by cluster, shape (count, k, k)."""
    order = np.argsort(clusters, kind="stable")
    ends = np.cumsum(np.bincount(clusters, minlength=count))
    parts = np.split(columns[order], ends[:-1])
    return np.stack([part.T @ part for part in parts])


def _check_clusters(system: LinearSystem, clusters: Integers, count: int) -> None:
    if count < 2:
        raise SampleError(
            f"{system.where}, clusters",
            expected="two clusters or more",
            found="1",
            hint="cluster by another column or use more cities",
        )
    for name, levels in system.absorbed.items():
        pairs = np.unique(np.column_stack([levels, clusters]), axis=0)
        several = int((np.unique(pairs[:, 0], return_counts=True)[1] > 1).sum())
        if several:
            raise SampleError(
                f"{system.where}, clusters",
                expected=f"each {name} in one cluster: whole clusters are drawn",
                found=f"{several} of them in several",
                hint=f"cluster by {name}, or by what holds each of them whole",
            )


def _labels(system: LinearSystem) -> list[str]:
    """How errors name treatment, mediators and outcome, in this order."""
    between = [f"mediator '{name}'" for name in system.names]
    return [f"treatment '{system.treatment_name}'", *between, f"outcome '{system.outcome_name}'"]


def _refused(system: LinearSystem, label: str, expected: str, found: str, hint: str) -> SampleError:
    return SampleError(f"{system.where}, {label}", expected=expected, found=found, hint=hint)


def _check_constant(system: LinearSystem, levels: Floats) -> None:
    for label, column in zip(_labels(system), levels.T, strict=True):
        if not np.ptp(column) > 1e-12 * np.abs(column).max():
            found = f"{column[0]:g} in every row"
            raise _refused(system, label, "a column that varies", found, "name another column")


def _check_moves(system: LinearSystem, columns: Floats) -> None:
    """Refuse what is constant within the absorbed effects; columns had length one before."""
    effects = " and ".join(system.absorbed)
    for label, size in zip(_labels(system), _lengths(columns), strict=True):
        if not size > RANK_TOLERANCE:
            raise _refused(
                system,
                label,
                f"a column that changes within some {effects}",
                f"it constant within every {effects}: {effects} effects determine it",
                f"name another column, or leave {effects} effects out",
            )


def _check_identified(system: LinearSystem, columns: Floats, left: Floats) -> None:
    """Refuse columns that others determine, in the order in which a reader would look."""
    labels, before = _labels(system), _lengths(columns)
    for label, size, whole in zip(labels, _lengths(left), before, strict=True):
        if not size > RANK_TOLERANCE * whole:
            raise _refused(
                system,
                label,
                "variation left after effects and controls",
                "none: effects and controls determine it",
                "name another column, or remove the control that determines it",
            )
    unit = left / _lengths(left)
    J = len(system.names)
    for j in range(1, J + 1):
        _refuse_copy(system, labels[j], unit[:, j], unit[:, 0], "treatment")
        _refuse_copy(system, labels[j], unit[:, j], unit[:, -1], "outcome")
    between = unit[:, 1 : J + 1]
    for j in range(J):
        rest = np.column_stack([unit[:, 0], np.delete(between, j, axis=1)])
        if not _lengths(left_after(between[:, [j]], rest).values)[0] > RANK_TOLERANCE:
            found = "none: treatment and other mediators determine it"
            hint = "leave out the mediator that says the same as others"
            raise _refused(system, labels[j + 1], "variation of its own", found, hint)
    if not _lengths(left_after(unit[:, [-1]], unit[:, :-1]).values)[0] > RANK_TOLERANCE:
        raise _refused(
            system,
            labels[-1],
            "an outcome that treatment, mediators, controls and effects do not determine",
            "nothing of it left beside them",
            "leave out the mediator that the outcome is made from, or use more rows",
        )


def _refuse_copy(
    system: LinearSystem, label: str, column: Floats, other: Floats, what: str
) -> None:
    """Refuse a mediator that is the treatment or outcome, up to unit, effects and controls."""
    rest = column - other * (other @ column)
    if not np.linalg.norm(rest) > RANK_TOLERANCE:
        raise _refused(
            system,
            label,
            f"a mediator other than the {what}",
            f"the {what} itself, up to its unit, effects and controls",
            "name another mediator",
        )
