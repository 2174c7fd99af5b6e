"""Effects of several designs beside each other, as a paper prints them.

Each design has a column for every variant shown: the faithful one, and the recommended one beside
it, so that no reader sees the first without the second.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from estimation.designs import Design
from estimation.estimate import EstimationResult
from estimation.inference.multiplicity import holm
from estimation.linear.keys import own_effects
from estimation.tables.result_table import ResultTable, decimals
from estimation.tables.table_notes import SETTINGS_MARK, has_settings, p_text, table_notes
from estimation.vocabulary import DETAILS, EFFECT, LINEAR, RECOMMENDED

FAITHFUL = "faithful"
BESIDE = {
    "indirect_percentile": "percentile",
    "indirect_bca": "BCa",
    "indirect_sobel": "Sobel",
}
"""Parts that tell another interval of a row: it stands below that row's own."""
OTHER_EFFECTS = frozenset({"standardised", "slope", "att_dynamic", "att_group", "att_calendar"})
"""Parts whose rows have a term of the truth, but are in other units or another average."""
STARS = ((0.01, "***"), (0.05, "**"), (0.10, "*"))
HOW = {
    "faithful": "dummies",
    "first_difference": "differenced",
    "within": "demeaned",
    "correlated_random_effects": "city means",
    "difference_dictionary": "differenced",
    "within_dictionary": "demeaned",
    "two_way_fixed_effects": "absorbed",
    "callaway_santanna": "differenced",
    "sun_abraham": "absorbed",
    "imputation": "imputed",
}
"""How city effects are treated, in a word; years are dummies everywhere."""

Truth = Mapping[tuple[str, str, str], float]
"""True values by design, variant and term."""


@dataclass(frozen=True, slots=True)
class TableSpec:
    """What a table of effects shows."""

    title: str
    """``Table 3``."""
    designs: tuple[Design, ...]
    """In the order of the table."""
    caption: str = ""
    """What it is about."""
    variants: tuple[str, ...] = ()
    """Variants of each design; the faithful and the recommended one where none is named."""
    stars: bool = False
    """Whether estimates carry stars."""


@dataclass(frozen=True, slots=True, eq=False)
class _Column:
    """One column of the table."""

    place: int
    """Position of its design."""
    variant: str
    scaling: str
    rows: pd.DataFrame
    """Its rows of the table of estimates, indexed by part and term."""


def regression_table(
    spec: TableSpec, result: EstimationResult, *, truth: Truth | None = None
) -> ResultTable:
    """Effects, errors and what decides how far to trust them, design by design.

    Parameters
    ----------
    spec : TableSpec
    result : EstimationResult
        Of the whole study: how many specifications it has stands below the table.
    truth : mapping of (design, variant, term) to float, optional
        True values, where they are known.

    Returns
    -------
    ResultTable
        For each term estimate, standard error, interval, Holm's p value over the table's family
        (all treatments and products of one variant) and the range over repetitions; then what was
        used and how well it predicted.
    """
    columns = _columns(spec, result.estimates)
    corrected = _corrected(columns)
    rows: list[tuple[str, list[str]]] = []
    for key in _terms(columns):
        rows += _term_rows(spec, columns, key, corrected, truth or {})
    rows += _about(columns, spec)
    return ResultTable(
        title=spec.title,
        caption=spec.caption,
        header=_header(spec, columns),
        rows=tuple((label, *cells) for label, cells in rows if any(cells)),
        notes=table_notes(
            spec.designs,
            result,
            shown=[(column.place, column.variant) for column in columns],
            family=corrected.sizes,
            stars=spec.stars,
        ),
    )


def shown_variants(estimates: pd.DataFrame, wanted: Sequence[str]) -> list[str]:
    """The variants of one design that a table shows.

    Parameters
    ----------
    estimates : pandas.DataFrame
        Rows of the design.
    wanted : sequence of str
        Variants by name; may be empty.

    Returns
    -------
    list of str
        Those wanted that were run; else the faithful one and the recommended one, with whatever
        learner, or linear two-way fixed effects where the latter was not run.
    """
    run = list(dict.fromkeys(estimates["variant"]))
    if wanted:
        return [variant for variant in wanted if variant in run]
    best = [variant for variant in run if variant == RECOMMENDED]
    rest = [variant for variant in run if variant != FAITHFUL]
    second = best or [variant for variant in rest if variant == LINEAR] or rest[:1]
    return [variant for variant in run if variant == FAITHFUL or variant in second]


