"""Rows of what is told of linear fixed effects beyond the fit."""

from dataclasses import replace

import numpy as np

from estimation.parts.estimate_row import blank_row, in_scaling
from estimation.parts.linear_part import LinearSetting
from estimation.results import Check, Estimate
from estimation.vocabulary import LINEAR

NAN = float("nan")


def linear_check(
    setting: LinearSetting,
    check: str,
    subject: str,
    statistic: str,
    value: float,
    *,
    reference: float = NAN,
    p_value: float = NAN,
    verdict: str = "",
    note: str = "",
) -> Check:
    """One check of linear fixed effects.

    Parameters
    ----------
    setting : LinearSetting
    check, subject, statistic, value, reference, p_value, verdict, note
        As in :class:`estimation.results.Check`.

    Returns
    -------
    Check
    """
    return Check(
        setting.design.name,
        LINEAR,
        check,
        subject,
        statistic,
        float(value),
        float(reference),
        float(p_value),
        verdict,
        note,
    )


def linear_row(
    setting: LinearSetting,
    part: str,
    term: str,
    estimate: float,
    std_error: float,
    *,
    n: int,
    n_clusters: int,
    se_type: str,
    df: float,
    note: str = "",
) -> Estimate:
    """One row beside the fit's own; its interval follows from the error.

    Parameters
    ----------
    setting : LinearSetting
    part, term, estimate, std_error, n, n_clusters, se_type, df, note
        As in :class:`estimation.results.Estimate`.

    Returns
    -------
    Estimate
    """
    row = replace(
        blank_row(setting.design, LINEAR, part=part, term=term),
        estimate=estimate,
        std_error=std_error,
        n=n,
        n_clusters=n_clusters,
        se_type=se_type,
        df=df,
        std_error_cluster=std_error if np.isfinite(df) else NAN,
        lowest=estimate,
        highest=estimate,
        learner="linear",
        recommended="",
        note=note,
    )
    return in_scaling(row, "", 1.0)
