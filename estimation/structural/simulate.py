"""One path of the model: every price, quantity and share by period."""

# ruff: noqa: E741, N802, N815 - the model's names

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estimation.samples.sample import Floats
from estimation.structural.columns import COLUMNS, WIDTH
from estimation.structural.failures import raise_failure
from estimation.structural.given import given_of
from estimation.structural.parameters import Parameters
from estimation.structural.paths import Paths
from estimation.structural.solver import SOLVED, path_into
from estimation.structural.state import FIRST, State

Ints = NDArray[np.int64]
_PLACE = {name: place for place, name in enumerate(COLUMNS)}


@dataclass(frozen=True, slots=True, eq=False)
class Simulated:
    """Equilibria of T periods; the wage in producer services is 1 in each.

    Sectors are in the order (m, x, s), final goods in that of (M, S), uses in that of (C, I, H).
    """

    parameters: Parameters
    """Technology and demand."""
    paths: Paths
    """What was given in each period."""
    state: State
    """Stocks in the first period."""
    end: State
    """Stocks after the last period."""
    l: Floats
    """Log of the rental rate of capital over the wage in producer services, shape (T,)."""
    ln_K: Floats
    """Log of capital, shape (T,)."""
    ln_M: Floats
    """Log of the AI stock, shape (T,)."""
    labour: Floats
    """Employment by sector, summing to 1, shape (T, 3)."""
    output: Floats
    """Nominal output by sector as shares of income, summing to 1, shape (T, 3)."""
    capital: Floats
    """Capital by sector as shares of the stock, summing to 1, shape (T, 3)."""
    split: Floats
    """Producer services that go into industrial and into service goods, as shares of income, shape
    (T, 2)."""
    ln_p: Floats
    """Logs of the sectors' prices, shape (T, 3)."""
    ln_P: Floats
    """Logs of the prices of industrial and service goods, shape (T, 2)."""
    theta: Floats
    """Manufacturing over producer services in industrial goods, consumer over producer services in
    service goods, nominal, shape (T, 2): equations (12), (13). Infinite where no number is large
    enough."""
    eta: Floats
    """Spending on industrial over spending on service goods, shape (T,)."""
    industrial: Floats
    """Share of industrial goods in the spending of each use, shape (T, 3)."""
    spent: Floats
    """Shares of income that go to the uses, shape (T, 3)."""
    ln_income: Floats
    """Log of nominal income, shape (T,)."""
    ln_I: Floats
    """Log of capital formed, a quantity, shape (T,)."""
    ln_H: Floats
    """Log of new infrastructure, a quantity, shape (T,); minus infinity where there is none."""
    F: Floats
    """Left side of the equation that was solved, shape (T,)."""
    slope: Floats
    """Its derivative: the aggregate elasticity of substitution if wages are equal, shape (T,)."""
    iterations: Ints
    """Evaluations that the solution took, shape (T,)."""

    @property
    def periods(self) -> int:
        """T."""
        return len(self.l)

    @property
    def theta_M(self) -> Floats:
        """Manufacturing over producer services in industrial goods, shape (T,)."""
        return np.asarray(self.theta[:, 0], dtype=np.float64)

    @property
    def theta_S(self) -> Floats:
        """Consumer over producer services in service goods, shape (T,)."""
        return np.asarray(self.theta[:, 1], dtype=np.float64)

    @property
    def integration(self) -> Floats:
        """Degrees of integration ``1/theta`` of industrial and service goods, shape (T, 2)."""
        # Infinite where no number is large enough.
        with np.errstate(over="ignore"):
            return np.asarray(1.0 / self.theta, dtype=np.float64)

    @property
    def ln_P_M(self) -> Floats:
        """Log of the price of industrial goods, shape (T,)."""
        return np.asarray(self.ln_P[:, 0], dtype=np.float64)

    @property
    def ln_P_S(self) -> Floats:
        """Log of the price of service goods, shape (T,)."""
        return np.asarray(self.ln_P[:, 1], dtype=np.float64)

    @property
    def uncertain(self) -> NDArray[np.bool_]:
        """Periods in which F does not rise, so that there may be other equilibria, shape (T,)."""
        return np.asarray(self.slope <= 0.0, dtype=np.bool_)


def simulate(parameters: Parameters, paths: Paths, state: State = FIRST) -> Simulated:
    """The equilibria of all periods, one after the other.

    Raises
    ------
    StructuralError
        Infrastructure takes more than there is to invest, or all of consumption.
    EquilibriumError
        A period has no root in its bracket, the search does not end, or a stock's log leaves
        the range in which shares can be told.
    """
    given = given_of(parameters, paths)
    vector = parameters.vector()
    out = np.empty((paths.periods, WIDTH))
    status, period, ln_K, ln_M = path_into(vector, given, state.ln_K, state.ln_M, out)
    if status != SOLVED:
        raise_failure("simulation", status, period, ln_K, ln_M)
    return _simulated(parameters, paths, state, State(ln_K, ln_M), out)


def _simulated(
    parameters: Parameters, paths: Paths, state: State, end: State, out: Floats
) -> Simulated:
    def of(*names: str) -> Floats:
        return np.ascontiguousarray(out[:, [_PLACE[name] for name in names]])

    columns = {name: out[:, place].copy() for name, place in _PLACE.items()}
    split = of("output_xM", "output_xS")
    made = of("output_m", "output_s")
    output = np.stack([made[:, 0], split.sum(axis=1), made[:, 1]], axis=1)
    by_beta = output * np.array(parameters.beta)
    return Simulated(
        parameters=parameters,
        paths=paths,
        state=state,
        end=end,
        labour=of("labour_m", "labour_x", "labour_s"),
        output=output,
        capital=by_beta / by_beta.sum(axis=1, keepdims=True),
        split=split,
        ln_p=ln_prices(parameters, paths, columns["l"], columns["ln_M"]),
        ln_P=of("ln_P_M", "ln_P_S"),
        theta=_ratio(of("ln_theta_M", "ln_theta_S")),
        eta=_ratio(columns["ln_eta"]),
        industrial=of("industrial_C", "industrial_I", "industrial_H"),
        spent=spending(parameters, paths),
        iterations=columns["iterations"].astype(np.int64),
        **{name: columns[name] for name in ("l", "ln_K", "ln_M", "ln_income", "ln_I", "ln_H")},
        **{name: columns[name] for name in ("F", "slope")},
    )


def _ratio(logs: Floats) -> Floats:
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(logs), dtype=np.float64)


def spending(parameters: Parameters, paths: Paths) -> Floats:
    """Shares of income that go to consumption, investment and infrastructure, shape (T, 3)."""
    s, s_H = paths.s, paths.s_H
    if parameters.infrastructure_inside:
        return np.stack([1.0 - s, s - s_H, s_H], axis=1)
    return np.stack([1.0 - s - s_H, s, s_H], axis=1)


def ln_prices(parameters: Parameters, paths: Paths, l: Floats, ln_M: Floats) -> Floats:
    """Logs of unit cost by sector, from equations (1) to (3), shape (T, 3)."""
    beta = np.array(parameters.beta)
    ln_xi = np.stack([np.log(paths.xi_m), np.zeros(paths.periods), np.log(paths.xi_s)], axis=1)
    ln_A = np.log(parameters.B) + np.outer(paths.ramp * ln_M, parameters.gamma)
    constant = beta * np.log(beta) + (1.0 - beta) * np.log1p(-beta)
    return np.asarray(np.outer(l, beta) - (1.0 - beta) * ln_xi - ln_A - constant, dtype=np.float64)
