"""How well a path meets the model's own equations, evaluated from quantities, not as it was solved.

Capital, labour and the split of producer services are put into the production functions, the
composites and the budgets; nothing of :mod:`estimation.structural.solver` is used. Every
residual is relative to the income of its period, those of stocks to the stock.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from estimation.samples.sample import Floats
from estimation.structural.ces import ln_mean, ln_quantity
from estimation.structural.parameters import SECTORS, USES
from estimation.structural.simulate import Simulated
from geo.errors import EquilibriumError

LIMIT = 1e-10
"""Largest residual of a run that is passed."""


@dataclass(frozen=True, slots=True, eq=False)
class Residuals:
    """Left minus right sides of E equations in T periods."""

    names: tuple[str, ...]
    """The equations: see :func:`residuals`."""
    values: Floats
    """Relative to income, shape (T, E)."""

    @property
    def largest(self) -> float:
        """The largest in size; NaN if one is no number."""
        return float(np.abs(self.values).max())

    def table(self) -> pd.DataFrame:
        """One row a period (from 1), one column an equation."""
        periods = pd.RangeIndex(1, len(self.values) + 1, name="period")
        return pd.DataFrame(self.values, columns=list(self.names), index=periods)


@dataclass(frozen=True, slots=True, eq=False)
class _Levels:
    """Values over the income of the period."""

    made: Floats
    """Sectors' output by their production functions, shape (T, 3)."""
    split: Floats
    """Producer services in industrial and service goods, shape (T, 2)."""
    goods: Floats
    """Final goods by their production functions, shape (T, 2)."""
    used: Floats
    """Final goods by use, shape (T, 3, 2)."""
    capital: Floats
    """Rental of each sector's capital, shape (T, 3)."""
    stock: Floats
    """Rental of the stock of capital, shape (T,)."""
    wages: Floats
    """Wage bill of each sector, shape (T, 3)."""


