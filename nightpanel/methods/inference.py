"""Sentences on errors, tests and checks: only on what has rows in the tables."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import pandas as pd

from nightpanel.methods.said import cite, counted, listed

FEWEST = 7
"""With so many clusters or fewer the wild bootstrap has Webb's weights."""
OF_NO_CLUSTER = frozenset({"robust", "AKM", "AKM0", "shocks", "Driscoll-Kraay"})
"""Kinds of errors that name no cluster."""
DRAWN = " bootstrap"
"""What follows the clusters whose draws give errors."""
CHECKS: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "city_effects": ("whether variables fixed in time move the estimate", ()),
        "influence": ("how far single cities move the estimate", ()),
        "placebo": ("treatment paths handed to other cities", ()),
        "fake_timing": ("the treatment of later years beside the present one", ()),
        "sensitivity": ("robustness to an omitted variable", ("chernozhukov2022",)),
        "group_difference": ("tests of differences between groups", ()),
        "rotemberg": ("Rotemberg weights", ("goldsmith2020",)),
        "balance": ("balance of the exposure", ("borusyak2022",)),
        "share_balance": ("balance of the shares", ("goldsmith2020",)),
        "effective_shocks": ("the effective number of shocks", ("borusyak2022",)),
        "bacon": ("the decomposition of two-way fixed effects", ("goodman2021",)),
        "pre_trend": ("tests of trends before", ()),
        "pre_trend_power": ("the power of these tests", ("roth2022",)),
        "honest_bounds": (
            "bounds where trends are not parallel",
            ("rambachan2023",),
        ),
    }
)
"""What a check asks, by its name in the table of checks."""


def error_sentences(estimates: pd.DataFrame) -> Iterator[str]:
    """How errors were computed, and p values corrected.

    Parameters
    ----------
    estimates : pandas.DataFrame
        The table of estimates.
    """
    kinds = list(dict.fromkeys(estimates["se_type"][estimates["se_type"] != ""]))
    if "robust" in kinds:
        variants = sorted(estimates.loc[estimates["se_type"] == "robust", "variant"].unique())
        yield (
            f"Standard errors of {listed(variants)} are robust to heteroskedasticity"
            f"{cite('white1980')}."
        )
    yield from _clustered(estimates, kinds)
    lags = [kind for kind in kinds if kind.startswith("Driscoll-Kraay")]
    if lags:
        yield f"Errors of Driscoll and Kraay were used ({listed(lags)}){cite('driscoll1998')}."
    if estimates["std_error_jackknife"].notna().any():
        yield (
            "Where clusters are few, the jackknife by cluster (CRV3) stands beside them"
            f"{cite('mackinnon2023')}."
        )
    wild = estimates[estimates["p_value_wild"].notna()]
    if len(wild):
        webb = wild["n_clusters"] <= FEWEST
        weights = ["Rademacher"] * bool((~webb).any()) + ["Webb's"] * bool(webb.any())
        source = ("webb2023",) if webb.any() else ()
        yield (
            "P values of a wild cluster bootstrap with the null imposed and "
            f"{listed(weights)} weights are reported as well"
            f"{cite('cameron2008', 'roodman2019', *source)}."
        )
    if estimates["p_value_holm"].notna().any():
        yield f"P values of several terms have Holm's correction{cite('holm1979')}."


def _clustered(estimates: pd.DataFrame, kinds: list[str]) -> Iterator[str]:
    """Ways to cluster, and where p values and intervals are not of these errors."""
    named = estimates["se_type"].str.split(",", n=1).str[0]
    for way in dict.fromkeys(kind.split(",", 1)[0] for kind in kinds):
        if way in OF_NO_CLUSTER:
            continue
        of_way = estimates[named == way]
        fewest, most = int(of_way["n_clusters"].min()), int(of_way["n_clusters"].max())
        number = counted(most, "cluster") if fewest == most else f"{fewest} to {most} clusters"
        if way.endswith(DRAWN):
            parts = sorted(of_way["part"].str.replace("_", " ").unique())
            drawn = f"{way.removesuffix(DRAWN)}, {number}"
            yield f"Errors of {listed(parts)} come from draws of whole clusters ({drawn})."
            continue
        source = "cameron2011" if "+" in way else "cameron2015"
        variants = sorted(of_way["variant"].unique())
        yield (
            f"Errors of {listed(variants)} are clustered by {way.replace('+', ' and ')} ({number})"
            f"{cite(source)}."
        )
    for mark, said in (
        ("wild bootstrap", "P values and intervals of {} are those of the wild bootstrap{}."),
        ("CRV3", "Errors of {} are those of the jackknife by cluster{}."),
    ):
        rows = estimates["se_type"].str.contains(mark, regex=False)
        if rows.any():
            variants = sorted(estimates.loc[rows, "variant"].unique())
            every = estimates["variant"].isin(variants)
            yield said.format(listed(variants), "" if rows[every].all() else ", where rows say so")


def check_sentences(checks: pd.DataFrame | None, curves: pd.DataFrame | None) -> Iterator[str]:
    """Which checks were made, and how bands of curves.

    Parameters
    ----------
    checks, curves : pandas.DataFrame or None
        Tables of an output folder.
    """
    if checks is not None and len(checks):
        made = checks[checks["value"].notna()]["check"].unique()
        said = [f"{what}{cite(*source)}" for one, (what, source) in CHECKS.items() if one in made]
        if said:
            yield f"Checks: {'; '.join(said)}."
    if curves is not None and len(curves):
        if (curves["curve"] == "event_study").any():
            yield "Event studies have bands that hold all years at once with 95 %."
        smooth = curves[curves["curve"].isin(["marginal_effect", "cate"])]
        if smooth["band_low"].notna().any():
            yield (
                "Curves along a variable have intervals at single values and bands that hold the "
                f"whole curve with 95 %{cite('chernozhukov2013')}."
            )
