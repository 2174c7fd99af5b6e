"""What stands below a table of effects: failed checks, what was left out, how much was tried."""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from estimation.designs import Design, design_label
from estimation.estimate import EstimationResult
from estimation.instruments.keys import instruments_of
from estimation.recommended import cautions
from estimation.tables.numbers import figure, p_text
from estimation.tables.result_table import numbered
from estimation.tables.table_columns import STARS_NOTE
from estimation.vocabulary import VARIANTS
from geo.audit import AuditRow

LEFT_OUT = (
    "excluded_cities", "fewer_than_min_units", "units_unknown", "min_units_not_applied",
    "incomplete_rows", "cities_without_rows", "gaps_not_bridged",
)  # fmt: skip
"""Rules of the audit that a reader of a table must know of."""
MOST_OF_A_CHECK = 6
"""Lines that one check may take below a table."""
SETTINGS_MARK = "*"
"""What a learner's name carries in a table where it has settings."""
Said = tuple[int, str]
"""Position of a design, and what is said of it."""


def table_notes(
    designs: Sequence[Design],
    result: EstimationResult,
    *,
    shown: Sequence[tuple[int, str]],
    family: Mapping[str, int],
    stars: bool,
    positions: Mapping[int, Sequence[int]] | None = None,
) -> tuple[str, ...]:
    """The notes below a table.

    Parameters
    ----------
    designs : sequence of Design
        The table's designs.
    result : EstimationResult
        Of the whole study.
    shown : sequence of (int, str)
        Position of the design and variant of each column.
    family : mapping of str to int
        Tests in the family of each variant.
    stars : bool
        Whether estimates carry stars.
    positions : mapping of int to sequence of int, optional
        Numbers of a design's columns, from 0, by its position; the same where left out.

    Returns
    -------
    tuple of str
        One sentence each. What holds of several columns stands once, with their numbers.
    """
    said: list[Said] = []
    for place, design in enumerate(designs):
        variants = {variant for at, variant in shown if at == place}
        said += [(place, text) for text in _warnings(design, result, variants)]
        said += [(place, text) for text in _sample_texts(design)]
        said += [(place, text) for text in _settings(design, result, variants)]
        said += [(place, text) for text in _left_out(design, result, variants)]
        said += [(place, text) for text in _tests(design, result, variants)]
    own = result.estimates[result.estimates["design"].isin([design.name for design in designs])]
    return (
        *_by_columns(said, positions or {place: [place] for place in range(len(designs))}),
        *_treatments_of_effects(own, shown),
        *cautions(_recommended(own, designs, shown)),
        *_general(result, family, stars=stars),
    )


def _warnings(design: Design, result: EstimationResult, variants: set[str]) -> Iterable[str]:
    """The study's own notes on a design, without its name and without what the header says."""
    label = design_label(design)
    for note in result.notes:
        if not note.startswith((f"{label}:", f"{label},")):
            continue
        text = note[len(label) + 1 :].strip()
        if note[len(label)] == ":" or _variant_of(text) in (*variants, ""):
            yield text


def _variant_of(text: str) -> str:
    """The variant with which a note begins, alone or before a group or term; empty if none."""
    return next((name for name in VARIANTS if text.startswith((f"{name}:", f"{name},"))), "")


def _sample_texts(design: Design) -> Iterable[str]:
    if design.winsorise is not None:
        low, high = (f"{100 * share:g} %" for share in design.winsorise)
        yield (
            f"winsorised at {low} and {high} of the pooled sample: every variable (faithful), "
            "outcome and treatments alone (other variants)"
        )
    if design.split is not None:
        yield (
            f"{design.split.side} side of the median of {design.split.column}: of city-years "
            "(faithful), of cities by their value in their first year (other variants)"
        )
    if design.years is not None:
        yield f"years {_years(design.years)}"
    if design.exclude_municipalities:
        yield "without the four municipalities"
    named = instruments_of(design)
    if named:
        yield f"instrument{'s' if len(named) > 1 else ''}: {', '.join(named)}"


def has_settings(learner: str) -> bool:
    """Whether a learner as the table of estimates names it has settings."""
    return "(" in learner


def _settings(design: Design, result: EstimationResult, variants: set[str]) -> Iterable[str]:
    """The settings of learners, once for all variants that share them."""
    rows = result.estimates[result.estimates["design"] == design.name]
    rows = rows[rows["variant"].isin(variants) & rows["learner"].map(has_settings).astype(bool)]
    for learner, same in rows.groupby("learner", sort=False)["variant"]:
        yield f"learner with settings ({SETTINGS_MARK}), {', '.join(same.unique())}: {learner}"


