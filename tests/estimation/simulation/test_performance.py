from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from estimation.processes.catalogue import PROCESSES
from estimation.simulation.draws import Draw, results_table, run_draw
from estimation.simulation.methods import Estimator
from estimation.simulation.passing import judge
from estimation.simulation.performance import performance, performance_table, performances


def rows(**columns: object) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "process": "a",
            "variant": "within",
            "learner": "lasso",
            "theta": 0.2,
            "target": 0.1,
            "estimate": [0.0, 0.2, 0.4, 0.6],
            "std_error": [0.1, 0.2, 0.3, 0.2],
            "std_error_cluster": [0.06, 0.001, 0.1, 1.0],
            "ci_low": [-0.2, 0.11, -0.2, 0.2],
            "ci_high": [0.2, 0.6, 1.0, 1.0],
            "treatment_residual_variance": [1.0, 2.0, 3.0, 2.0],
            "seconds": [1.0, 2.0, 3.0, 2.0],
        }
    )
    return table.assign(**columns)


def test_by_hand() -> None:
    found = performance(rows())
    assert (found.process, found.variant, found.learner) == ("a", "within", "lasso")
    assert (found.draws, found.failed, found.theta, found.target) == (4, 0, 0.2, 0.1)
    sd = (0.2 / 3) ** 0.5
    assert found.mean == pytest.approx(0.3)
    assert found.bias == pytest.approx(0.2)
    assert found.sd == pytest.approx(sd)
    assert found.bias_error == pytest.approx(sd / 2)
    assert found.rmse == pytest.approx(((0.01 + 0.01 + 0.09 + 0.25) / 4) ** 0.5)
    assert found.se_ratio == pytest.approx(0.2 / sd)
    assert found.se_ratio_error == pytest.approx(0.2 / sd / 6**0.5)
    assert found.coverage == 0.5
    assert found.coverage_error == pytest.approx((0.5 * 0.5 / 8) ** 0.5)
    # distances .1, .1, .3, .5 against reaches .1176, .002, .196, 1.96
    assert found.coverage_city == 0.5
    assert found.treatment_residual_variance == 2.0
    assert found.seconds == 2.0


def test_each_draw_is_held_against_its_own_target() -> None:
    target = np.array([0.0, 0.2, 0.4, 0.6])
    found = performance(rows(target=target - [0.1, 0.1, 0.1, 0.3]))
    assert found.bias == pytest.approx(0.15)
    assert found.sd == pytest.approx(0.1)  # not that of the estimates
    assert found.target == pytest.approx(0.15)
    # intervals hold -.1, .1 (below .11), .3, .3
    assert found.coverage == 0.75


def test_draws_that_are_equally_far_off_have_no_finite_ratio() -> None:
    found = performance(rows(estimate=0.5))
    assert (found.sd, found.se_ratio) == (0.0, np.inf)
    assert not judge(found).se_ratio


@pytest.mark.parametrize("column", ["estimate", "std_error"])
def test_draws_without_a_number_are_counted_as_failed(column: str) -> None:
    table = rows()
    table.loc[3, column] = np.nan
    found = performance(table)
    assert (found.draws, found.failed) == (3, 1)
    assert found.mean == pytest.approx(0.2)


def test_groups_are_kept_apart_and_one_estimate_is_too_few() -> None:
    table = pd.concat(
        [rows(), rows(learner="ridge", estimate=[0.0, 0.1, 0.2, 0.4]), rows(process="b")]
    )
    lonely = rows(process="c").head(1)
    failed = rows(process="d", estimate=np.nan)
    found = performances(pd.concat([table, lonely, failed], ignore_index=True))
    assert [(one.process, one.learner) for one in found] == [
        ("a", "lasso"),
        ("a", "ridge"),
        ("b", "lasso"),
    ]
    as_table = performance_table(found)
    assert as_table["bias"].tolist() == [one.bias for one in found]
    assert as_table.columns[:3].tolist() == ["process", "variant", "learner"]


def test_a_linear_estimator_is_right_where_all_is_linear() -> None:
    spec = replace(PROCESSES["linear_strong"], n_cities=60)
    estimator = Estimator("two_way_fixed_effects", "linear")
    found = performance(
        results_table([run_draw(Draw(spec, estimator, seed)) for seed in range(30)])
    )
    assert abs(found.bias) < 3 * found.bias_error
    assert 0.7 < found.se_ratio < 1.3
    assert found.coverage > 0.85
