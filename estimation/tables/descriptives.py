"""Descriptive statistics of a design's sample: Table 1."""

from collections.abc import Mapping
from types import MappingProxyType

from estimation.designs import Design
from estimation.instruments.keys import instruments_of
from estimation.samples.sample import Floats, Sample
from estimation.tables.numbers import decimals, rounded
from estimation.tables.result_table import ResultTable
from estimation.tables.table_notes import left_out_of
from panels.describe import DESCRIPTIVE_COLUMNS, statistics

NO_LABELS: Mapping[str, str] = MappingProxyType({})


def descriptive_result(
    title: str,
    caption: str,
    design: Design,
    sample: Sample,
    *,
    labels: Mapping[str, str] = NO_LABELS,
    types_once: bool = False,
) -> ResultTable:
    """Observations, mean, standard deviation, least and largest value of a design's columns.

    Parameters
    ----------
    title, caption : str
    design : Design
    sample : Sample
        As from :func:`estimation.samples.sample.build_sample`, before any split or winsorising.
    labels : mapping of str to str, optional
        What columns of the panel are called in the table.
    types_once : bool
        Whether a type of variable stands in the first of its rows alone, as papers have it.

    Returns
    -------
    ResultTable
        Columns as in Yu and Zhang's Table 1; the standard deviation is that with n - 1.
    """
    rows = []
    told = ""
    for kind, name in _variables(design):
        shown = "" if types_once and kind == told else kind
        rows.append((shown, labels.get(name, name), *_figures(_values(sample, design, name))))
        told = kind
    return ResultTable(
        title=title,
        caption=caption,
        header=(DESCRIPTIVE_COLUMNS,),
        rows=tuple(rows),
        notes=(_size(design, sample), *left_out_of(sample.audit)),
    )


def _size(design: Design, sample: Sample) -> str:
    years = f"{sample.year.min()}-{sample.year.max()}"
    cities = len(sample.cities)
    return f"sample of {design.name}: {sample.outcome.size} city-years of {cities} cities, {years}"


def _variables(design: Design) -> list[tuple[str, str]]:
    """Columns by type of variable, each once."""
    parts = [
        ("Explained variable", (design.outcome,)),
        ("Explanatory variable", design.treatments),
        ("Control variable", design.controls),
        ("Moderator variable", (design.moderator,)),
        ("Instrument", instruments_of(design)),
    ]
    return [(kind, name) for kind, names in parts for name in names if name is not None]


def _values(sample: Sample, design: Design, name: str) -> Floats:
    if name == design.outcome:
        return sample.outcome
    return sample.treatment if name == design.treatment else sample.column(name)


def _figures(values: Floats) -> tuple[str, ...]:
    count, mean, deviation, *ends = statistics(values)
    return (str(count), *(rounded(one, decimals(deviation)) for one in (mean, deviation, *ends)))