def _years(years: Sequence[int]) -> str:
    ordered = sorted(years)
    if len(ordered) > 1 and ordered == list(range(ordered[0], ordered[-1] + 1)):
        return f"{ordered[0]}-{ordered[-1]}"
    return ", ".join(map(str, ordered))


def left_out_of(audit: Iterable[AuditRow]) -> tuple[str, ...]:
    """What was left out of a sample, one text a rule."""
    return tuple(row.detail for row in audit if row.rule in LEFT_OUT)


def _left_out(design: Design, result: EstimationResult, variants: set[str]) -> Iterable[str]:
    label = design_label(design)
    for row in result.audit:
        if row.rule not in LEFT_OUT:
            continue
        if row.subject == label:
            yield row.detail
        elif row.subject.startswith(f"{label}, ") and row.subject[len(label) + 2 :] in variants:
            yield f"{row.subject[len(label) + 2 :]}: {row.detail}"


def _tests(design: Design, result: EstimationResult, variants: set[str]) -> Iterable[str]:
    """Checks with a p value or a verdict; a failed one of which a note has spoken is not told."""
    table = result.checks
    own = table[(table["design"] == design.name) & table["variant"].isin(variants)]
    for _, rows in own.groupby(["variant", "check"], sort=False):
        told = rows[rows["p_value"].notna()]
        for row in told.head(MOST_OF_A_CHECK).to_dict("records"):
            verdict = f", {row['verdict']}" if row["verdict"] else ""
            what = row["statistic"].split(";", 1)[0]
            yield (
                f"{row['variant']}: {_words(row['check'])}, {row['subject']}: {what} "
                f"{figure(row['value'])}, p {p_text(row['p_value'])}{verdict}"
            )
        if len(told) > MOST_OF_A_CHECK:
            yield f"and {len(told) - MOST_OF_A_CHECK} more of it in checks.parquet"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _by_columns(said: Sequence[Said], positions: Mapping[int, Sequence[int]]) -> list[str]:
    """Each text once, with the numbers of its columns unless it is of all designs."""
    places: dict[str, list[int]] = {}
    for place, text in said:
        if place not in places.setdefault(text, []):
            places[text].append(place)
    numbers = {text: [n for place in at for n in positions[place]] for text, at in places.items()}
    return [
        text if len(at) == len(positions) > 1 else f"{numbered(numbers[text])}: {text}"
        for text, at in places.items()
    ]


def _treatments_of_effects(
    estimates: pd.DataFrame, shown: Sequence[tuple[int, str]]
) -> Iterable[str]:
    """How each variant treats city and year effects, in the table's designs."""
    for variant in dict.fromkeys(variant for _, variant in shown):
        texts = estimates.loc[estimates["variant"] == variant, "effects"].unique()
        yield f"{variant}: {'; or '.join(texts)}"


def _general(
    result: EstimationResult,
    family: Mapping[str, int],
    *,
    stars: bool,
) -> Iterable[str]:
    estimates = result.estimates
    corrected = [f"{count} ({variant})" for variant, count in family.items() if count > 1]
    if corrected:
        yield (
            "Holm's p is corrected for the treatments and products of this table, by variant: "
            f"{', '.join(corrected)} tests"
        )
    yield f"Specifications estimated in the whole study: {_specifications(estimates)}"
    if stars:
        yield STARS_NOTE


def _recommended(
    estimates: pd.DataFrame, designs: Sequence[Design], shown: Sequence[tuple[int, str]]
) -> Iterable[str]:
    """What is said of the rows that are shown."""
    by_place = estimates.groupby(["design", "variant"])["recommended"].first().to_dict()
    return (by_place.get((designs[place].name, variant), "") for place, variant in shown)


def _specifications(estimates: pd.DataFrame) -> str:
    pairs = estimates[["design", "variant"]].drop_duplicates()
    effects = estimates[estimates["part"] == "effect"]
    main = effects[effects["scaling"] != "min_max"]
    told = main.drop_duplicates(["variant", "term", "estimate", "std_error", "n"])
    return (
        f"{len(pairs)} ({pairs['design'].nunique()} designs in their variants), with {len(told)} "
        "different effects"
    )
