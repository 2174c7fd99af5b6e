"""Sentences on the panel: joins, columns made, indices, steps, what was lost."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from nightpanel.methods.said import cite, counted, listed, span
from nightpanel.output_folder import OutputFolder

Record = Mapping[str, Any]

INDICES: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "uil": ("the sum of k times the share of sector k in value added", ("yu_zhang",)),
        "advanced_structure": (
            "value added of the tertiary over the secondary sector",
            ("gan2011",),
        ),
        "rationalisation": ("a Theil index of productivity over sectors", ("gan2011",)),
        "weighted_structure": ("outputs of sectors weighted by technology and skill", ()),
        "labour_misallocation": (
            "dispersion of marginal revenue products of labour over sectors",
            ("hsieh2009",),
        ),
        "labour_misallocation_loss": (
            "output forgone by the misallocation of labour between sectors",
            ("vollrath2009", "hsieh2009"),
        ),
        "digital_finance": ("the digital inclusive finance index from its parts", ("guo2020",)),
        "entropy": ("a composite with entropy weights", ("shannon1948",)),
        "equal_min_max": ("a composite of scaled indicators with equal weights", ("oecd2008",)),
        "equal_standardised": ("a composite of standardised indicators", ("oecd2008",)),
    }
)
"""What an index of the panel is, and where it comes from."""


def panel_sentences(record: Record, folder: OutputFolder) -> Iterator[str]:
    """What the panel consists of and how its columns were made.

    Parameters
    ----------
    record : mapping
        The panel stage's entry of the manifest.
    folder : OutputFolder
    """
    settings = record["settings"]
    tables = settings.get("tables") or []
    unit = settings.get("unit") or "city"
    if tables:
        names = [_name(table) for table in tables]
        joined = counted(len(tables), "table was", "tables were")
        yield f"{joined} joined by {unit} and year: {listed(names)}."
    yield from _crosswalks(tables)
    if folder.panel is not None:
        yield _size(folder.panel, unit)
    if folder.dropped is not None and len(folder.dropped):
        yield f"{counted(len(folder.dropped), f'{unit}-year was', f'{unit}-years were')} lost."
    yield from _made(settings, tables)
    for step in settings.get("steps") or []:
        yield _step(step)


def _name(table: Record) -> str:
    return str(table.get("name") or Path(str(table["file"])).name)


def _crosswalks(tables: list[Record]) -> Iterator[str]:
    used = dict.fromkeys(Path(str(one["crosswalk"])).name for one in tables if one.get("crosswalk"))
    if used:
        yield f"City codes were brought together by {listed(list(used))}."
    moved = [_name(table) for table in tables if table.get("vintage")]
    if moved:
        yield (
            f"City-years of {listed(moved)} were moved to one vintage of cities: counts split by "
            "weight and added, rates averaged by a count."
        )


def _size(panel: Any, unit: str) -> str:
    rows = counted(len(panel), f"{unit}-year")
    several = "cities" if unit == "city" else f"{unit}s"
    number = counted(int(panel["city_id"].nunique()), unit, several)
    return f"The panel has {rows} of {number}, {span(panel['year'].unique())}."


def _made(settings: Record, tables: list[Record]) -> Iterator[str]:
    """Columns made: indices of tables, real prices, sums, ratios, logarithms, indices."""
    for table in tables:
        uil = table.get("uil")
        if uil:
            yield _uil(uil, str(uil["name"]))
    for name, real in (settings.get("real") or {}).items():
        yield f"{name} is {real['nominal']} at prices of {real['base']}."
    for two in settings.get("reconcile") or []:
        yield (
            f"{listed(two['columns'])} of {listed(two['tables'])} were compared; those of "
            f"{two['prefer']} are used."
        )
    for name, columns in (settings.get("sums") or {}).items():
        yield f"{name} is the sum of {listed(columns)}."
    for name, (over, under) in (settings.get("ratios") or {}).items():
        yield f"{name} is {over} over {under}."
    yield from _logs(settings.get("logs") or {})
    yield from _indices(settings.get("indices") or {})


def _logs(logs: Record) -> Iterator[str]:
    plain = [one["column"] for one in logs.values() if one.get("zeros") in {None, "error", "drop"}]
    if plain:
        yield f"Natural logarithms were taken of {listed(plain)}."
    for one in logs.values():
        if one.get("zeros") in {"log1p", "add"}:
            added = 1 if one["zeros"] == "log1p" else one["constant"]
            yield f"The natural logarithm of {one['column']} was taken with {added:g} added."


def _indices(indices: Record) -> Iterator[str]:
    for name, index in indices.items():
        kind = str(index["kind"])
        what, source = INDICES.get(kind, (kind, ()))
        yield _uil(index, name) if kind == "uil" else f"{name} is {what}{cite(*source)}."


def _uil(uil: Record, name: str) -> str:
    what, source = INDICES["uil"]
    from_shares = "" if uil.get("value_added") else ", from reported shares"
    if uil.get("value_added") and uil.get("shares"):
        from_shares = ", from reported shares where value added is missing"
    return f"Industrial upgrading ({name}) is {what}{from_shares}{cite(*source)}."


def _step(step: Record) -> str:
    told = STEPS.get(str(step["step"]))
    return told(step) if told else ""


def _log(step: Record) -> str:
    added = {"log1p": " with 1 added", "add": f" with {step.get('constant')} added"}
    said = added.get(str(step.get("zeros")), "")
    return f"Natural logarithms were taken of {listed(step['columns'])}{said}."


def _winsorise(step: Record) -> str:
    by = " of each year" if step.get("by") == "year" else ""
    return (
        f"Values of {listed(step['columns'])} beyond the quantiles {step['lower']:g} and "
        f"{step['upper']:g}{by} became these."
    )


def _scaled(step: Record) -> str:
    words = {"centre": "centred", "standardise": "standardised", "min_max": "scaled to 0 to 1"}
    by = {"year": " within years", "city": " within cities"}.get(str(step.get("by")), "")
    return f"{listed(step['columns'])} were {words[str(step['step'])]}{by}."


def _shifted(step: Record) -> str:
    words = {"lag": "Lags", "lead": "Leads", "difference": "Differences"}[str(step["step"])]
    return f"{words} of {counted(step['years'], 'year')} were taken of {listed(step['columns'])}."


def _balanced(step: Record) -> str:
    columns = f" of {listed(step['columns'])}" if step.get("columns") else ""
    years = f" in {span(step['years'])}" if step.get("years") else " in every year"
    return f"Only cities with every value{columns}{years} were kept."


STEPS: Mapping[str, Callable[[Record], str]] = MappingProxyType(
    {
        "sum": lambda step: f"{step['name']} is the sum of {listed(step['columns'])}.",
        "ratio": lambda step: f"{step['name']} is {step['columns'][0]} over {step['columns'][1]}.",
        "log": _log,
        "winsorise": _winsorise,
        "lag": _shifted,
        "lead": _shifted,
        "difference": _shifted,
        "centre": _scaled,
        "standardise": _scaled,
        "min_max": _scaled,
        "interpolate": lambda step: (
            f"Gaps of up to {counted(step['max_gap'], 'year')} in {listed(step['columns'])} were "
            "filled on a straight line."
        ),
        "balanced": _balanced,
    }
)
