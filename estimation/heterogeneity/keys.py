"""The keys of a design that ask where its effect differs; nothing heavy is imported here."""

from dataclasses import dataclass
from typing import Literal

from estimation.design_checks import check_columns_differ, check_least, check_some
from geo.errors import DesignError

At = Literal["base_year", "year"]
"""Which value of a column counts. ``base_year``: the city's in the first year of the sample that it
has, fixed in time and no consequence of later treatment. ``year``: each city-year's own."""

How = Literal["residuals", "products", "samples"]
"""How groups' effects come about.

``residuals``: where groups are fixed in time the treatment's residual is split, with no new fit
(right where groups do not help to predict the treatment's changes beyond the controls); elsewhere
as ``products``. ``products``: treatment times group, formed in levels and fitted; between periods
the effect then changes at once. ``samples``: each group by itself, as in the paper; right also
where an effect drifts from year to year."""

Regions = Literal["", "three", "four"]
"""The regions of provinces, a division of :mod:`panels.cities.regions`; empty for none."""

REGION = "region"
"""What regions are called where they stand for a column."""

Slopes = Literal["shared", "by_group"]
"""Whether the controls of linear fixed effects have one slope, or one in each group."""

LEAST_BASIS = 4
"""Functions that a cubic spline has at least."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Groups between which the effect may differ: of cities, of city-years, or of years."""

    column: str = ""
    """Column of the groups; empty for periods."""
    quantiles: int = 0
    """Into how many groups of equal size numbers are cut (2: at the median, ``low`` and ``high``);
    0 where the column's values, text or numbers, are the groups."""
    at: At = "base_year"
    """Which value of the column counts."""
    periods: tuple[tuple[int, int], ...] = ()
    """First and last year of each period; empty for groups by a column."""
    how: How = "residuals"
    """How the groups' effects come about."""
    regions: Regions = ""
    """Regions of the cities' provinces: east, central and west, or with the northeast."""
    controls: Slopes = "shared"
    """Slopes of the controls in linear fixed effects; samples have their own in any case."""


@dataclass(frozen=True, slots=True)
class Along:
    """A variable along which the effect may take any smooth shape."""

    column: str
    """Column of the variable."""
    basis: int = 5
    """Functions of the cubic B-spline, 4 or more: knots at quantiles."""
    at: At = "base_year"
    """Which value of the column counts."""


@dataclass(frozen=True, slots=True)
class Projection:
    """Variables of which the effect is taken to be a linear function."""

    columns: tuple[str, ...]
    """Columns of the variables; each is standardised."""
    at: At = "base_year"
    """Which value of the columns counts."""


def check_groups(label: str, groups: Groups, *, outcome: str, year: str) -> None:
    """Refuse groups that are not one thing or the other, are years, or whose periods overlap.

    Raises
    ------
    DesignError
    """
    where = f"{label}, groups"
    named = [key for key in ("column", "periods", "regions") if getattr(groups, key)]
    if len(named) != 1:
        raise DesignError(
            where,
            expected="either a column, or periods, or regions",
            found=f"both {' and '.join(named)}" if named else "neither",
            hint='set column = "...", periods = [[2011, 2015], [2016, 2021]] or regions = "three"',
        )
    if groups.regions and groups.quantiles:
        raise DesignError(
            where, expected="quantiles of a column", found="quantiles of regions",
            hint="leave quantiles out",
        )  # fmt: skip
    if groups.column == year:
        raise DesignError(
            f"{where}, column '{year}'",
            expected="a column of groups of cities or city-years",
            found="the year itself",
            hint="set periods = [[2011, 2015], [2016, 2021]] instead of column",
        )
    if groups.quantiles != 0:
        check_least(where, quantiles=(groups.quantiles, 2))
    if groups.periods:
        _check_periods(where, groups)
    _check_not_selected(where, (groups.column,), groups.at, (outcome,))


def check_along(label: str, along: Along, *, outcome: str, treatment: str) -> None:
    """Refuse too small a basis, and a variable that is the outcome or treatment itself.

    Raises
    ------
    DesignError
    """
    where = f"{label}, along"
    check_some(where, "column", along.column)
    check_least(where, basis=(along.basis, LEAST_BASIS))
    _check_not_selected(where, (along.column,), along.at, (outcome, treatment))


def check_projection(label: str, asked: Projection, *, outcome: str, treatment: str) -> None:
    """Refuse no column, a column twice, and one that is the outcome or treatment itself.

    Raises
    ------
    DesignError
    """
    where = f"{label}, project_on"
    check_some(where, "columns", asked.columns)
    check_columns_differ(where, asked.columns)
    _check_not_selected(where, asked.columns, asked.at, (outcome, treatment))


def _check_periods(where: str, groups: Groups) -> None:
    if len(groups.periods) < 2 or groups.quantiles:
        raise DesignError(
            f"{where}, periods",
            expected="two periods or more, and no quantiles",
            found=f"{len(groups.periods)} and quantiles = {groups.quantiles}",
            hint="for example periods = [[2011, 2015], [2016, 2021]]",
        )
    ends = [year for period in groups.periods for year in period]
    ordered = all(first <= last for first, last in groups.periods)
    if not ordered or any(
        later[0] <= earlier[1]
        for earlier, later in zip(groups.periods, groups.periods[1:], strict=False)
    ):
        raise DesignError(
            f"{where}, periods",
            expected="periods in order that do not overlap, first year before last",
            found=", ".join(map(str, ends)),
            hint="for example periods = [[2011, 2015], [2016, 2021]]",
        )


def _check_not_selected(
    where: str, columns: tuple[str, ...], at: At, refused: tuple[str, ...]
) -> None:
    """Refuse to sort city-years by their own outcome, or to multiply a treatment by itself."""
    for column in columns:
        if at == "year" and column in refused:
            raise DesignError(
                f"{where}, column '{column}'",
                expected='a column that is not explained here, or at = "base_year"',
                found="each city-year's own value of the design's outcome or treatment",
                hint='set at = "base_year"',
            )
