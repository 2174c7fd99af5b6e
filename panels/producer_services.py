"""The share of producer services across economies: Table 1 and Figure 1 of Pan, Li and Gu.

Shares are of the whole economy, agriculture included: only with it does China have 11.255 % of
employment and 26.918 % of value added in producer services in 2018. In the model and in its data
agriculture is left out.
"""

import csv
from collections.abc import Mapping
from importlib import resources

import numpy as np
import pandas as pd

from geo.errors import SectorDataError
from panels.schema import require_columns
from panels.sector_groups import PAPER_GROUPS, SECTORS, check_groups


def _shipped(name: str) -> list[dict[str, str]]:
    text = resources.files("panels").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


FIGURE_1 = tuple(row["code"] for row in _shipped("figure1_economies.csv"))
"""Codes of the 45 economies of Figure 1."""


def producer_services(
    table: pd.DataFrame, mapping: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Shares of producer services by economy and year.

    Parameters
    ----------
    table : pandas.DataFrame
        Of `panels.sectors.read_etd`.
    mapping : mapping, optional
        As in `panels.sectors.load_etd`.

    Returns
    -------
    pandas.DataFrame
        ``code``, ``country``, ``year``; ``employment_share`` and ``output_share`` (nominal value
        added), in per cent of all twelve sectors.
    """
    groups = PAPER_GROUPS if mapping is None else mapping
    check_groups(groups)
    services = [sector for sector in SECTORS if groups[sector] == "x"]
    share = 100.0 * table[services].sum(axis=1) / table[list(SECTORS)].sum(axis=1)
    keys = table[["code", "country", "year"]]
    parts = []
    for variable, name in (("EMP", "employment_share"), ("VA", "output_share")):
        rows = table["variable"] == variable
        parts.append(keys[rows].assign(**{name: share[rows]}))
    both = parts[0].merge(parts[1], on=["code", "country", "year"], validate="one_to_one")
    return both.sort_values(["code", "year"], ignore_index=True)


def table_1(table: pd.DataFrame) -> pd.DataFrame:
    """Table 1 from the data, beside what is published.

    Returns
    -------
    pandas.DataFrame
        ``code``, ``economy``, ``year``, ``employment_share``, ``output_share`` (NaN where the file
        lacks the economy, as it does the United States and the United Kingdom), and
        ``published_employment_share``, ``published_output_share``, ``gdp_per_capita`` (constant
        USD, ten thousand, as published).
    """
    published = pd.DataFrame(_shipped("table1_published.csv")).drop(columns="source")
    numbers = ["gdp_per_capita", "employment_share", "output_share"]
    published[numbers] = published[numbers].astype(np.float64)
    published["year"] = published["year"].astype("int64")
    published = published.rename(
        columns={name: f"published_{name}" for name in ("employment_share", "output_share")}
    )
    found = producer_services(table).drop(columns="country")
    made = published.merge(found, on=["code", "year"], how="left", validate="one_to_one")
    shares = ["employment_share", "output_share"]
    return made[
        ["code", "economy", "year", *shares, *(f"published_{name}" for name in shares),
         "gdp_per_capita"]
    ]  # fmt: skip


def figure_1(table: pd.DataFrame, gdp_per_capita: pd.DataFrame | None = None) -> pd.DataFrame:
    """The data of Figure 1 for those of its economies that the file holds.

    Parameters
    ----------
    table : pandas.DataFrame
        Of `panels.sectors.read_etd`.
    gdp_per_capita : pandas.DataFrame, optional
        ``code``, ``year`` and ``gdp_per_capita``, such as the Penn World Table's; what has no row
        in it is left out.

    Returns
    -------
    pandas.DataFrame
        As `producer_services`, with ``gdp_per_capita`` where it is given.

    Raises
    ------
    SectorDataError
        The file holds none of the economies, or GDP per capita has none of their rows.
    TableColumnError
        GDP per capita lacks a column.
    """
    shares = producer_services(table[table["code"].isin(FIGURE_1)])
    if gdp_per_capita is not None:
        names = ["code", "year", "gdp_per_capita"]
        require_columns(gdp_per_capita, names, where="GDP per capita")
        shares = shares.merge(gdp_per_capita[names], on=["code", "year"], validate="one_to_one")
    if shares.empty:
        raise SectorDataError(
            "Figure 1",
            expected="rows of its 45 economies",
            found="none",
            hint="use the whole database, and codes of three letters",
        )
    return shares
