"""A design's sample: which rows of the panel are used, and what was left out and why."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from estimation.design_columns import check_columns, label_of, numbers_of
from estimation.designs import Design, design_label
from estimation.linear.keys import atoms_of
from estimation.samples.columns import (
    cluster_column,
    effect_column,
    group_column,
    keyed,
    slope_column,
)
from estimation.samples.policy import ADOPTED_COLUMN
from estimation.samples.rules import RULES
from estimation.vocabulary import LINEAR
from geo.audit import AuditRow
from geo.errors import SampleError
from panels.cities.regions import REGIONS

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sample:
    """The rows a design is estimated on, ordered by city and year, complete and finite."""

    outcome: Floats
    """Outcome, shape (n,)."""
    treatment: Floats
    """Treatment, shape (n,)."""
    controls: Floats
    """Controls, shape (n, p); p may be 0."""
    control_names: tuple[str, ...]
    """Names of the controls' columns, p of them."""
    city: Integers
    """Position of each row's city in ``cities``, shape (n,), ascending."""
    year: Integers
    """Calendar year, shape (n,), ascending within a city."""
    cities: tuple[str, ...]
    """Codes of the cities, in ascending order of text."""
    label: str = "sample"
    """Whose sample it is, for errors and audit rows."""
    audit: tuple[AuditRow, ...] = ()
    """What was left out, by rule."""
    others: Floats = field(default_factory=lambda: np.empty((0, 0)))
    """Further columns of the design (joint treatments, instrument, moderator ...), shape (n, q)."""
    other_names: tuple[str, ...] = ()
    """Their names, q of them."""
    groupings: Integers = field(default_factory=lambda: np.empty((0, 0), dtype=np.int64))
    """Cluster of each row, one column for each way to cluster, shape (n, c)."""
    grouping_names: tuple[str, ...] = ()
    """The ways to cluster, c of them; none stands for the city."""
    group: Integers = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    """Position of each row's group in ``group_names``, shape (n,), where a column's values are the
    groups; empty otherwise."""
    group_names: tuple[str, ...] = ()
    """The groups, in ascending order: of numbers if all are numbers."""
    levels: Integers = field(default_factory=lambda: np.empty((0, 0), dtype=np.int64))
    """Level of each row in what effects are made of, shape (n, a)."""
    level_names: tuple[str, ...] = ()
    """What effects are made of: ``city``, ``year``, ``province`` or columns, a of them."""
    slope_codes: Integers = field(default_factory=lambda: np.empty((0, 0), dtype=np.int64))
    """Place of each row's label among those of each column by which slopes differ, shape (n, s)."""
    slope_labels: tuple[tuple[str, ...], ...] = ()
    """The labels of each of the s columns, in ascending order."""
    adopted: Floats = field(default_factory=lambda: np.empty(0))
    """First year under the policy of each row's city, ``inf`` for never, shape (n,), where a
    column of the policy tells it; empty otherwise."""

    def column(self, name: str) -> Floats:
        """A control or further column by its name, shape (n,)."""
        if name in self.other_names:
            return np.asarray(self.others[:, self.other_names.index(name)])
        return np.asarray(self.controls[:, self.control_names.index(name)])


def build_sample(panel: pd.DataFrame, design: Design) -> Sample:
    """Choose and check the rows of a panel that a design uses.

    Left out, counted and audited, in this order: years not asked for, pseudo-cities and excluded
    cities, city-years with fewer than ``min_units`` units (or an unknown number), rows with a
    missing value (of a control only if the design says so). A city to exclude that the panel does
    not have is audited, too. Splits and winsorising come later
    (:mod:`estimation.samples.subsamples`).

    Parameters
    ----------
    panel : pandas.DataFrame
        One row for every city and year; it is not changed.
    design : Design

    Returns
    -------
    Sample

    Raises
    ------
    DesignError
        A column is missing or of the wrong kind.
    DuplicateCityYearError
        A city-year occurs twice.
    DomainError
        A used column holds an infinite value.
    SampleError
        A year is absent, a control is missing and ``missing`` does not say ``drop``, or nothing is
        left.
    """
    check_columns(design, panel.columns)
    table = keyed(panel, design)
    audit: list[AuditRow] = []
    for rule in RULES:
        table, rows = rule(table, design)
        audit.extend(rows)
        if table.empty:
            why = "; ".join(row.detail for row in rows) or "the panel is empty"
            raise SampleError(
                design_label(design),
                expected="city-years to estimate on",
                found=f"none left ({why})",
                hint="relax the rule or mend the panel",
            )
    return _arrays(table.sort_values([design.city, design.year]), design, tuple(audit))


def check_size(sample: Sample, design: Design) -> None:
    """Refuse a sample that is too small, is one cluster, or whose treatment is constant.

    Raises
    ------
    SampleError
    """
    if len(sample.cities) < design.folds and set(design.variants) != {LINEAR}:
        raise SampleError(
            sample.label,
            expected=f"at least as many cities as folds ({design.folds})",
            found=f"{len(sample.cities)} cities",
            hint="use fewer folds or more cities",
        )
    for name, column in zip(sample.grouping_names, sample.groupings.T, strict=True):
        if np.unique(column).size < 2:
            raise SampleError(
                f"{sample.label}, cluster '{name}'",
                expected="two clusters or more",
                found="1",
                hint="cluster by another column or use more cities",
            )
    for name, values in _treatments(sample, design).items():
        if np.ptp(values) <= 1e-12 * np.abs(values).max():
            raise SampleError(
                f"{sample.label}, column '{name}'",
                expected="a treatment that varies",
                found=f"{values[0]:g} in every row",
                hint="name another treatment",
            )


