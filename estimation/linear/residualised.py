"""A linear model without its effects and controls: what is left of outcome, terms, instruments."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from estimation.instruments.predicted import predicted
from estimation.linear.fixed_effects import scaled
from estimation.linear.partialling import RANK_TOLERANCE, left_after
from estimation.linear.within import absorber, in_company, nested
from estimation.samples.sample import Floats, Integers
from geo.errors import SampleError


@dataclass(frozen=True, slots=True, eq=False)
class Regression:
    """A linear model with any effects, as arrays."""

    outcome: Floats
    """Outcome, shape (n,)."""
    terms: Floats
    """Columns whose coefficients are wanted, shape (n, k)."""
    term_names: tuple[str, ...]
    """Their names."""
    controls: Floats
    """Columns beside them, shape (n, p); p may be 0."""
    control_names: tuple[str, ...]
    """Their names."""
    effects: Mapping[str, Integers]
    """Level of each row in each effect, shape (n,) each; none for a constant."""
    clusters: Mapping[str, Integers]
    """Cluster of each row, one way or two, shape (n,) each."""
    city: Integers
    """City of each row, shape (n,)."""
    year: Integers
    """Year of each row, shape (n,)."""
    lag: int | None = None
    """Lags of Driscoll and Kraay's errors; None for none of these."""
    third: bool = False
    """Whether CRV3 is made for many clusters, too."""
    instruments: Floats | None = None
    """Instruments of the terms, shape (n, K), K no less than k."""
    instrument_names: tuple[str, ...] = ()
    """Their names; numbers if left out."""
    label: str = "sample"
    """What an error names."""

    @property
    def where(self) -> str:
        """What an error names."""
        return f"{self.label}, linear fixed effects"


@dataclass(frozen=True, slots=True, eq=False)
class Residualised:
    """What effects and controls leave, in units of powers of two."""

    model: Regression
    """The model on the rows that are used, without effects that others determine."""
    kept: NDArray[np.bool_]
    """Which rows of the model given are used, shape (n,)."""
    u: Floats
    """Outcome, shape (m,)."""
    V: Floats
    """Terms, shape (m, k)."""
    W: Floats | None
    """Instruments, shape (m, k): of more of them the terms as they predict them; None without."""
    Z: Floats | None
    """The instruments themselves, shape (m, K); None without."""
    controls: Floats
    """Independent controls, effects taken out, shape (m, p)."""
    y_unit: float
    """Unit of the outcome."""
    units: Floats
    """Units of the terms, shape (k,)."""
    w_units: Floats
    """Units of W, shape (k,); empty without."""
    collinear: tuple[str, ...]
    """Controls that effects and other controls determine."""
    redundant: tuple[str, ...]
    """Effects that one other effect determines."""

    @property
    def slopes(self) -> int:
        """Terms and controls that are estimated."""
        return int(self.V.shape[1] + self.controls.shape[1])


def residualised(model: Regression) -> Residualised:
    """Outcome, terms and instruments without effects and controls.

    Raises
    ------
    SampleError
        There are fewer instruments than terms, effects, controls and other terms determine a term,
        instruments determine a term or the outcome, or no row is left.
    """
    _check_enough(model)
    model, redundant = without_redundant(model)
    kept = in_company(list(model.effects.values()), n=model.outcome.size)
    if not kept.any():
        raise SampleError(
            model.where,
            expected="rows that share the levels of each effect with other rows",
            found=f"none with the effects {', '.join(model.effects)}",
            hint="leave an effect out, or make it coarser",
        )
    used = _rows(model, kept)
    n = used.outcome.size
    given = [] if used.instruments is None else [*used.instruments.T]
    pairs = [scaled(one) for one in (used.outcome, *used.terms.T, *given)]
    controls = [scaled(one)[0] for one in used.controls.T]
    columns = np.column_stack([values for values, _ in pairs] + controls)
    out = absorber(list(used.effects.values()), n=n, where=used.where)
    left, count = out.left(columns), len(pairs)
    others, collinear = _independent(left[:, count:], columns[:, count:], used.control_names)
    rest = left_after(left[:, :count], others).values
    k = used.terms.shape[1]
    V, Z = rest[:, 1 : 1 + k], rest[:, 1 + k :] if given else None
    _check_terms(used, V, Z, columns[:, 1:count])
    if Z is not None:
        _check_copies(used, rest[:, 0], V, Z)
    units = np.array([unit for _, unit in pairs[1 : 1 + k]])
    w_units = np.array([unit for _, unit in pairs[1 + k :]])
    return Residualised(
        model=used,
        kept=kept,
        u=rest[:, 0],
        V=V,
        W=predicted(V, Z, where=used.where) if Z is not None and Z.shape[1] > k else Z,
        Z=Z,
        controls=others,
        y_unit=pairs[0][1],
        units=units,
        w_units=w_units if w_units.size <= k else units,
        collinear=collinear,
        redundant=redundant,
    )


