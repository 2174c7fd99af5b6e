"""The study file's sections on instruments: several, lagged, exposures to shocks by shares."""

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Discriminator, Tag, model_validator

from estimation.instruments.keys import (
    Growth,
    Identified,
    Instruments,
    LeaveOneOut,
    Shares,
    ShiftShare,
    Shocks,
)
from nightpanel.study_section import FilePath, Section, ValueSection


class InstrumentsSection(ValueSection):
    """Instruments of one treatment; see `Instruments` for each key."""

    columns: list[str] = []
    """Columns of the panel."""
    lag: int = 0
    """The treatment this many years before."""

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if not self.columns and not self.lag:
            raise ValueError("columns, or a lag of one year or more")
        return self

    def made(self) -> Instruments:
        """The estimation room's value."""
        return Instruments(tuple(self.columns), self.lag)


def _columns_alone(value: object) -> object:
    return {"columns": value} if isinstance(value, list) else value


def _kind(value: object) -> str:
    return "several" if isinstance(value, dict | InstrumentsSection) else "column"


InstrumentKey = Annotated[
    Annotated[str, Tag("column")] | Annotated[InstrumentsSection, Tag("several")],
    Discriminator(_kind),
    BeforeValidator(_columns_alone),
]
"""A column, a list of columns, or a table of instruments."""


class SharesSection(Section):
    """The table of shares; see `Shares` for each key."""

    file: FilePath
    """csv, xlsx, xls, dta or parquet: one row for each city and sector, and perhaps year."""
    city: str = "city_id"
    """Column of the city."""
    sector: str = "sector"
    """Column of the sector."""
    share: str = "share"
    """Column of the share."""
    year: str = ""
    """Column of the year."""
    base_year: int = 0
    """The year whose shares hold for all years."""


class ShocksSection(Section):
    """The table of shocks; see `Shocks` for each key."""

    file: FilePath
    """One row for each sector, and perhaps year."""
    sector: str = "sector"
    """Column of the sector."""
    year: str = ""
    """Column of the year."""
    shock: str = "shock"
    """Column of the shock."""
    cluster: str = ""
    """Column of the sector's cluster."""


class LeaveOneOutSection(Section):
    """The table of sector outcomes that shocks are made of; see `LeaveOneOut` for each key."""

    file: FilePath
    """One row for each city, sector and year."""
    city: str = "city_id"
    """Column of the city."""
    sector: str = "sector"
    """Column of the sector."""
    year: str = "year"
    """Column of the year."""
    value: str = "value"
    """Column of the outcome."""
    kind: Growth = "growth"
    """What of it is the shock."""


class ShiftShareSection(ValueSection):
    """An exposure to shocks by shares; see `ShiftShare` for each key."""

    shares: SharesSection
    """The shares."""
    identified_by: Identified
    """What is claimed to be as good as random."""
    shocks: ShocksSection | None = None
    """The shocks."""
    leave_one_out: LeaveOneOutSection | None = None
    """Shocks of the other cities."""
    name: str = "exposure"
    """What the exposure is called."""
    control_sums: bool = False
    """Whether the sum of shares, times year, is among the controls."""
    balance: list[str] = []
    """Columns compared with the exposure."""
    pre_trend: int = 1
    """Years of the test of trends before; 0 for none."""
    top: int = 5
    """Sectors listed with their Rotemberg weights."""

    def made(self) -> ShiftShare:
        """The estimation room's value; tables are named by their files."""
        shocks, own = self.shocks, self.leave_one_out
        return ShiftShare(
            shares=Shares(**_with_table(self.shares)),
            identified_by=self.identified_by,
            shocks=None if shocks is None else Shocks(**_with_table(shocks)),
            leave_one_out=None if own is None else LeaveOneOut(**_with_table(own)),
            name=self.name,
            control_sums=self.control_sums,
            balance=tuple(self.balance),
            pre_trend=self.pre_trend,
            top=self.top,
        )


def _with_table(section: SharesSection | ShocksSection | LeaveOneOutSection) -> dict[str, Any]:
    keys = section.model_dump(exclude={"file"})
    return {"table": str(section.file), **keys}
