"""Residual diagnostics and contours of real estimates, with oracles of their own."""

from dataclasses import replace

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from scipy.stats import kurtosis

from estimation.estimate import EstimationResult, estimate
from nightpanel.html_report.section import Chart, DataTable
from nightpanel.html_report.sections import diagnostics, sensitivity
from nightpanel.html_report.sections.residual_plots import binned, error_summary
from nightpanel.output_folder import OutputFolder
from tests.estimation.made_up import FAST
from tests.estimation.test_estimate import holes


@pytest.fixture(scope="module")
def result() -> EstimationResult:
    design = replace(
        FAST, name="one", repetitions=1, learner="ridge", settings=(("alphas", (1.0,)),),
        variants=("faithful", "first_difference"), checks=("sensitivity",),
    )  # fmt: skip
    return estimate(holes(), [design], workers=1)


@pytest.fixture(scope="module")
def estimated(made: OutputFolder, result: EstimationResult) -> OutputFolder:
    return replace(
        made, estimates=result.estimates, checks=result.checks, residuals=result.residuals
    )


def test_the_bound_is_zero_at_the_robustness_value(result: EstimationResult) -> None:
    for variant in ("faithful", "first_difference"):
        rows = result.checks[result.checks["variant"] == variant]
        found = sensitivity.recorded(rows)
        assert found is not None
        effect = result.estimates.set_index("variant").loc[variant, "estimate"]
        assert found.effect == pytest.approx(effect)
        value = float(rows.loc[rows["statistic"] == "robustness value", "value"].iloc[0])
        bound = abs(found.effect) - found.bias * sensitivity.strength(value, value)
        assert bound == pytest.approx(0.0, abs=1e-9)
        assert len(found.benchmarks) == 2


def test_contours_of_real_estimates_are_drawn(estimated: OutputFolder) -> None:
    charts = [one for one in sensitivity.section(estimated).parts if isinstance(one, Chart)]
    assert [one.title for one in charts] == ["one, faithful", "one, first difference"]
    for chart in charts:
        go.Figure(chart.figure)


def test_slopes_of_residuals_are_the_estimates(estimated: OutputFolder) -> None:
    charts = {one.id: one for one in diagnostics.section(estimated).parts if isinstance(one, Chart)}
    lines = [one for one in charts["added-0"].figure["data"] if one["mode"] == "lines"]
    assert estimated.estimates is not None
    drawn = [(one["y"][1] - one["y"][0]) / (one["x"][1] - one["x"][0]) for one in lines]
    np.testing.assert_allclose(drawn, estimated.estimates["estimate"], rtol=1e-6)
    quantiles = charts["quantiles-0"].figure["data"][0]
    assert quantiles["x"][0] == pytest.approx(-2.3263479)
    assert quantiles["y"] == sorted(quantiles["y"])
    for chart in charts.values():
        go.Figure(chart.figure)


def test_errors_in_figures() -> None:
    error = [1.0, -2.0, 1.0, 4.0, -4.0]
    rows = pd.DataFrame(
        {
            "design": "d", "variant": "first_difference",
            "city_id": ["a", "a", "a", "b", "b"], "year": [2010, 2011, 2012, 2010, 2012],
            "outcome": 0.0, "treatment": 0.0, "error": error,
        }
    )  # fmt: skip
    found = error_summary(rows).to_dict("records")[0]
    assert found["sd"] == pytest.approx(np.sqrt(38 / 5))
    assert found["largest, in sd"] == pytest.approx(4 / np.sqrt(38 / 5))
    assert found["of"] == "b, 2010"
    assert found["excess kurtosis"] == pytest.approx(kurtosis(error))
    # Two pairs of neighbouring years are too few for a correlation.
    assert np.isnan(found["with the year before"])
    longer = pd.concat([rows, rows.assign(year=rows["year"] + 3)])
    pairs = [(1.0, -2.0), (-2.0, 1.0), (1.0, 1.0), (1.0, -2.0), (-2.0, 1.0), (-4.0, 4.0)]
    expected = np.corrcoef(np.array(pairs).T)[0, 1]
    found = error_summary(longer).to_dict("records")[0]
    assert found["with the year before"] == pytest.approx(expected)


def test_groups_of_equal_size() -> None:
    x = np.arange(40.0)[::-1].copy()
    found = binned(x, 2 * x)
    assert found["rows"].tolist() == [2] * 20
    assert found["treatment"].tolist() == [0.5 + 2 * k for k in range(20)]
    np.testing.assert_allclose(found["outcome"], 2 * found["treatment"])
    assert len(binned(x[:3], x[:3])) == 3


def test_without_residuals_the_section_says_so(estimated: OutputFolder) -> None:
    section = diagnostics.section(replace(estimated, residuals=None))
    assert "lacks residuals.parquet" in section.missing
    assert any(isinstance(one, DataTable) for one in section.parts)


def test_nothing_moves_and_nothing_breaks(estimated: OutputFolder) -> None:
    assert estimated.residuals is not None
    still = estimated.residuals.assign(error=0.0, treatment=0.0)
    section = diagnostics.section(replace(estimated, residuals=still))
    assert [one for one in section.parts if isinstance(one, Chart)]
