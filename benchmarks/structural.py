"""Paths of the structural model, alone and many at once, against scipy on five equations.

The rival is what one would write without the reduction to one equation: unit costs of three
sectors, the markets of capital and labour, in logs and with another numeraire, solved period by
period by ``scipy.optimize.root`` from the solution of the period before. It gives the same
employment, which is checked. Medians of repetitions in turn, in one run.
Run ``python -m benchmarks.structural``.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import root
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from benchmarks.bench import RESULTS
from benchmarks.machine import machine
from benchmarks.report import table, write_page
from estimation.structural.batched import simulate_batch
from estimation.structural.parameters import PLACES, Parameters
from estimation.structural.paths import Paths, paths
from estimation.structural.published import published
from estimation.structural.simulate import simulate

Floats = NDArray[np.float64]
PERIODS, MANY, BATCH, SEED = 60, 100_000, 2_000, 1
TARGETS = {"batch": 100e-6, "many": 10.0, "rival": 500.0}
"""Seconds a path on one core, seconds for all on two, times faster than the rival."""


def gaps() -> Paths:
    """Wage gaps about as wide as China's, moving from year to year."""
    rng = np.random.default_rng(SEED)
    moves = 0.03 * rng.normal(size=(2, 29)).cumsum(axis=1)
    return paths(PERIODS, xi_m=1.1 * np.exp(moves[0]), xi_s=1.5 * np.exp(moves[1]))


def drawn(n: int) -> Floats:
    """Vectors of parameters around the paper's."""
    rng = np.random.default_rng(SEED)
    vectors = np.tile(published().vector(), (n, 1))
    for name, low, high in (
        ("alpha_M", 0.75, 0.95), ("sigma_M", 0.3, 0.9), ("sigma_S", 0.8, 1.2), ("gamma_x", 0.3, 0.7)
    ):  # fmt: skip
        vectors[:, PLACES[name]] = rng.uniform(low, high, n)
    return vectors


def ces(weight: float, elasticity: float, ln_u: float, ln_v: float) -> float:
    """Log of a price index; elasticities are not one here."""
    power = 1.0 - elasticity
    both = np.logaddexp(np.log(weight) + power * ln_u, np.log1p(-weight) + power * ln_v)
    return float(both / power)


def shares_of(p: Parameters, ln_m: float, ln_s: float, spent: Floats) -> tuple[Floats, Floats]:
    """Nominal shares of the sectors, and prices of the uses, where producer services cost 1."""
    ln_M, ln_S = ces(p.alpha_M, p.sigma_M, ln_m, 0.0), ces(p.alpha_S, p.sigma_S, ln_s, 0.0)
    z_M = p.alpha_M * np.exp((1.0 - p.sigma_M) * (ln_m - ln_M))
    z_S = p.alpha_S * np.exp((1.0 - p.sigma_S) * (ln_s - ln_S))
    uses = np.array([ces(w, e, ln_M, ln_S) for w, e in zip(p.omega, p.epsilon, strict=True)])
    industrial = np.array(p.omega) * np.exp((1.0 - np.array(p.epsilon)) * (ln_M - uses))
    e_M = float(spent @ industrial)
    e_S = 1.0 - e_M
    return np.array([e_M * z_M, e_M * (1 - z_M) + e_S * (1 - z_S), e_S * z_S]), uses