def fixed_in_time(sample: Sample, design: Design) -> tuple[str, ...]:
    """Treatments that change over time in no city (beyond rounding)."""
    treatments = _treatments(sample, design).items()
    return tuple(name for name, values in treatments if not moves_within(sample.city, values))


def moves_within(city: Integers, values: Floats) -> bool:
    """Whether values differ within any city, beyond rounding.

    Parameters
    ----------
    city : int64 array, shape (n,)
    values : float array, shape (n,)
    """
    counts = np.maximum(np.bincount(city), 1)
    means = np.bincount(city, weights=values) / counts
    spread = np.abs(values - means[city]).max()
    return bool(spread > 1e-12 * np.abs(values).max())


def take(sample: Sample, rows: NDArray[np.bool_], audit: Sequence[AuditRow] = ()) -> Sample:
    """The sample with some of its rows.

    Parameters
    ----------
    sample : Sample
    rows : bool array, shape (n,)
        At least one is True.
    audit : sequence of AuditRow
        What is to be said of the rest.

    Returns
    -------
    Sample
        Cities without a row are gone; the rest keep their order.
    """
    cities, city = np.unique(sample.city[rows], return_inverse=True)
    return replace(
        sample,
        outcome=sample.outcome[rows],
        treatment=sample.treatment[rows],
        controls=sample.controls[rows],
        city=city.astype(np.int64),
        year=sample.year[rows],
        cities=tuple(sample.cities[position] for position in cities),
        others=sample.others[rows] if sample.other_names else sample.others,
        groupings=sample.groupings[rows] if sample.grouping_names else sample.groupings,
        group=sample.group[rows] if sample.group_names else sample.group,
        levels=sample.levels[rows] if sample.level_names else sample.levels,
        slope_codes=sample.slope_codes[rows] if sample.slope_labels else sample.slope_codes,
        adopted=sample.adopted[rows] if sample.adopted.size else sample.adopted,
        audit=(*sample.audit, *audit),
    )


def _treatments(sample: Sample, design: Design) -> dict[str, Floats]:
    """The treatment and those joint with it, by name."""
    joint = {name: sample.column(name) for name in design.joint}
    return {design.treatment: sample.treatment} | joint


def _arrays(table: pd.DataFrame, design: Design, audit: tuple[AuditRow, ...]) -> Sample:
    cities, city = np.unique(table[design.city].to_numpy(dtype=object), return_inverse=True)
    main = {design.outcome, design.treatment, *design.controls}
    others = tuple(column for column in numbers_of(design) if column not in main)
    groupings = [pd.factorize(table[cluster_column(name)], sort=True)[0] for name in design.cluster]
    group, group_names = _groups(table, design)
    atoms = atoms_of(design.absorbed)
    levels = np.empty((len(table), len(atoms)), dtype=np.int64)
    for place, name in enumerate(atoms):
        levels[:, place] = pd.factorize(table[effect_column(name)], sort=True)[0]
    slopes = [pd.factorize(table[slope_column(name)], sort=True) for name in design.slopes]
    return Sample(
        outcome=table[design.outcome].to_numpy(dtype=np.float64),
        treatment=table[design.treatment].to_numpy(dtype=np.float64),
        controls=table[list(design.controls)].to_numpy(dtype=np.float64),
        control_names=design.controls,
        city=city.astype(np.int64),
        year=table[design.year].to_numpy(dtype=np.int64),
        cities=tuple(str(code) for code in cities),
        label=design_label(design),
        audit=audit,
        others=table[list(others)].to_numpy(dtype=np.float64),
        other_names=others,
        groupings=np.column_stack(groupings).astype(np.int64),
        grouping_names=design.cluster,
        group=group,
        group_names=group_names,
        levels=levels,
        level_names=atoms,
        slope_codes=np.array([codes for codes, _ in slopes], dtype=np.int64).T,
        slope_labels=tuple(tuple(map(str, labels)) for _, labels in slopes),
        adopted=(
            table[ADOPTED_COLUMN].to_numpy(dtype=np.float64)
            if ADOPTED_COLUMN in table.columns
            else np.empty(0)
        ),
    )


def _groups(table: pd.DataFrame, design: Design) -> tuple[Integers, tuple[str, ...]]:
    """Groups that are a column's values, and their names."""
    label = label_of(design)
    if label is None:
        return np.empty(0, dtype=np.int64), ()
    text = table[group_column(label)].astype("str")
    names = pd.Series(text.unique()).sort_values()
    numbers = pd.to_numeric(names, errors="coerce")
    if design.groups is not None and design.groups.regions:
        names = names.sort_values(key=lambda column: column.map(REGIONS.index))
    if numbers.notna().all():
        names = names.loc[numbers.sort_values(kind="stable").index]
    position = {name: number for number, name in enumerate(names)}
    return text.map(position).to_numpy(dtype=np.int64), tuple(names)
