"""Effects as Yu and Zhang print them in their Tables 2 to 6: numbered columns, few rows, notes.

Each design has one column, of the variant that runs it as the paper does. What a careful referee
would ask stands below as a note, so that no reader sees the first without the second.
"""

from collections.abc import Callable, Sequence

import pandas as pd

from estimation.designs import Design
from estimation.estimate import EstimationResult
from estimation.tables.how_estimated import error_notes, how_notes, learner_name, split_ratio
from estimation.tables.numbers import in_parentheses, interval, rounded
from estimation.tables.result_table import ResultTable, numbered
from estimation.tables.table_columns import (
    FAITHFUL,
    TableColumn,
    TableSpec,
    places_of,
    shown_variants,
    stars_of,
    table_columns,
    term_keys,
    with_label,
)
from estimation.tables.table_notes import table_notes
from estimation.vocabulary import EFFECT, LINEAR

YES, NO = "Yes", "No"
BOTH = frozenset({"city", "year"})


def paper_table(spec: TableSpec, result: EstimationResult) -> ResultTable:
    """Effects in the layout of Yu and Zhang's Tables 2 to 6.

    Parameters
    ----------
    spec : TableSpec
        Where it names no variants, each design has the column of its faithful one, or of the
        recommended one where that was not run.
    result : EstimationResult
        Of the whole study.

    Returns
    -------
    ResultTable
        For each term the estimate, and its error or interval below; then controls, effects of
        cities and years, and the sample size. The ratio by which samples were split and the
        algorithm have rows where columns differ in them.
        Notes say how errors were clustered, in how many folds and repetitions what was learned, and
        what the recommended variant finds.
    """
    estimates = result.estimates
    columns = table_columns(spec.designs, _variants(spec, estimates), estimates)
    positions: dict[int, list[int]] = {}
    for number, column in enumerate(columns):
        positions.setdefault(column.place, []).append(number)
    shown = [(column.place, column.variant) for column in columns]
    notes = table_notes(
        spec.designs, result, shown=shown, family={}, stars=spec.stars, positions=positions
    )
    return ResultTable(
        title=spec.title,
        caption=spec.caption,
        header=(("", *(f"({number + 1})" for number in range(len(columns)))),),
        rows=(*_effect_rows(spec, columns), *_about(spec, columns)),
        notes=(
            *error_notes(columns, uncertainty=spec.uncertainty),
            *_names(spec, columns),
            *how_notes(columns),
            *_recommended(spec, columns, estimates),
            *notes,
        ),
    )


def _variants(spec: TableSpec, estimates: pd.DataFrame) -> dict[str, list[str]]:
    chosen = {}
    for design in spec.designs:
        run = shown_variants(estimates[estimates["design"] == design.name], spec.variants)
        faithful = [FAITHFUL] if FAITHFUL in run else run[:1]
        chosen[design.name] = run if spec.variants else faithful
    return chosen


def _effect_rows(spec: TableSpec, columns: Sequence[TableColumn]) -> list[tuple[str, ...]]:
    rows = []
    for key in term_keys(columns):
        part, term = key
        name = with_label(term, spec.labels)
        label = name if part == EFFECT else f"{name} ({part.replace('_', ' ')})"
        rows.append((label, *_cells(columns, key, lambda row: _estimate(spec, row))))
        if spec.uncertainty != "interval":
            rows.append(("", *_cells(columns, key, _error)))
        if spec.uncertainty != "standard_error":
            rows.append(("", *_cells(columns, key, _interval)))
    return rows


def _cells(
    columns: Sequence[TableColumn], key: tuple[str, str], told: Callable[[pd.Series], str]
) -> list[str]:
    return [told(column.row(key)) if key in column.rows.index else "" for column in columns]


def _estimate(spec: TableSpec, row: pd.Series) -> str:
    return rounded(row["estimate"], places_of(row)) + stars_of(row, stars=spec.stars)


def _error(row: pd.Series) -> str:
    return in_parentheses(row["std_error"], places_of(row))


def _interval(row: pd.Series) -> str:
    return interval(row["ci_low"], row["ci_high"], places_of(row))


def _about(spec: TableSpec, columns: Sequence[TableColumn]) -> list[tuple[str, ...]]:
    first = [column.rows.iloc[0] for column in columns]
    designs = [spec.designs[column.place] for column in columns]
    effects = [_effects(design, column) for design, column in zip(designs, columns, strict=True)]
    splits = ("Split ratio", *(split_ratio(row["folds"]) for row in first))
    learners = ("Algorithm", *(learner_name(row["learner"]) for row in first))
    return [
        ("Control variables", *(YES if row["controls"] else NO for row in first)),
        *_effect_lines(effects),
        *(row for row in (splits, learners) if len(set(row[1:])) > 1),
        ("Sample size", *(str(row["n"]) for row in first)),
    ]


def _effect_lines(effects: Sequence[set[str]]) -> list[tuple[str, ...]]:
    """One line, as in the paper, where each column has both effects or none; else one for each."""
    if all(names >= BOTH or not names for names in effects):
        return [("Fixed effect", *(YES if names else NO for names in effects))]
    return [
        (f"{one.capitalize()} fixed effects", *(YES if one in names else NO for names in effects))
        for one in sorted(BOTH)
    ]


def _effects(design: Design, column: TableColumn) -> set[str]:
    """What has effects of its own or in a combination: those of ``province^year`` hold years'."""
    if column.variant != LINEAR:
        return set(BOTH)
    return {part for name in design.absorbed for part in name.split("^")}


def _names(spec: TableSpec, columns: Sequence[TableColumn]) -> list[str]:
    """What each numbered column is."""
    several = len({column.variant for column in columns}) > 1
    said = [
        f"({number + 1}) {spec.designs[column.place].name}"
        + (f", {column.variant}" if several else "")
        + (f", terms {column.scaling}" if column.scaling else "")
        for number, column in enumerate(columns)
    ]
    controls: dict[str, list[int]] = {}
    for number, column in enumerate(columns):
        names = [name for name in column.rows.iloc[0]["controls"].split(";") if name]
        text = ", ".join(spec.labels.get(name, name) for name in names)
        controls.setdefault(text, []).append(number)
    lists = [f"controls of {numbered(at)}: {text}" for text, at in controls.items() if text]
    return ["; ".join(said), *lists]


def _recommended(
    spec: TableSpec, columns: Sequence[TableColumn], estimates: pd.DataFrame
) -> list[str]:
    """What the variant says that is shown beside the faithful one elsewhere."""
    told = {(column.place, column.variant) for column in columns}
    said: dict[str, list[str]] = {}
    for place, design in enumerate(spec.designs):
        own = estimates[estimates["design"] == design.name]
        for variant in shown_variants(own, ()):
            if variant == FAITHFUL or (place, variant) in told:
                continue
            (other, *_) = table_columns([design], {design.name: [variant]}, own)
            number = next((n for n, one in enumerate(columns) if one.place == place), None)
            if number is not None:
                said.setdefault(variant, []).append(_in_words(spec, other, number))
    return [f"{variant} instead: {'; '.join(texts)}" for variant, texts in said.items()]


def _in_words(spec: TableSpec, column: TableColumn, number: int) -> str:
    effects = [
        f"{with_label(term, spec.labels)} {_estimate(spec, row)} {_error(row) or _interval(row)}"
        for part, term in term_keys([column])
        for row in [column.row((part, term))]
    ]
    scaled = f", terms {column.scaling}" if column.scaling else ""
    return f"({number + 1}) {', '.join(effects)}{scaled}"
