"""The keys of a design that make instruments; nothing heavy is imported here."""

from dataclasses import dataclass
from typing import Literal, Protocol

from estimation.design_checks import check_columns_differ, check_least, check_some
from estimation.vocabulary import LINEAR
from geo.errors import DesignError

Growth = Literal["growth", "log_growth", "value"]
"""What of a sector's total over the other cities is its shock: its change since the year before
over that year's total, the change of its logarithm, or the total itself."""

Identified = Literal["shares", "shocks"]
"""Which of the two is claimed to be as good as random: the shares (Goldsmith-Pinkham, Sorkin and
Swift 2020) or the shocks (Borusyak, Hull and Jaravel 2022; Adao, Kolesar and Morales 2019)."""


@dataclass(frozen=True, slots=True)
class Instruments:
    """Instruments of one treatment: columns, its own past, or both."""

    columns: tuple[str, ...] = ()
    """Columns of the panel."""
    lag: int = 0
    """The treatment this many years before, within the city; 0 for none."""


@dataclass(frozen=True, slots=True)
class Shares:
    """A table with one row for each city and sector, and perhaps year."""

    table: str
    """Name of the table among those handed over; the study file's path."""
    city: str = "city_id"
    """Column of the city, as in the panel."""
    sector: str = "sector"
    """Column of the sector."""
    share: str = "share"
    """Column of the sector's share in the city, 0 to 1; what has no row is 0."""
    year: str = ""
    """Column of the year; empty where shares hold for all years."""
    base_year: int = 0
    """The year of the table whose shares hold for all years; 0 for each year's own."""


@dataclass(frozen=True, slots=True)
class Shocks:
    """A table with one row for each sector, and perhaps year."""

    table: str
    """Name of the table."""
    sector: str = "sector"
    """Column of the sector."""
    year: str = ""
    """Column of the year; empty where a sector has one shock for all years."""
    shock: str = "shock"
    """Column of the shock."""
    cluster: str = ""
    """Column of the sector's cluster, for example a wider class; each sector by itself if empty.
    A sector's years are always one cluster."""


@dataclass(frozen=True, slots=True)
class LeaveOneOut:
    """Shocks made of sector outcomes of the other cities."""

    table: str
    """Name of the table: one row for each city, sector and year."""
    city: str = "city_id"
    """Column of the city."""
    sector: str = "sector"
    """Column of the sector."""
    year: str = "year"
    """Column of the year."""
    value: str = "value"
    """Column of the outcome, for example employment."""
    kind: Growth = "growth"
    """What of it is the shock."""


@dataclass(frozen=True, slots=True)
class ShiftShare:
    """Exposure ``z_it = sum_k s_ik g_kt``: an instrument for the treatment, or the treatment."""

    shares: Shares
    """The shares."""
    identified_by: Identified
    """What is claimed to be as good as random; there is no default."""
    shocks: Shocks | None = None
    """The shocks; or leave_one_out."""
    leave_one_out: LeaveOneOut | None = None
    """Shocks of the other cities; or shocks."""
    name: str = "exposure"
    """What the exposure is called. Where the design's treatment has this name it is the treatment,
    else its instrument."""
    control_sums: bool = False
    """Whether the sum of a city's shares, times year, is among the controls: it must be where
    shares sum to less than one (Borusyak, Hull and Jaravel 2022, section 3.2)."""
    balance: tuple[str, ...] = ()
    """Columns whose value in the city's first year is compared with the exposure."""
    pre_trend: int = 1
    """Years by which the outcome is older than the exposure in the test of trends before; 0 for
    none."""
    top: int = 5
    """Sectors listed with their Rotemberg weights."""


class Instrumented(Protocol):
    """What of a design says where its instruments come from."""

    @property
    def treatment(self) -> str: ...  # noqa: D102 - as in Design
    @property
    def instrument(self) -> str | Instruments | None: ...  # noqa: D102
    @property
    def shift_share(self) -> ShiftShare | None: ...  # noqa: D102
    @property
    def joint(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def moderator(self) -> str | None: ...  # noqa: D102
    @property
    def variants(self) -> tuple[str, ...]: ...  # noqa: D102


def lag_name(treatment: str, lag: int) -> str:
    """What the treatment of earlier years is called."""
    return f"{treatment}, {lag} year{'s' if lag > 1 else ''} before"


def lag_of(design: Instrumented) -> int:
    """Years by which the treatment that instruments itself is older; 0 for none."""
    return design.instrument.lag if isinstance(design.instrument, Instruments) else 0


def instruments_of(design: Instrumented) -> tuple[str, ...]:
    """Names of the instruments: columns, then the lagged treatment, then the exposure."""
    given = design.instrument
    if given is None:
        names: tuple[str, ...] = ()
    elif isinstance(given, str):
        names = (given,)
    else:
        lagged = (lag_name(design.treatment, given.lag),) if given.lag else ()
        names = (*given.columns, *lagged)
    exposure = design.shift_share
    if exposure is not None and exposure.name != design.treatment:
        names = (*names, exposure.name)
    return names


def built_columns(design: Instrumented) -> tuple[str, ...]:
    """Names of the columns that no panel has: they are made for the design."""
    lag = lag_of(design)
    lagged = (lag_name(design.treatment, lag),) if lag else ()
    return (*lagged, *(() if design.shift_share is None else (design.shift_share.name,)))


def joined_by_city(design: Instrumented) -> tuple[str, ...]:
    """Keys of a design that join shares, shocks or earlier values by city and year."""
    exposed = ("shift_share",) if design.shift_share is not None else ()
    return (*exposed, *(("instrument, lag",) if lag_of(design) else ()))


def check_instruments(label: str, design: Instrumented) -> None:
    """Refuse instruments that cannot be.

    Raises
    ------
    DesignError
        None is named, one is named twice, a lag is negative, several are asked of variants that
        learn, or there is more than one treatment.
    """
    names, where = instruments_of(design), f"{label}, instrument"
    if isinstance(design.instrument, Instruments):
        check_some(where, "columns", names)
        check_least(where, lag=(design.instrument.lag, 0))
    check_columns_differ(where, names)
    if design.shift_share is not None:
        _check_shift_share(f"{label}, shift_share", design.shift_share)
    learn = ", ".join(name for name in design.variants if name != LINEAR)
    if len(names) > 1 and learn:
        raise DesignError(
            where,
            expected="one instrument, or linear fixed effects alone",
            found=f"{len(names)} for {learn}",
            hint=f'set variants = ["{LINEAR}"], or name one instrument',
        )
    others = [key for key in ("joint", "moderator") if getattr(design, key)]
    if names and others:
        raise DesignError(
            where,
            expected="one treatment for its instruments",
            found=f"{' and '.join(others)} beside it",
            hint=f"leave out {' and '.join(others)}, or the instrument",
        )


def _check_shift_share(where: str, asked: ShiftShare) -> None:
    check_some(where, "name", asked.name.strip())
    check_columns_differ(where, asked.balance)
    check_least(where, pre_trend=(asked.pre_trend, 0), top=(asked.top, 0))
    if (asked.shocks is None) == (asked.leave_one_out is None):
        raise DesignError(
            where,
            expected="either shocks or leave_one_out",
            found="neither" if asked.shocks is None else "both",
            hint="name the table of shocks, or the table of sector outcomes they are made of",
        )
    if asked.shares.base_year and not asked.shares.year:
        raise DesignError(
            f"{where}, shares",
            expected="the column of the year beside base_year",
            found="none",
            hint='set year = "..." in shares, or leave base_year out',
        )