def without_redundant(model: Regression) -> tuple[Regression, tuple[str, ...]]:
    """The model without effects that one other effect determines, and their names."""
    names, gone = list(model.effects), []
    # Of two effects that are the same the first named stays.
    for name in reversed(list(model.effects)):
        codes = model.effects[name]
        if any(nested(model.effects[other], codes) for other in names if other != name):
            names.remove(name)
            gone.append(name)
    effects = MappingProxyType({name: model.effects[name] for name in names})
    return replace(model, effects=effects), tuple(reversed(gone))


def _rows(model: Regression, kept: NDArray[np.bool_]) -> Regression:
    return replace(
        model,
        outcome=model.outcome[kept],
        terms=model.terms[kept],
        controls=model.controls[kept],
        effects={name: one[kept] for name, one in model.effects.items()},
        clusters={name: one[kept] for name, one in model.clusters.items()},
        city=model.city[kept],
        year=model.year[kept],
        instruments=None if model.instruments is None else model.instruments[kept],
    )


def _check_enough(model: Regression) -> None:
    terms = model.terms.shape[1]
    given = terms if model.instruments is None else model.instruments.shape[1]
    if given < terms:
        raise SampleError(
            f"{model.where}, instruments",
            expected=f"as many instruments as terms ({terms}), or more",
            found=str(given),
            hint="name one instrument for each term",
        )


def _independent(
    left: Floats, before: Floats, names: tuple[str, ...]
) -> tuple[Floats, tuple[str, ...]]:
    """Controls that neither effects nor controls before them determine; names of the others."""
    others, collinear = left[:, :0], []
    for j, name in enumerate(names):
        column = left[:, [j]]
        rest = left_after(column, others).values
        if np.linalg.norm(rest) > RANK_TOLERANCE * np.linalg.norm(before[:, j]):
            others = np.hstack([others, column])
        else:
            collinear.append(name)
    return others, tuple(collinear)


def _check_terms(model: Regression, V: Floats, Z: Floats | None, before: Floats) -> None:
    """Refuse terms or instruments of which too little is left, each and together."""
    k, W = V.shape[1], V if Z is None else Z
    given = model.instrument_names or tuple(f"{place + 1}" for place in range(W.shape[1]))
    names = [*model.term_names, *(f"instrument {name}" for name in given)]
    columns = V if Z is None else np.hstack([V, W])
    sizes = np.linalg.norm(columns, axis=0)
    for name, size, whole in zip(names, sizes, np.linalg.norm(before, axis=0), strict=False):
        if not size > RANK_TOLERANCE * whole:
            effects = ", ".join(model.effects) or "a constant"
            raise SampleError(
                f"{model.where}, {name}",
                expected=f"variation left after the effects {effects} and the controls",
                found="none: they determine it",
                hint="leave out what determines it, or name another treatment",
            )
    common = (W / np.linalg.norm(W, axis=0)).T @ (V / sizes[:k])
    if not np.linalg.svd(common, compute_uv=False)[-1] > RANK_TOLERANCE:
        raise SampleError(
            f"{model.where}, {', '.join(model.term_names)}",
            expected="terms (and instruments) that each vary on their own",
            found="one that the others determine, or that no instrument moves",
            hint="leave out the term that says the same as others",
        )


def _check_copies(model: Regression, u: Floats, V: Floats, Z: Floats) -> None:
    """Refuse instruments of which a term, or the outcome, is a linear function."""
    names = [*(f"the term {one}" for one in model.term_names), "the outcome"]
    columns = np.column_stack([V, u])
    left = np.linalg.norm(left_after(columns, Z).values, axis=0)
    copies = left <= RANK_TOLERANCE * np.linalg.norm(columns, axis=0)
    if copies.any():
        named = model.instrument_names or tuple(f"{place + 1}" for place in range(Z.shape[1]))
        raise SampleError(
            f"{model.where}, instrument{'s' if len(named) > 1 else ''} {', '.join(named)}",
            expected="instruments that leave something of treatment and outcome unexplained",
            found=f"{names[int(np.argmax(copies))]} itself, up to effects and controls",
            hint="name another instrument",
        )
