"""Labour misallocation between sectors, from marginal revenue products of labour."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from geo.errors import DomainError, TableColumnError
from panels.city_sectors import IndexResult, any_sectors, made_index
from panels.schema import number_array
from panels.steps.stepped import Bools, Floats, named

Measure = Literal["dispersion", "loss"]


def labour_misallocation(
    table: pd.DataFrame,
    *,
    value_added: Sequence[str],
    employment: Sequence[str],
    labour_share: Sequence[float] | Sequence[str] | None = None,
    measure: Measure = "dispersion",
    where: str,
) -> IndexResult:
    r"""How far marginal revenue products of labour differ between sectors.

    With Cobb-Douglas technology sector k's marginal revenue product of labour is
    :math:`\mathrm{MRPL}_k = \alpha_k VA_k / L_k` (Hsieh and Klenow 2009, Quarterly Journal of
    Economics 124(4), up to a factor that all share). With employment shares
    :math:`l_k = L_k / \sum_j L_j`

    * ``dispersion``: :math:`\sqrt{\sum_k l_k (\ln \mathrm{MRPL}_k - m)^2}` with
      :math:`m = \sum_k l_k \ln \mathrm{MRPL}_k`, the standard deviation over workers;
    * ``loss``: :math:`1 - \sum_k VA_k / \max_{\sum L_k^* = L} \sum_k Z_k (L_k^*)^{\alpha_k}` with
      :math:`Z_k = VA_k / L_k^{\alpha_k}`: the share of output that is forgone because workers are
      not where their marginal product is highest, other factors and prices as they are (Vollrath
      2009, Journal of Development Economics 88(2)).

    Both are zero if and only if marginal revenue products are equal, and do not change with the
    units of value added or of employment; a sector without either adds nothing. LOWER is better.

    Parameters
    ----------
    table : pandas.DataFrame
        ``city_id``, ``year`` and the columns below.
    value_added, employment : sequence of str
        Levels of two sectors or more, in the same order.
    labour_share : sequence of float or of str, optional
        Each sector's labour share, or its column; equal in all sectors when left out, which
        ``dispersion`` does not need to know.
    measure : {"dispersion", "loss"}
    where : str
        The index, for errors and the audit.

    Returns
    -------
    IndexResult
        ``dispersion``: zero or more, in log points; ``loss``: 0 to 1. Missing where an input is.

    Raises
    ------
    TableColumnError
        A column is missing, the lists differ in length, or ``loss`` lacks labour shares.
    DomainError
        A value is negative, a sector has output and no workers or workers and no output, a labour
        share is not between 0 and 1.
    """
    name = "labour_misallocation" if measure == "dispersion" else "labour_misallocation_loss"
    output = any_sectors(table, value_added, "value added", where)
    workers = any_sectors(table, employment, "employment", where)
    _refuse_lengths(len(value_added), employment, labour_share, measure, where)
    alpha = _labour_shares(table, labour_share, output.shape, where)
    whole: Bools = np.asarray(~np.isnan(output + workers + alpha).any(axis=1))
    lonely: Bools = ((output > 0.0) != (workers > 0.0)) & whole[:, np.newaxis]
    _refuse_lonely(table, lonely, output, value_added, employment, where)
    values = np.full(len(table), np.nan)
    rows = whole & (workers > 0.0).any(axis=1)
    compute = _dispersion if measure == "dispersion" else _loss
    values[rows] = compute(output[rows], workers[rows], alpha[rows])
    return made_index(table, values, name, where)


def _labour_shares(
    table: pd.DataFrame,
    labour_share: Sequence[float] | Sequence[str] | None,
    shape: tuple[int, ...],
    where: str,
) -> Floats:
    """Labour share of each row and sector (n, k)."""
    if labour_share is None:
        return np.full(shape, 0.5)
    texts = [one for one in labour_share if isinstance(one, str)]
    if texts:
        alpha = number_array(table, texts, where=where)
    else:
        alpha = np.broadcast_to(np.asarray(labour_share, dtype=np.float64), shape)
    wrong = (alpha <= 0.0) | (alpha >= 1.0)
    if wrong.any():
        row, sector = np.argwhere(wrong)[0]
        raise DomainError(
            f"{where}: labour_share",
            expected="shares between 0 and 1",
            found=f"{alpha[row, sector]:g} of sector {sector + 1} for {named(table, row)}",
            hint="give fractions of value added, not percents",
        )
    return alpha


def _dispersion(output: Floats, workers: Floats, alpha: Floats) -> Floats:
    """Standard deviation over workers of log marginal revenue products (n,)."""
    active = workers > 0.0
    product = np.divide(alpha * output, workers, out=np.ones_like(output), where=active)
    log = np.log(product)
    share = workers / workers.sum(axis=1, keepdims=True)
    mean = (share * log).sum(axis=1, keepdims=True)
    # Equal products differ by rounding, which a root would make visible.
    spread = (share * (log - mean) ** 2).sum(axis=1)
    values: Floats = np.where(spread > 1e-28, np.sqrt(spread), 0.0)
    return values


def _loss(output: Floats, workers: Floats, alpha: Floats) -> Floats:
    """Share of the attainable output that is forgone (n,)."""
    rows = zip(output, workers, alpha, strict=True)
    return np.array([_row_loss(y[n > 0.0], n[n > 0.0], a[n > 0.0]) for y, n, a in rows])


def _row_loss(output: Floats, workers: Floats, alpha: Floats) -> float:
    """Of one row: output (k,), workers (k,) and labour shares (k,), all above zero.

    With workers in shares of the total, ``L* / L = (MRPL / lambda)^(1 / (1 - alpha))``; the common
    marginal product lambda lies between the smallest and the largest that there are.
    """
    share, product = workers / workers.sum(), np.log(alpha * output / workers)
    power = 1.0 / (1.0 - alpha)

    def moved(level: float) -> Floats:
        grown: Floats = share * np.exp(power * (product - level))
        return grown

    low, high = float(product.min()), float(product.max())
    if high - low < 1e-14:
        return 0.0
    level = brentq(lambda one: float(moved(one).sum()) - 1.0, low, high, xtol=1e-14)
    best = float((output * (moved(level) / share) ** alpha).sum())
    return max(0.0, 1.0 - float(output.sum()) / best)


def _refuse_lengths(
    count: int,
    employment: Sequence[str],
    labour_share: Sequence[float] | Sequence[str] | None,
    measure: Measure,
    where: str,
) -> None:
    if labour_share is None and measure == "loss":
        raise TableColumnError(
            f"{where}: labour_share",
            expected="the labour share of each sector",
            found="none",
            hint="give numbers or columns; only the dispersion can do without",
        )
    for name, values in (("employment", employment), ("labour_share", labour_share)):
        if values is not None and len(values) != count:
            raise TableColumnError(
                f"{where}: {name}",
                expected=f"one for each of the {count} sectors of value_added",
                found=f"{len(values)}",
                hint="keep the order of value_added",
            )


def _refuse_lonely(
    table: pd.DataFrame,
    lonely: Bools,
    output: Floats,
    value_added: Sequence[str],
    employment: Sequence[str],
    where: str,
) -> None:
    """Refuse output without workers, and workers without output: no product is known of them."""
    if not lonely.any():
        return
    row, sector = np.argwhere(lonely)[0]
    idle = output[row, sector] == 0.0
    raise DomainError(
        f"{where}: column {(value_added if idle else employment)[sector]!r}",
        expected="value added and employment above 0 in a sector, or neither",
        found=f"0 for {named(table, row)} ({lonely.any(axis=1).sum()} rows in all)",
        hint="correct the value, or leave it blank if it is missing",
    )
