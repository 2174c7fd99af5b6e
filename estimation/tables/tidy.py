"""Results as tidy tables, and as one prints them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TypeVar, get_type_hints

import pandas as pd

from estimation.results import Check, CurvePoint, Estimate, TunedLearner
from estimation.tables.numbers import decimals, in_parentheses, interval, rounded
from estimation.vocabulary import DETAILS

Row = TypeVar("Row", Estimate, Check, CurvePoint, TunedLearner)

_RECOMMENDED = {
    "": "",
    "recommended": " (recommended)",
}


_SAID_BY_TERM = frozenset({"effect", "group", "projection"})


def tidy_table(rows: Sequence[Row], kind: type[Row]) -> pd.DataFrame:
    """Results as a tidy table, one row each, in the order given.

    Parameters
    ----------
    rows : sequence of Estimate, Check, CurvePoint or TunedLearner
    kind : type
        Which of them.

    Returns
    -------
    pandas.DataFrame
        The fields as columns: text, int64 and float64; the columns are there even when no row is.
    """
    dtypes = {str: "str", int: "int64", float: "float64"}
    kinds = get_type_hints(kind)
    table = pd.DataFrame([asdict(one) for one in rows], columns=list(kinds))
    return table.astype({column: dtypes[kind] for column, kind in kinds.items()})


def summary_table(
    estimates: pd.DataFrame, truth: float | Mapping[str, float] | None = None
) -> pd.DataFrame:
    """The estimates as one prints them.

    Parameters
    ----------
    estimates : pandas.DataFrame
        As from :func:`tidy_table`.
    truth : float, mapping of design to float, or None
        The true effect, if it is known.

    Returns
    -------
    pandas.DataFrame
        Columns ``design``, ``variant``, ``estimate (se)``, ``95 % interval`` (text), ``n`` (int64)
        and, with ``truth``, ``truth`` (text, empty for a design the mapping lacks). Where a variant
        of a design has several rows, ``term`` (text, with its scaling) follows the variant, and
        the truth is that of the treatment, in no row of another term or group. Rows of parts in
        :data:`estimation.vocabulary.DETAILS` are left out.
    """
    estimates = estimates[~estimates["part"].isin(DETAILS)]
    variants = estimates["variant"] + estimates["recommended"].map(_RECOMMENDED)
    shown = [decimals(error) for error in estimates["std_error"]]
    table = pd.DataFrame(
        {
            "design": estimates["design"],
            "variant": variants,
            "estimate (se)": [
                rounded(estimate, places) + _error_text(error, places)
                for estimate, error, places in zip(
                    estimates["estimate"], estimates["std_error"], shown, strict=True
                )
            ],
            "95 % interval": [
                interval(low, high, places)
                for low, high, places in zip(
                    estimates["ci_low"], estimates["ci_high"], shown, strict=True
                )
            ],
            "n": estimates["n"],
        }
    )
    if estimates.duplicated(["design", "variant"]).any():
        terms = zip(estimates["term"], estimates["scaling"], estimates["part"], strict=True)
        table.insert(2, "term", [_term_text(*term) for term in terms])
    if truth is not None:
        own = (estimates["part"] == "effect") & (estimates["term"] == estimates["treatment"])
        table["truth"] = [
            _true_text(truth, design, places) if is_own else ""
            for design, places, is_own in zip(estimates["design"], shown, own, strict=True)
        ]
    return table


def _term_text(term: str, scaling: str, part: str) -> str:
    """A term with its scaling; with its part where the term alone does not say what it is."""
    said = scaling or ("" if part in _SAID_BY_TERM else part)
    return f"{term} ({said})" if said else term


def _error_text(std_error: float, places: int) -> str:
    return f" {in_parentheses(std_error, places)}".rstrip()


def _true_text(truth: float | Mapping[str, float], design: str, places: int) -> str:
    value = truth.get(design) if isinstance(truth, Mapping) else truth
    return "" if value is None else rounded(value, places)
