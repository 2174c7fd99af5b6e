"""Sentences on designs: the model, variants, learners, folds, samples, heterogeneity."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pandas as pd

from nightpanel.methods.said import cite, counted, listed, span

Record = Mapping[str, Any]

VARIANTS: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "faithful": (
            "city and year dummies among the features, folds drawn at random over city-years",
            ("yu_zhang",),
        ),
        "first_difference": (
            "city effects differenced out, controls of both years as features",
            ("clarke2026",),
        ),
        "within": ("city and year effects demeaned out", ("clarke2026",)),
        "correlated_random_effects": (
            "city means of the controls as features",
            ("mundlak1978", "clarke2026"),
        ),
        "difference_dictionary": (
            "a dictionary of functions of the controls made in levels, then differenced",
            ("belloni2016",),
        ),
        "within_dictionary": (
            "a dictionary of functions of the controls made in levels, then demeaned",
            ("belloni2016",),
        ),
    }
)
"""How each variant that learns deals with city effects, and where that comes from."""
LEARNERS: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "gradient_boosting": ("gradient boosting", ("friedman2001", "pedregosa2011")),
        "xgboost": ("XGBoost", ("chen2016",)),
        "lightgbm": ("LightGBM", ("ke2017",)),
        "random_forest": ("random forests", ("breiman2001", "pedregosa2011")),
        "lasso": ("the lasso", ("tibshirani1996", "pedregosa2011")),
        "ridge": ("ridge regression", ("hoerl1970", "pedregosa2011")),
        "linear": ("least squares", ("pedregosa2011",)),
    }
)
"""Learners as a sentence names them."""
MOST_NAMED = 6
"""More designs are counted, not named."""
LINEAR = "two_way_fixed_effects"


def model_sentences(estimates: pd.DataFrame, tuning: pd.DataFrame | None) -> Iterator[str]:
    """The model and the ways in which it was estimated.

    Parameters
    ----------
    estimates : pandas.DataFrame
        The table of estimates.
    tuning : pandas.DataFrame or None
        Settings that a search chose.
    """
    designs = estimates.drop_duplicates("design")
    pairs = designs[["outcome", "treatment"]].drop_duplicates().to_numpy().tolist()
    varied = int((designs["design"] != designs["variation_of"]).sum())
    kind = "a variation" if varied == 1 else "variations"
    more = f", {varied} of them {kind} of another" if varied else ""
    yield (
        f"{counted(len(designs), 'design was', 'designs were')} estimated{more}: the effect of "
        f"{listed([f'{treatment} on {outcome}' for outcome, treatment in pairs])}."
    )
    # Folds are of other things, too: a composite's fit out of city is by least squares.
    learned = estimates[(estimates["folds"] > 0) & estimates["variant"].isin(list(VARIANTS))]
    if len(learned):
        yield (
            "Partially linear models were estimated by double machine learning"
            f"{cite('chernozhukov2018')} with the package doubleml{cite('bach2022')}: outcome and "
            "treatment are predicted from the other folds, and the effect is the slope of residual "
            "on residual."
        )
        yield from _variants(learned)
        yield from _learners(learned)
    if LINEAR in set(estimates["variant"]):
        effects = estimates.loc[estimates["variant"] == LINEAR, "effects"].unique()
        where = "stand beside them" if len(learned) else "were run"
        yield f"Linear regressions {where} ({listed(list(effects))})."
    if tuning is not None and len(tuning):
        yield (
            f"Settings of learners were searched by Optuna{cite('akiba2019')} over folds of whole "
            f"cities ({counted(int(tuning['trials'].max()), 'trial')} at most)."
        )


def _variants(learned: pd.DataFrame) -> Iterator[str]:
    said = [
        f"{name}, with {what}{cite(*source)}"
        for name, (what, source) in VARIANTS.items()
        if name in set(learned["variant"])
    ]
    if said:
        yield f"Variants: {'; '.join(said)}."


def _learners(learned: pd.DataFrame) -> Iterator[str]:
    names = learned["learner"].str.split(r"[(;]", n=1, regex=True).str[0]
    used = {
        str(variant): tuple(dict.fromkeys(names[learned["variant"] == variant]))
        for variant in dict.fromkeys(learned["variant"])
    }
    by_learners: dict[tuple[str, ...], list[str]] = {}
    for variant, learners in used.items():
        by_learners.setdefault(learners, []).append(variant)
    told: set[str] = set()
    for learners, variants in by_learners.items():
        words = []
        for one in learners:
            name, source = LEARNERS.get(one, (one, ()))
            words.append(name + (cite(*source) if one not in told else ""))
            told.add(one)
        yield f"Nuisance functions of {listed(variants)} were learned by {listed(words)}."
    yield from _folds(learned)


def _folds(learned: pd.DataFrame) -> Iterator[str]:
    """Folds, repetitions, seeds."""
    folds = sorted(learned["folds"].unique())
    split = listed([f"{count} (1:{count - 1})" for count in folds])
    random = set(learned["variant"]) == {"faithful"}
    some = "faithful" in set(learned["variant"]) and not random
    of_cities = "" if random else ", of whole cities" + (" except in faithful" if some else "")
    yield f"Folds of cross-fitting: {split}{of_cities}."
    by_variant = learned.groupby("repetitions")["variant"].unique()
    for repetitions, variants in by_variant.items():
        times = (
            "was split once"
            if repetitions == 1
            else f"was split {repetitions} times, and the median of the estimates is reported"
        )
        yield f"The sample of {listed(sorted(variants))} {times}."
    seeds = sorted(learned["seed"].unique())
    yield f"{'Seeds' if len(seeds) > 1 else 'The seed'} of folds and learners: {listed(seeds)}."


def control_sentences(designs: Sequence[Record]) -> Iterator[str]:
    """Controls by the designs that have them.

    Parameters
    ----------
    designs : sequence of mapping
        Settings of each design.
    """
    by_controls: dict[tuple[str, ...], list[str]] = {}
    for one in designs:
        by_controls.setdefault(tuple(one["controls"]), []).append(str(one["name"]))
    for controls, names in by_controls.items():
        said = f"Controls are {listed(controls)}" if controls else "There are no controls"
        yield f"{said}{_where(names, designs)}."


def sample_sentences(designs: Sequence[Record], audit: pd.DataFrame | None) -> Iterator[str]:
    """Samples of the designs, as they were asked for, and rules that left rows out.

    Parameters
    ----------
    designs : sequence of mapping
        Settings of each design, recorded as they held.
    audit : pandas.DataFrame or None
        A rule that has no row left nothing out.
    """
    for one, names in _by(designs, "min_units").items():
        small = _left_out(audit, "fewer_than_min_units", names)
        if small:
            yield f"City-years with fewer than {one} units were left out{_where(small, designs)}."
    every = [str(one["name"]) for one in designs]
    yield from _excluded(designs, _left_out(audit, "excluded_cities", every))
    for key, said in (
        ("exclude_municipalities", "The four municipalities were left out"),
        ("cross_section", "Each row is a unit of its own, without city and year"),
    ):
        names = [one["name"] for one in designs if one[key]]
        if names:
            yield f"{said}{_where(names, designs)}."
    dropped = _left_out(audit, "incomplete_rows", every)
    if dropped:
        yield f"City-years that lack a value were left out{_where(dropped, designs)}."
    yield from _cuts(designs)


def _excluded(designs: Sequence[Record], names: Sequence[str]) -> Iterator[str]:
    """Cities that designs name, and codes that stand for no city."""
    own = {str(one["name"]): tuple(one["exclude_cities"]) for one in designs}
    for cities in dict.fromkeys(own[name] for name in names):
        where = _where([name for name in names if own[name] == cities], designs)
        if cities:
            codes = f"{'codes' if len(cities) > 1 else 'code'} {listed(cities)}"
            yield f"Cities with the {codes}, and any code of no real city, were left out{where}."
        else:
            yield f"Codes that stand for no real city were left out{where}."


def _left_out(audit: pd.DataFrame | None, rule: str, names: Sequence[str]) -> list[str]:
    """Those designs of which a rule of the audit left something out."""
    if audit is None:
        return []
    rows = audit[(audit["stage"] == "designs") & (audit["rule"] == rule)]
    subjects = [str(one) for one in rows["subject"]]
    labels = {name: (f"design '{name}'", f"design '{name}',") for name in names}
    return [
        name
        for name, (label, longer) in labels.items()
        if any(one == label or one.startswith(longer) for one in subjects)
    ]


def _cuts(designs: Sequence[Record]) -> Iterator[str]:
    """Years, quantiles and sides of a median."""
    for one in designs:
        where = _where([one["name"]], designs)
        if one["years"]:
            yield f"Years {span(one['years'])} were used{where}."
        if one["winsorise"]:
            low, high = one["winsorise"]
            whose = _by_variant(one, "every variable", "outcome and treatments")
            ends = f"{low:g} and {high:g}"
            yield f"Values beyond the quantiles {ends} became these{where}: of {whose}."
        if one["split"]:
            side = "above" if one["split"]["side"] == "high" else "at or below"
            whose = _by_variant(
                one, "city-years by their own value", "whole cities by that of their first year"
            )
            yield (
                f"Only the side {side} the median of {one['split']['column']} was used{where}: "
                f"{whose}."
            )


def _by_variant(design: Record, faithful: str, others: str) -> str:
    """What a design does in its faithful variant and in all others, as far as it has them."""
    variants = set(design["variants"])
    if variants == {"faithful"}:
        return faithful
    both = f"{faithful} (faithful), {others} (other variants)"
    return both if "faithful" in variants else others


def difference_sentences(designs: Sequence[Record], estimates: pd.DataFrame) -> Iterator[str]:
    """Where effects were let differ.

    Parameters
    ----------
    designs : sequence of mapping
        Settings of each design.
    estimates : pandas.DataFrame
        Only parts with rows are told.
    """
    parts = {name: set(rows["part"]) for name, rows in estimates.groupby("design")}
    for one in designs:
        where = _where([one["name"]], designs)
        told = parts.get(one["name"], set())
        if one["moderator"]:
            yield (
                f"The product of {one['treatment']} and {one['moderator']} was formed in levels "
                f"and transformed together with both{where}."
            )
        if one["groups"] and "group" in told:
            yield f"Effects by {_groups(one['groups'])} were estimated and compared{where}."
        if one["along"]:
            yield (
                f"The effect was estimated along {one['along']['column']} as a cubic B-spline of "
                f"{one['along']['basis']} functions{where}."
            )
        if one["project_on"] and "projection" in told:
            columns = listed(one["project_on"]["columns"])
            yield f"The effect was projected on {columns}{where}."
        if one["slopes"]:
            yield f"The treatment's slope differs by {listed(one['slopes'])}{where}."


def _groups(groups: Record) -> str:
    if groups["periods"]:
        return "period (" + listed([f"{first}-{last}" for first, last in groups["periods"]]) + ")"
    if groups["regions"]:
        return f"{groups['regions']} regions"
    cut = f"{groups['quantiles']} groups of equal size of " if groups["quantiles"] else ""
    return f"{cut}{groups['column']}"


def _by(designs: Sequence[Record], key: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in designs:
        found.setdefault(str(one[key]), []).append(one["name"])
    return found


def _where(names: Sequence[str], designs: Sequence[Record]) -> str:
    """``, in the design 'a'``; empty where it holds of all."""
    if len(names) == len(designs):
        return ""
    if len(names) > MOST_NAMED:
        return f", in {len(names)} of the designs"
    quoted = listed([f"'{name}'" for name in names])
    return f", in the design{'s' if len(names) > 1 else ''} {quoted}"