def _columns(spec: TableSpec, estimates: pd.DataFrame) -> list[_Column]:
    columns = []
    for place, design in enumerate(spec.designs):
        own = estimates[estimates["design"] == design.name]
        for variant in shown_variants(own, spec.variants):
            rows = own[own["variant"] == variant]
            effects = rows[rows["part"] == EFFECT]
            rest = rows[rows["part"] != EFFECT]
            for number, scaling in enumerate(dict.fromkeys(effects["scaling"]) or [""]):
                chosen = [effects[effects["scaling"] == scaling], *([] if number else [rest])]
                table = pd.concat(chosen).drop_duplicates(["part", "term"])
                columns.append(_Column(place, variant, scaling, table.set_index(["part", "term"])))
    return columns


def _header(spec: TableSpec, columns: Sequence[_Column]) -> tuple[tuple[str, ...], ...]:
    numbers = [f"({column.place + 1})" for column in columns]
    names = [spec.designs[column.place].name for column in columns]
    variants = [
        column.variant + (f", {column.scaling}" if column.scaling else "") for column in columns
    ]
    return ("", *numbers), ("", *names), ("", *variants)


def _terms(columns: Sequence[_Column]) -> list[tuple[str, str]]:
    """Part and term of every row, effects first."""
    every = (key for column in columns for key in column.rows.index)
    keys = dict.fromkeys(key for key in every if key[0] not in {*BESIDE, *DETAILS})
    return sorted(keys, key=lambda key: key[0] != EFFECT)


@dataclass(frozen=True, slots=True)
class _Corrected:
    """Holm's p values over the families of the table, one of each variant."""

    p_values: Mapping[tuple[int, str, str], float]
    """By position of design, variant and term."""
    sizes: Mapping[str, int]
    """Tests in the family of a variant."""


def _corrected(columns: Sequence[_Column]) -> _Corrected:
    families: dict[str, dict[tuple[int, str, str], float]] = {}
    for column in columns:
        for part, term in column.rows.index:
            row = _row(column, (part, term))
            tested = part == EFFECT and (term == row["treatment"] or term != _moderator(column))
            if tested:
                family = families.setdefault(column.variant, {})
                family.setdefault((column.place, column.variant, term), float(row["p_value"]))
    adjusted = {
        key: float(value)
        for family in families.values()
        for key, value in zip(
            family, holm([str(key) for key in family], list(family.values())).adjusted, strict=True
        )
    }
    return _Corrected(adjusted, {variant: len(family) for variant, family in families.items()})


def _moderator(column: _Column) -> str:
    """The moderator's own term, which is no treatment; empty if there is none."""
    products = [term for part, term in column.rows.index if part == EFFECT and " x " in term]
    return products[0].split(" x ", 1)[1] if products else ""


def _term_rows(
    spec: TableSpec,
    columns: Sequence[_Column],
    key: tuple[str, str],
    corrected: _Corrected,
    truth: Truth,
) -> list[tuple[str, list[str]]]:
    part, term = key

    def cells(told: Callable[[_Column, pd.Series], str]) -> list[str]:
        return [
            told(column, _row(column, key)) if key in column.rows.index else ""
            for column in columns
        ]

    def true_value(column: _Column, row: pd.Series) -> str:
        value = truth.get((spec.designs[column.place].name, column.variant, term))
        rescaled = part in OTHER_EFFECTS or (
            part == EFFECT and column.scaling not in {"", "centred"}
        )
        return "" if value is None or rescaled else f"{value:.{_places(row)}f}"

    def holm_p(column: _Column, _: pd.Series) -> str:
        known = corrected.p_values.get((column.place, column.variant, term))
        several = corrected.sizes.get(column.variant, 0) > 1
        return "" if part != EFFECT or known is None or not several else _p(known)

    return [
        (
            term if part == EFFECT else f"{term} ({part})",
            cells(lambda _, row: f"{row['estimate']:.{_places(row)}f}{_stars(spec, row)}"),
        ),
        ("  standard error", cells(lambda _, row: _error(row, "std_error"))),
        ("  95 % interval", cells(lambda _, row: _interval(row, "ci_low", "ci_high"))),
        *_beside(columns, term),
        ("  truth", cells(true_value)),
        ("  Holm's p", cells(holm_p)),
        ("  jackknife error", cells(lambda _, row: _error(row, "std_error_jackknife"))),
        ("  wild bootstrap p", cells(lambda _, row: _p(row["p_value_wild"]))),
        ("  over repetitions", cells(_over_repetitions)),
    ]


