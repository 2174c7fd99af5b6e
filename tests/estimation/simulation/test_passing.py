from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estimation.simulation.methods import Estimator
from estimation.simulation.passing import Verdict, chances, judge, recommended
from estimation.simulation.performance import Performance
from geo.errors import SampleError

GOOD = Performance(
    process="a", variant="within", learner="lasso", draws=200, failed=0, theta=-0.10, target=-0.10,
    mean=-0.10, bias=0.0, bias_error=0.001, rmse=0.014, sd=0.014, se_ratio=1.0, se_ratio_error=0.05,
    coverage=0.95, coverage_error=0.015, coverage_city=0.95, treatment_residual_variance=0.001,
    seconds=1.0,
)  # fmt: skip
LASSO, TREES = Estimator("within", "lasso"), Estimator("within", "random_forest")
LINEAR = Estimator("two_way_fixed_effects", "linear")


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"bias": 0.0101}, "bias"),
        ({"bias": -0.0101}, "bias"),
        ({"bias": 0.03, "bias_error": 0.0149}, "bias"),
        ({"coverage": 0.915}, "coverage"),
        ({"coverage": 0.985}, "coverage"),
        ({"se_ratio": 0.899}, "se_ratio"),
        ({"se_ratio": 1.101}, "se_ratio"),
        ({"failed": 1}, "complete"),
    ],
)
def test_each_rule_alone_fails_an_estimator(changes, rule: str) -> None:
    assert judge(GOOD).passes
    found = judge(replace(GOOD, **changes))
    assert not found.passes
    assert not getattr(found, rule)
    assert sum([found.bias, found.coverage, found.se_ratio, found.complete]) == 3


@pytest.mark.parametrize(
    "changes",
    [
        {"bias": 0.01, "theta": -0.1},
        {"bias": -0.03, "bias_error": 0.015},  # two Monte-Carlo errors
        {"coverage": 184 / 200},
        {"coverage": 196 / 200},
        {"se_ratio": 0.9},
        {"se_ratio": 1.1},
    ],
)
def test_the_ends_are_within(changes) -> None:
    assert judge(replace(GOOD, **changes)).passes


def test_the_monte_carlo_error_of_coverage_and_ratio_excuses_nothing() -> None:
    found = judge(
        replace(GOOD, coverage=0.91, coverage_error=0.1, se_ratio=0.85, se_ratio_error=0.5)
    )
    assert not found.coverage
    assert not found.se_ratio


def verdict(process: str, estimator: Estimator, passes: bool) -> Verdict:
    return Verdict(process, estimator, bias=passes, coverage=True, se_ratio=True, complete=True)


def verdicts(**passed: dict[Estimator, bool]) -> list[Verdict]:
    return [
        verdict(process, estimator, passes)
        for process, by in passed.items()
        for estimator, passes in by.items()
    ]


def test_the_one_that_passes_most() -> None:
    found = recommended(
        verdicts(
            a={LINEAR: True, LASSO: False, TREES: True},
            b={LINEAR: False, LASSO: False, TREES: True},
            c={LINEAR: False, LASSO: False, TREES: False},
        )
    )
    assert found is not None
    assert found.estimator == TREES
    assert (found.passed, found.failed, found.nobody) == (("a", "b"), ("c",), ("c",))
    assert found.equals == ()


def test_the_simplest_of_equals_in_whatever_order_they_come() -> None:
    rows = verdicts(
        a={TREES: True, LASSO: True, LINEAR: False}, b={TREES: False, LASSO: False, LINEAR: True}
    )
    for order in (rows, rows[::-1]):
        found = recommended(order)
        assert found is not None
        assert found.estimator == LINEAR
        assert found.equals == (LASSO, TREES)
        assert found.nobody == ()


def test_nobody_passes() -> None:
    assert recommended(verdicts(a={LINEAR: False, LASSO: False})) is None


def test_all_are_counted_on_the_same_processes() -> None:
    rows = verdicts(a={LINEAR: True, LASSO: True}, b={LASSO: True})
    with pytest.raises(SampleError, match=r"two_way_fixed_effects with linear on b .1 such"):
        recommended(rows)
    with pytest.raises(SampleError, match="found none"):
        recommended([])


@settings(max_examples=40)
@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=6))
def test_nobody_passes_more_than_the_recommended(table) -> None:
    judged = (LINEAR, LASSO, TREES)
    rows = verdicts(**{f"p{i}": dict(zip(judged, row, strict=True)) for i, row in enumerate(table)})
    counts = dict(zip(judged, np.sum(table, axis=0), strict=True))
    found = recommended(rows)
    if max(counts.values()) == 0:
        assert found is None
        return
    assert found is not None
    assert counts[found.estimator] == max(counts.values()) == len(found.passed)
    assert len(found.passed) + len(found.failed) == len(table)
    assert set(found.nobody) <= set(found.failed)


@pytest.mark.parametrize("draws", [20, 200])
def test_chances_are_those_of_an_estimator_without_fault(draws: int) -> None:
    rng = np.random.default_rng(5)
    runs = 4000
    coverage = rng.binomial(draws, 0.95, size=runs) / draws
    ratio = 1.0 / rng.normal(size=(runs, draws)).std(axis=1, ddof=1)
    simulated = (
        np.mean((coverage >= 0.92) & (coverage <= 0.98)),
        np.mean((ratio >= 0.9) & (ratio <= 1.1)),
    )
    assert chances(draws) == pytest.approx(simulated, abs=0.025)