def residuals(simulated: Simulated) -> Residuals:
    """Residuals of a path.

    Parameters
    ----------
    simulated : Simulated

    Returns
    -------
    Residuals
        By sector: ``output`` (1) against the share reported, ``rental`` and ``wage`` (3); ``split``
        (4); ``input`` demands (7) to (9); ``profit`` zero in final goods; ``goods`` markets (24);
        ``demand`` by use (17), (19), (22); ``formed`` capital and infrastructure (18), (21);
        ``capital`` and ``labour`` markets (25); ``budget`` (15) with spending on investment;
        ``walras``, all excess demands together; ``motion`` of stocks (16), (23).
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        columns = dict(_all(simulated))
    return Residuals(tuple(columns), np.stack(list(columns.values()), axis=1))


def check_residuals(
    simulated: Simulated, *, limit: float = LIMIT, name: str = "simulation"
) -> Residuals:
    """Residuals of a path, none of which is larger than the limit.

    Raises
    ------
    EquilibriumError
        One is, or is no number; with the equation and the period.
    """
    found = residuals(simulated)
    size = np.where(np.isnan(found.values), np.inf, np.abs(found.values))
    period, equation = np.unravel_index(int(np.argmax(size)), size.shape)
    if not size[period, equation] <= limit:
        raise EquilibriumError(
            f"{name}, period {period + 1}, equation {found.names[equation]}",
            expected=f"a residual of at most {limit:g} of income",
            found=f"{found.values[period, equation]:.3g}",
            hint="simulate fewer periods, or bring the parameters nearer to ordinary values",
        )
    return found


def _all(run: Simulated) -> Iterator[tuple[str, Floats]]:
    levels = _levels(run)
    beta = np.array(run.parameters.beta)
    for j, sector in enumerate(SECTORS):
        made = levels.made[:, j]
        yield f"output_{sector}", made - run.output[:, j]
        yield f"rental_{sector}", beta[j] * made - levels.capital[:, j]
        yield f"wage_{sector}", (1.0 - beta[j]) * made - levels.wages[:, j]
    yield "split", levels.split.sum(axis=1) - levels.made[:, 1]
    yield from _inputs(run, levels)
    excess = levels.used.sum(axis=1) - levels.goods
    yield from zip(("goods_M", "goods_S"), excess.T, strict=True)
    yield from _composites(run)
    held = levels.capital.sum(axis=1)
    employed = run.labour.sum(axis=1) - 1.0
    yield "capital", held - levels.stock
    yield "labour", employed
    spent, earned = levels.used.sum(axis=(1, 2)), levels.stock + levels.wages.sum(axis=1)
    yield "budget", spent - earned
    in_labour = employed * levels.wages.sum(axis=1)
    in_services = levels.split.sum(axis=1) - levels.made[:, 1]
    yield "walras", excess.sum(axis=1) + in_services + held - levels.stock + in_labour
    yield from _motions(run)


def _levels(run: Simulated) -> _Levels:
    """Quantities by the model's functions, at the run's prices, over income."""
    p = run.parameters
    beta, N = np.array(p.beta), run.ln_income[:, None]
    powers = np.outer(run.paths.ramp, p.gamma)
    ln_A = np.log(p.B) + powers * run.ln_M[:, None]
    ln_K, ln_L = np.log(run.capital) + run.ln_K[:, None], np.log(run.labour)
    ln_Y = ln_A + beta * ln_K + (1.0 - beta) * ln_L
    ln_split = np.log(run.split) + N - run.ln_p[:, 1:2]
    ln_Q = _goods(run, ln_Y, ln_split)
    shares = np.stack([run.industrial, 1.0 - run.industrial], axis=2) * run.spent[:, :, None]
    xi = np.stack([run.paths.xi_m, np.ones(run.periods), run.paths.xi_s], axis=1)
    return _Levels(
        made=np.exp(ln_Y + run.ln_p - N),
        split=np.exp(ln_split + run.ln_p[:, 1:2] - N),
        goods=np.exp(ln_Q + run.ln_P - N),
        used=shares,
        capital=np.exp(run.l[:, None] + ln_K - N),
        stock=np.exp(run.l + run.ln_K - run.ln_income),
        wages=run.labour / xi * np.exp(-N),
    )


def _goods(run: Simulated, ln_Y: Floats, ln_split: Floats) -> Floats:
    """Logs of final goods by (5) and (6), shape (T, 2)."""
    p = run.parameters
    Q_M = ln_quantity(p.alpha_M, p.sigma_M, ln_Y[:, 0], ln_split[:, 0])
    Q_S = ln_quantity(p.alpha_S, p.sigma_S, ln_Y[:, 2], ln_split[:, 1])
    return np.stack([Q_M, Q_S], axis=1)


def _inputs(run: Simulated, levels: _Levels) -> Iterator[tuple[str, Floats]]:
    """Inputs against what (7) to (9) ask for, and what is left of final goods' revenue."""
    p, goods = run.parameters, levels.goods
    for J, (weight, elasticity, j) in enumerate(
        ((p.alpha_M, p.sigma_M, 0), (p.alpha_S, p.sigma_S, 2))
    ):
        name, services = SECTORS[j], f"x{'MS'[J]}"
        dear = run.ln_p - run.ln_P[:, J : J + 1]
        own = weight * goods[:, J] * np.exp((1.0 - elasticity) * dear[:, j])
        bought = (1.0 - weight) * goods[:, J] * np.exp((1.0 - elasticity) * dear[:, 1])
        yield f"input_{name}", levels.made[:, j] - own
        yield f"input_{services}", levels.split[:, J] - bought
        yield f"profit_{'MS'[J]}", goods[:, J] - levels.made[:, j] - levels.split[:, J]


def _composites(run: Simulated) -> Iterator[tuple[str, Floats]]:
    """Each use bought at least cost, and what is formed of it, per unit of spending."""
    p = run.parameters
    formed = {"I": run.ln_I, "H": run.ln_H}
    for k, use in enumerate(USES):
        share, spent = run.industrial[:, k], run.spent[:, k]
        bought = np.log(share) - run.ln_P_M, np.log1p(-share) - run.ln_P_S
        unit = ln_quantity(p.omega[k], p.epsilon[k], *bought)
        price = ln_mean(p.omega[k], 1.0 - p.epsilon[k], run.ln_P_M, run.ln_P_S)
        yield f"demand_{use}", spent * np.expm1(unit + price)
        if use in formed:
            ln_spent = np.log(spent) + run.ln_income
            gap = np.expm1(formed[use] - unit - ln_spent)
            yield f"formed_{use}", np.where(spent > 0.0, spent * gap, 0.0)


def _motions(run: Simulated) -> Iterator[tuple[str, Floats]]:
    p = run.parameters
    stocks = (
        ("motion_K", run.ln_K, run.end.ln_K, p.delta_K, run.ln_I),
        ("motion_M", run.ln_M, run.end.ln_M, p.delta_M, run.ln_H),
    )
    for name, stock, end, depreciation, added in stocks:
        following = np.append(stock[1:], end)
        kept = (1.0 - depreciation) * np.exp(stock - following)
        yield name, kept + np.exp(added - following) - 1.0
