"""Sentences on instruments, exposures, mediation, staggered adoption, composites."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pandas as pd

from nightpanel.methods.said import cite, counted, listed

Record = Mapping[str, Any]

STAGGERED: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "callaway_santanna": ("Callaway and Sant'Anna", ("callaway2021",)),
        "sun_abraham": ("Sun and Abraham", ("sun2021",)),
        "imputation": ("Borusyak, Jaravel and Spiess", ("borusyak2024",)),
    }
)
"""Estimators of a policy that cities adopt in different years, by their authors."""
INSTRUMENTED: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "first_stage": ("the clustered F of the first stage", ("staiger1997",)),
        "effective_f": ("the effective F", ("montiel2013",)),
        "anderson_rubin": ("the Anderson-Rubin test and its set", ("anderson1949",)),
        "over_identification": ("Hansen's J", ("hansen1982",)),
    }
)
"""Tests of instruments by their names in the table of checks."""

COMPOSITES: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "products": ("products of its parts", ()),
        "parts_given_composite": ("an encompassing test", ("mizon1986",)),
        "j_test": ("J tests", ("davidson1981",)),
    }
)
"""Tests of a composite by their names in the table of checks."""


def instrument_sentences(designs: Sequence[Record], checks: pd.DataFrame | None) -> Iterator[str]:
    """Instruments, and how strong they are.

    Parameters
    ----------
    designs : sequence of mapping
        Settings of each design.
    checks : pandas.DataFrame or None
    """
    for one in designs:
        given = one["instrument"]
        names = [given] if isinstance(given, str) else list((given or {}).get("columns", ()))
        lag = 0 if isinstance(given, str) else int((given or {}).get("lag", 0))
        names += [f"{one['treatment']} of {counted(lag, 'year')} before"] if lag else []
        if names:
            yield (
                f"In the design '{one['name']}' {one['treatment']} is instrumented by "
                f"{listed(names)}."
            )
    made = set() if checks is None else set(checks.loc[checks["value"].notna(), "check"])
    said = [f"{what}{cite(*source)}" for one, (what, source) in INSTRUMENTED.items() if one in made]
    if said:
        yield f"Of instruments there are {listed(said)}."


def exposure_sentences(designs: Sequence[Record], estimates: pd.DataFrame) -> Iterator[str]:
    """Exposures to shocks by shares, and inference on them.

    Parameters
    ----------
    designs : sequence of mapping
        Settings of each design.
    estimates : pandas.DataFrame
    """
    parts = set(estimates["part"])
    for one in designs:
        asked = one["shift_share"]
        if not asked:
            continue
        by_shares = asked["identified_by"] == "shares"
        source = ("goldsmith2020",) if by_shares else ("borusyak2022", "adao2019")
        own = " of the other cities" if asked["leave_one_out"] else ""
        yield (
            f"The exposure '{asked['name']}' of the design '{one['name']}' sums shocks{own} over "
            f"sectors by the city's shares; it is identified by {asked['identified_by']}"
            f"{cite(*source)}."
        )
    if "akm" in parts:
        yield (
            "Errors that know that cities with like shares have like residuals are reported "
            f"(AKM and AKM0){cite('adao2019')}."
        )
    if "shock_level" in parts:
        yield f"The same coefficient is estimated from one row a shock{cite('borusyak2022')}."


def mediation_sentences(designs: Sequence[Record], estimates: pd.DataFrame) -> Iterator[str]:
    """Effects through other variables.

    Parameters
    ----------
    designs : sequence of mapping
        Settings of each design.
    estimates : pandas.DataFrame
    """
    parts = set(estimates["part"])
    for one in designs:
        asked = one["mediators"]
        if not asked:
            continue
        kinds = {
            "percentile": "percentile intervals",
            "bca": f"BCa intervals{cite('efron1987')}",
        }
        yield (
            f"Effects of {one['treatment']} through {listed(asked['columns'])} (design "
            f"'{one['name']}') are products of linear paths{cite('imai2010')}; whole clusters were "
            f"drawn {asked['draws']:,} times, with {kinds[asked['interval']]}, seed {one['seed']}."
        )
    if "indirect_sobel" in parts:
        yield f"Sobel's interval, clustered, stands beside{cite('sobel1982')}."


def adoption_sentences(designs: Sequence[Record], estimates: pd.DataFrame) -> Iterator[str]:
    """Policies that cities adopt in different years.

    Parameters
    ----------
    designs : sequence of mapping
        Settings of each design.
    estimates : pandas.DataFrame
        Only estimators with rows are told.
    """
    for one in designs:
        asked = one["adoption"]
        if not asked:
            continue
        ran = set(estimates.loc[estimates["design"] == one["name"], "variant"])
        said = [f"{who}{cite(*source)}" for name, (who, source) in STAGGERED.items() if name in ran]
        what = "changes the slope of " if asked["amplifies"] else ""
        policy = asked["year"] or asked["policy"]
        about = f"{what}{one['treatment']}" if what else one["treatment"]
        yield (
            f"Cities adopt the policy of the design '{one['name']}' ({policy}"
            f"{', which ' + about if what else ''}) in different years"
            + (f"; it was estimated by {listed(said)}." if said else ".")
        )
        if "callaway_santanna" in ran:
            yield _compared(asked)
        if asked["anticipation"]:
            yield f"Cities may react {counted(asked['anticipation'], 'year')} before."


def _compared(asked: Record) -> str:
    control = str(asked["control"]).replace("_", "-", 1).replace("_", " ")
    control = (
        "cities that never adopt" if "never" in control else "cities that have not adopted yet"
    )
    method = str(asked["method"])
    how = f", covariates by the {method.replace('_', ' ')} method" if asked["covariates"] else ""
    source = cite("santanna2020") if asked["covariates"] and method == "doubly_robust" else ""
    return f"Each cohort was compared with {control}{how}{source}."


def composite_sentences(designs: Sequence[Record], checks: pd.DataFrame | None) -> Iterator[str]:
    """Whether a composite says more than its parts.

    Parameters
    ----------
    designs : sequence of mapping
        Settings of each design.
    checks : pandas.DataFrame or None
    """
    made = set() if checks is None else set(checks.loc[checks["value"].notna(), "check"])
    tests = [f"{what}{cite(*source)}" for one, (what, source) in COMPOSITES.items() if one in made]
    beside = f", beside {listed(tests)}" if tests else ""
    for one in designs:
        asked = one["composite_of"]
        if asked:
            yield (
                f"Whether {one['treatment']} says more than {listed(asked['parts'])} was asked out "
                f"of city ({asked['folds']} folds of whole cities, "
                f"{counted(asked['repetitions'], 'repetition')}, "
                f"{counted(asked['draws'], 'draw')}){beside}."
            )