def by_scipy(p: Parameters, given: Paths) -> Floats:
    """Employment by five equations a period, shape (T, 3)."""
    beta, ln_K, ln_M = np.array(p.beta), 0.0, 0.0
    unit = beta * np.log(beta) + (1.0 - beta) * np.log1p(-beta)
    guess, employed = np.zeros(5), np.empty((given.periods, 3))
    for t in range(given.periods):
        xi = np.array([given.xi_m[t], 1.0, given.xi_s[t]])
        ln_A = np.log(p.B) + given.ramp[t] * ln_M * np.array(p.gamma)
        s, s_H = given.s[t], given.s_H[t]
        spent = np.array([1.0 - s, s - s_H, s_H])

        def unmet(
            x: Floats,
            xi: Floats = xi,
            ln_A: Floats = ln_A,
            spent: Floats = spent,
            ln_K: float = ln_K,
        ) -> Floats:
            ln_R, ln_W, ln_m, ln_s, ln_N = x
            y, _ = shares_of(p, ln_m, ln_s, spent)
            cost = beta * ln_R + (1.0 - beta) * (ln_W - np.log(xi)) - ln_A - unit
            return np.array([
                *(cost - np.array([ln_m, 0.0, ln_s])),
                np.log(beta @ y) + ln_N - ln_R - ln_K,
                np.log(((1.0 - beta) * xi) @ y) + ln_N - ln_W,
            ])  # fmt: skip

        found = root(unmet, guess, tol=1e-12)
        assert found.success, found.message
        guess = found.x
        _, ln_W, ln_m, ln_s, ln_N = guess
        y, uses = shares_of(p, ln_m, ln_s, spent)
        employed[t] = (1.0 - beta) * xi * y * np.exp(ln_N - ln_W)
        formed = np.log(spent[1:]) + ln_N - uses[1:]
        ln_K = float(np.logaddexp(np.log1p(-p.delta_K) + ln_K, formed[0]))
        ln_M = float(np.logaddexp(ln_M, formed[1]))
    return employed


def seconds(work: Callable[[], object]) -> float:
    """Wall time of a call."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def measured(repetitions: int, rivals: int) -> dict[str, list[float]]:
    """Seconds of everything, in turn."""
    given, few, many = gaps(), drawn(BATCH), drawn(MANY)
    own = published()
    apart = np.abs(simulate(own, given).labour - by_scipy(own, given)).max()
    assert apart < 1e-11, apart
    simulate_batch(few, given, keep="last", threads=2)  # compiled before it is timed
    found: dict[str, list[float]] = {name: [] for name in ("one", "batch", "many", "rival")}
    for _ in range(repetitions):
        found["one"].append(seconds(lambda: [simulate(own, given) for _ in range(200)]) / 200)
        batch = seconds(lambda: simulate_batch(few, given, keep="last", threads=1))
        found["batch"].append(batch / BATCH)
        found["many"].append(seconds(lambda: simulate_batch(many, given, keep="last", threads=2)))
        found["rival"].append(
            seconds(lambda: [by_scipy(own, given) for _ in range(rivals)]) / rivals
        )
    return found


def rows_of(found: dict[str, list[float]]) -> list[tuple[str, str, str, str]]:
    """The measurements as a table's rows; ratios are of the same repetition."""
    middle = {name: statistics.median(values) for name, values in found.items()}

    def slower(name: str) -> str:
        pairs = zip(found[name], found["batch"], strict=True)
        return f"{statistics.median(one / batch for one, batch in pairs):,.1f}"

    return [
        (
            f"a path of {PERIODS} periods in a batch, one thread",
            f"{1e6 * middle['batch']:.0f} us",
            "1",
            f"{1e6 * TARGETS['batch']:.0f} us",
        ),
        ("a path by `simulate`, with all its arrays", f"{1e6 * middle['one']:.0f} us",
         slower("one"), ""),
        (
            f"{MANY:,} scenarios, two threads",
            f"{middle['many']:.2f} s",
            "",
            f"{TARGETS['many']:.0f} s",
        ),
        (
            "a path by `scipy.optimize.root` on five equations",
            f"{1e3 * middle['rival']:.0f} ms",
            slower("rival"),
            f"{TARGETS['rival']:.0f} times slower",
        ),
    ]  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", type=Path, default=RESULTS / "structural.md")
    parser.add_argument("--repetitions", type=int, default=7)
    parser.add_argument("--rivals", type=int, default=3, help="paths of the rival, each time")
    asked = parser.parse_args()
    asked.page.parent.mkdir(parents=True, exist_ok=True)
    where = machine(asked.page.parent)
    with threadpool_limits(limits=1):
        rows = rows_of(measured(asked.repetitions, asked.rivals))
    head = (
        f"medians of {asked.repetitions} repetitions in turn", "time", "over a path in a batch",
        "target",
    )  # fmt: skip
    text = table(head, rows)
    write_page(asked.page, where, text)
    print(text)


if __name__ == "__main__":
    main()