def _beside(columns: Sequence[_Column], term: str) -> list[tuple[str, list[str]]]:
    """Other intervals of a term, where some column has them."""
    rows = []
    for part, name in BESIDE.items():
        key = (part, f"{term}, {name}")
        cells = [
            _interval(_row(column, key), "ci_low", "ci_high") if key in column.rows.index else ""
            for column in columns
        ]
        if any(cells):
            rows.append((f"  {name} interval", cells))
    return rows


def _about(columns: Sequence[_Column], spec: TableSpec) -> list[tuple[str, list[str]]]:
    first = [column.rows.iloc[0] for column in columns]
    return [
        ("Controls", ["yes" if row["controls"] else "no" for row in first]),
        ("City effects", [_city_effects(column, spec) for column in columns]),
        ("Effects", [_effects(column, spec) for column in columns]),
        ("N", [f"{row['n']}" for row in first]),
        ("Cities or clusters", [f"{row['n_clusters']}" for row in first]),
        ("Standard errors", [str(row["se_type"]) for row in first]),
        ("Learner", [_learner(row["learner"]) for row in first]),
        ("Folds", [_folds(row) for row in first]),
        ("Repetitions", [_count(row["repetitions"]) for row in first]),
        ("RMSE of outcome", [_figure(row["rmse_outcome"]) for row in first]),
        ("RMSE of treatment", [_figure(row["rmse_treatment"]) for row in first]),
        (
            "Residual variance",
            [
                "" if spec.designs[column.place].moderator else _figure(row[_VARIANCE])
                for column, row in zip(columns, first, strict=True)
            ],
        ),
        ("Recommended", [str(row["recommended"]) for row in first]),
    ]


def _city_effects(column: _Column, spec: TableSpec) -> str:
    effects = spec.designs[column.place].absorbed
    if column.variant == LINEAR and "city" not in effects:
        return "none"
    return HOW.get(column.variant, "")


def _effects(column: _Column, spec: TableSpec) -> str:
    """Effects other than those of cities and years."""
    effects = spec.designs[column.place].absorbed
    return ", ".join(effects) if column.variant == LINEAR and own_effects(effects) else ""


_VARIANCE = "treatment_residual_variance"


def _row(column: _Column, key: tuple[str, str]) -> pd.Series:
    return column.rows.iloc[list(column.rows.index).index(key)]


def _places(row: pd.Series) -> int:
    return decimals(float(row["std_error"]))


def _stars(spec: TableSpec, row: pd.Series) -> str:
    return next((mark for most, mark in STARS if spec.stars and row["p_value"] < most), "")


def _interval(row: pd.Series, low: str, high: str) -> str:
    return f"[{row[low]:.{_places(row)}f}, {row[high]:.{_places(row)}f}]"


def _error(row: pd.Series, column: str) -> str:
    return "" if np.isnan(row[column]) else f"({row[column]:.{_places(row)}f})"


def _over_repetitions(_: _Column, row: pd.Series) -> str:
    return "" if row["repetitions"] <= 1 else _interval(row, "lowest", "highest")


def _p(value: float) -> str:
    if np.isnan(value):
        return ""
    return p_text(value).removeprefix("= ")


def _count(value: int) -> str:
    return f"{value}" if value else ""


def _figure(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.4g}"


def _learner(text: str) -> str:
    """The learner's name, with a mark if it has settings, which stand below the table."""
    name = text.split("(", 1)[0].split(";", 1)[0]
    return name + (SETTINGS_MARK if has_settings(text) else "")


def _folds(row: pd.Series) -> str:
    if not row["folds"]:
        return ""
    return f"{row['folds']} " + ("random" if row["variant"] == FAITHFUL else "of cities")
