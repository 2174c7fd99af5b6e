"""Fixed-length intervals under smoothness: Rambachan and Roth (2023), section 4.1."""

import math

import numpy as np
from scipy.optimize import brentq, minimize
from scipy.special import ndtr

from estimation.inference.intervals import LEVEL
from estimation.samples.sample import Floats


def folded_quantile(bias: float) -> float:
    """The 95 % quantile of the absolute value of a normal with this mean and variance 1."""
    size = abs(bias)

    def short(limit: float) -> float:
        return float(ndtr(limit - size) - ndtr(-limit - size)) - LEVEL

    return float(brentq(short, size, size + 3.0, xtol=1e-12))


def smooth_interval(
    effects: Floats, covariance: Floats, before: int, target: Floats, M: float
) -> tuple[float, float]:
    """The shortest interval of fixed length where a trend changes its slope by M a year at most.

    An average of effects after adoption, less a weighted average of the changes before it. The
    weights make half-length ``s cv(b / s)`` least, with standard deviation s and worst bias b.

    Parameters
    ----------
    effects : float array, shape (m,)
        Effects of consecutive years, before adoption first, without the reference year.
    covariance : float array, shape (m, m)
    before : int
        How many stand before the reference.
    target : float array, shape (m - before,)
        Weights of the effects after it in what is asked for.
    M : float
        Largest change of the trend's slope from one year to the next, 0 or more.

    Returns
    -------
    (float, float)
        The 95 % interval.
    """
    T, after = before, len(target)
    steps = np.arange(1, after + 1)
    tails = sum(abs(float(steps[:s] @ target[after - s :])) for s in range(1, after + 1))
    unit = float(np.sqrt(target @ covariance[T:, T:] @ target))
    constant, total = tails - float(steps @ target), float(steps @ target)
    to_levels = np.eye(T) - np.eye(T, k=-1)  # of w, weights of changes: level j gets w_j - w_{j-1}
    pre = to_levels.T @ covariance[:T, :T] @ to_levels / unit**2
    cross = to_levels.T @ covariance[:T, T:] @ target / unit**2
    sums = np.tril(np.ones((T, T)))
    rate = M / unit

    def half(x: Floats) -> tuple[float, Floats]:
        w, t = x[:T], x[T:]
        s = math.sqrt(max(float(w @ pre @ w + 2 * cross @ w) + 1.0, 1e-12))
        b = rate * (constant + t.sum())
        limit = folded_quantile(b / s)
        near = np.exp(-((limit - b / s) ** 2) / 2)
        far = np.exp(-((limit + b / s) ** 2) / 2)
        of_bias = (near - far) / (near + far)
        of_s = limit - b / s * of_bias
        gradient = np.concatenate([of_s * (pre @ w + cross) / s, np.full(T, rate * of_bias)])
        return s * limit, gradient

    apart = np.vstack([np.hstack([-sums, np.eye(T)]), np.hstack([sums, np.eye(T)])])
    row = np.concatenate([np.ones(T), np.zeros(T)])
    starts = [np.full(T, total / T), np.eye(T)[-1] * total]
    rules = (
        {"type": "eq", "fun": lambda x: row @ x - total, "jac": lambda _: row},
        {"type": "ineq", "fun": lambda x: apart @ x, "jac": lambda _: apart},
    )
    options = {"maxiter": 500, "ftol": 1e-12}
    found = []
    for w in starts:
        start = np.concatenate([w, np.abs(sums @ w)])
        found.append(
            minimize(half, start, jac=True, method="SLSQP", constraints=rules, options=options)
        )
    best = min(found, key=lambda one: float(one.fun))
    w = best.x[:T]
    # The bound holds for the weights found, whether or not they are the very best.
    size = half(np.concatenate([w, np.abs(sums @ w)]))[0] * unit
    middle = float(target @ effects[T:] + (to_levels @ w) @ effects[:T])
    return middle - size, middle + size
