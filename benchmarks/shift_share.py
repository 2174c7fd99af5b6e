"""Time of shift-share inference beside the Python packages one would take for its parts.

    python -m benchmarks.shift_share [--rows 1400] [--shares 700] [--repeats 5]

No Python package gives AKM errors (ShiftShareSE is for R, Stata and Matlab). The rival of the
estimate is linearmodels' weighted two-stage least squares with clustered errors, that of AKM the
paper's formula as one writes it with numpy: least squares by ``lstsq``, sums by cluster. All run in
one process, in turns, on one thread if the environment says so; the fastest of the repeats counts.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
from linearmodels.iv import IV2SLS

from estimation.instruments.akm import akm
from estimation.instruments.partialled import partialled
from estimation.instruments.rotemberg import rotemberg
from estimation.instruments.shock_level import shock_level
from estimation.instruments.two_stage import two_stage


def main() -> None:
    """Print times and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1400)
    parser.add_argument("--shares", type=int, default=700)
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    rng = np.random.default_rng(20190)
    n, count = asked.rows, asked.shares
    S = rng.dirichlet(0.1 * np.ones(count), size=n) * rng.uniform(0.3, 1.0, size=(n, 1))
    g = rng.normal(size=count)
    controls, w = rng.normal(size=(n, 14)), rng.uniform(0.5, 2.0, size=n)
    z = S @ g
    x = z + rng.normal(size=n)
    y = 0.5 * x + S @ rng.normal(size=count) + rng.normal(size=n)
    regions, clusters = np.arange(n) % 48, np.arange(count) // 5

    def ours_fit() -> tuple[float, float]:
        found = two_stage(partialled(y, x, z, controls, weights=w), regions, factor=False)
        return found.theta, found.std_error

    def ours_akm() -> tuple[float, float]:
        found = akm(partialled(y, x, z, controls, weights=w), S, clusters)
        return found.theta, found.std_error

    def theirs_fit() -> tuple[float, float]:
        exog = np.column_stack([np.ones(n), controls])
        fit = IV2SLS(y, exog, x, z, weights=w).fit(
            cov_type="clustered", clusters=regions, debiased=False
        )
        return float(fit.params.iloc[-1]), float(fit.std_errors.iloc[-1])

    def naive_akm() -> tuple[float, float]:
        return _naive(y, x, z, controls, w, S, clusters)

    def whole() -> tuple[float, float]:
        left = partialled(y, x, z, controls, weights=w)
        found = akm(left, S, clusters)
        shock_level(left, S, g, clusters)
        rotemberg(left, S, g)
        return found.theta, found.std_error

    jobs = {
        "2SLS, clustered: nightpanel": ours_fit,
        "2SLS, clustered: linearmodels": theirs_fit,
        "AKM and AKM0: nightpanel": ours_akm,
        "AKM alone: numpy, as in the paper": naive_akm,
        "AKM, AKM0, shock level, Rotemberg: nightpanel": whole,
    }
    times, answers = _timed(jobs, asked.repeats)
    check_same("2SLS", answers[0], answers[1])
    check_same("AKM", answers[2], answers[3])
    print(f"{n} rows, {count} shares, fastest of {asked.repeats}")
    for name, seconds in zip(jobs, times, strict=True):
        print(f"{name:<48}{seconds:8.3f} s")
    print(f"2SLS: {times[1] / times[0]:.1f} times as fast; AKM: {times[3] / times[2]:.1f} times")


def check_same(what: str, ours: tuple[float, float], theirs: tuple[float, float]) -> None:
    """Refuse to compare the times of what does not give the same estimate and error.

    Raises
    ------
    RuntimeError
    """
    if not np.allclose(ours, theirs, rtol=1e-8):
        here, there = (", ".join(f"{one:.12g}" for one in both) for both in (ours, theirs))
        raise RuntimeError(f"{what}: {here} here, {there} there: times of the same are compared")


def _naive(
    y: np.ndarray,
    x: np.ndarray,
    z: np.ndarray,
    controls: np.ndarray,
    w: np.ndarray,
    S: np.ndarray,
    clusters: np.ndarray,
) -> tuple[float, float]:
    root = np.sqrt(w)
    X = np.column_stack([np.ones(y.size), controls]) * root[:, None]

    def left(values: np.ndarray) -> np.ndarray:
        scaled = values * root
        return np.asarray(scaled - X @ np.linalg.lstsq(X, scaled, rcond=None)[0])

    u, v, h = left(y), left(x), left(z)
    slopes = np.linalg.lstsq(S * root[:, None], h, rcond=None)[0]
    theta = float(h @ u / (h @ v))
    parts = slopes * ((S * root[:, None]).T @ (u - theta * v))
    sums = np.array([parts[clusters == one].sum() for one in np.unique(clusters)])
    return theta, float(np.sqrt(sums @ sums) / abs(h @ v))


def _timed(
    jobs: dict[str, Callable[[], tuple[float, float]]], repeats: int
) -> tuple[list[float], list[tuple[float, float]]]:
    best = [np.inf] * len(jobs)
    answers = [(0.0, 0.0)] * len(jobs)
    for _ in range(repeats):
        for place, job in enumerate(jobs.values()):
            start = time.perf_counter()
            answers[place] = job()
            best[place] = min(best[place], time.perf_counter() - start)
    return best, answers


if __name__ == "__main__":
    main()
