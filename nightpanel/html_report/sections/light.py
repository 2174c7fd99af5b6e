"""Light: sums by year and product, saturation, years that are there, seams."""

import numpy as np
import pandas as pd

from nightpanel.exports.columns import described
from nightpanel.html_report import plots
from nightpanel.html_report.folders import known_folders, without_folders
from nightpanel.html_report.section import Chart, DataTable, Piece, Section, Text, data_table
from nightpanel.html_report.words import plural, shown, years_shown
from nightpanel.output_folder import OutputFolder
from nightpanel.outputs import read_csv
from nightpanel.seam import seam_summary

OF_LIGHT = frozenset({"tiles", "light"})
"""Stages of audit rows on tiles and their seams."""
NOTES = 30
"""Audit rows that are told beside the light; all are in the audit."""
ABSENT = "There is no light in this folder: the lights stage has not run, or its tables are gone."


def section(folder: OutputFolder) -> Section:
    """Light by year and product.

    Parameters
    ----------
    folder : OutputFolder
    """
    if folder.units is None:
        return Section("light", "Light", missing=ABSENT)
    if folder.units.empty:
        return Section(
            "light", "Light", missing="The unit-year table has no row: no year of light."
        )
    years = _by_year(folder.units)
    parts: list[Piece] = [*_sums(years), *_shares(years), _coverage(years)]
    parts += _seam(folder)
    notes = _notes(folder)
    if notes:
        parts.append(Text(notes, points=True, title="What was noticed of tiles and light"))
    return Section("light", "Light", tuple(parts))


def _by_year(units: pd.DataFrame) -> pd.DataFrame:
    """Sums over units, and shares of their valid cells, by product and year."""
    cells = units["n_cells"].fillna(0.0) if "n_cells" in units else pd.Series(1.0, units.index)
    shares = {
        name: (units[name] * cells).where(units[name].notna())
        for name in ("lit_share", "saturated_share")
        if name in units
    }
    table = units[["product", "year", "sum"]].assign(cells=cells, **shares)
    by = table.groupby(["product", "year"], as_index=False)
    found = by.sum(min_count=1)
    found["units"] = by.size()["size"]
    found["with_light"] = by["sum"].count()["sum"]
    for name in shares:
        found[name] = found[name] / found["cells"].mask(found["cells"] == 0)
    return found.drop(columns="cells")


def _sums(years: pd.DataFrame) -> list[Chart]:
    """A chart for each unit of light: products that measure otherwise share no axis."""
    kinds = {str(one): _kind(str(one)) for one in years["product"].unique()}
    of_kind = years.assign(kind=years["product"].map(kinds)).groupby("kind", sort=False)
    return [_sum(rows, str(kind), number) for number, (kind, rows) in enumerate(of_kind)]


def _kind(product: str) -> str:
    """The unit of a product's sums; for one that nobody describes its name."""
    contract = product.split(" ")[0]
    (column,) = described(["sum"], table="unit_years", products=[contract])
    return f"[{column.unit}]" if column.unit else f"of {product}"


def _sum(years: pd.DataFrame, kind: str, number: int) -> Chart:
    products = list(years.groupby("product"))
    traces = [
        plots.line(*_path(rows, "sum"), str(product), place)
        for place, (product, rows) in enumerate(products)
    ]
    said = [
        f"{product}: {shown(rows['sum'].iloc[0])} in {rows['year'].iloc[0]}, "
        f"{shown(rows['sum'].iloc[-1])} in {rows['year'].iloc[-1]}"
        for product, rows in products
    ]
    return Chart(
        id=f"light-sums-{number}",
        title=f"Sum of light by year {kind}",
        text=f"Lines of the sum of light over all units by year {kind}. {'; '.join(said)}.",
        figure=plots.figure(
            traces,
            xaxis=_year_axis(),
            yaxis=plots.axis(f"sum of light {kind}", rangemode="tozero"),
        ),
        table=data_table(
            years[["product", "year", "sum", "units", "with_light"]],
            "Sum of light over units, by product and year",
        ),
    )


def _path(rows: pd.DataFrame, name: str) -> tuple[list[int], list[float]]:
    """Years and values of a line; NaN, which interrupts it, in years between that are missing."""
    years = range(int(rows["year"].min()), int(rows["year"].max()) + 1)
    return list(years), rows.set_index("year")[name].reindex(years).tolist()


SHARES = {"saturated_share": "Saturated cells", "lit_share": "Lit cells"}


def _shares(years: pd.DataFrame) -> list[Chart]:
    """One chart for each share, with a scale of its own: few cells are saturated, most are lit."""
    return [_share(years, name, title) for name, title in SHARES.items() if name in years]


def _share(years: pd.DataFrame, name: str, title: str) -> Chart:
    products = list(years.groupby("product"))
    traces = [
        plots.line(*_path(rows, name), str(product), number)
        for number, (product, rows) in enumerate(products)
    ]
    said = name.replace("_share", "")
    most = years.iloc[int(np.argmax(years[name].fillna(0).to_numpy()))]
    return Chart(
        id=f"light-{said}",
        title=title,
        text=f"Lines of the share of valid cells that are {said}, by year. It is largest in "
        f"{most['year']} ({most['product']}): {shown(most[name])}.",
        figure=plots.figure(
            traces,
            xaxis=_year_axis(),
            yaxis=plots.axis(f"{said} share of valid cells", rangemode="tozero"),
        ),
        table=data_table(
            years[["product", "year", name]], f"{title}: share of valid cells, by product and year"
        ),
        height=260,
    )


def _coverage(years: pd.DataFrame) -> DataTable:
    rows = []
    for product, of_product in years.groupby("product"):
        there = of_product["year"].tolist()
        lacking = sorted(set(range(min(there), max(there) + 1)) - set(there))
        rows.append(
            {
                "product": product,
                "years": years_shown(there),
                "years between that are missing": years_shown(lacking) or "none",
                "units": int(of_product["units"].max()),
                "fewest units with light": int(of_product["with_light"].min()),
            }
        )
    return data_table(pd.DataFrame(rows), "Coverage of years")


def _seam(folder: OutputFolder) -> list[Piece]:
    """The seam of products that have a year twice."""
    if not (folder.path / "seam.csv").is_file():
        return [Text(("No product has a year in two versions: there is no seam to measure.",))]
    seam = seam_summary(read_csv(folder.path, "seam.csv"))
    if seam.empty:
        return [Text(("No city has light in both versions of a year that a product has twice.",))]
    said = [
        f"{product} {year}: {plural(int(cities), 'city', 'cities')}, mean light of the second "
        f"version {100 * float(light):+.1f} %, mean Gini {float(gini):+.4f}."
        for product, year, cities, light, gini in seam[
            ["product", "year", "cities", "mean_change", "gini_change"]
        ].to_numpy()
    ]
    return [
        Text(tuple(said), points=True, title="Seam: years that a product has in two versions"),
        data_table(seam, "Means over cities of both versions"),
    ]


def _notes(folder: OutputFolder) -> tuple[str, ...]:
    if folder.audit is None:
        return ()
    rows = folder.audit[folder.audit["stage"].isin(OF_LIGHT)]
    folders = known_folders(folder)
    said = [f"{row.subject}: {row.detail}" for row in rows.head(NOTES).itertuples()]
    if len(rows) > NOTES:
        said.append(f"{plural(len(rows) - NOTES, 'more row')} of the audit, below.")
    return tuple(without_folders(one, folders) for one in said)


def _year_axis() -> dict[str, object]:
    return plots.axis(tickformat="d")
