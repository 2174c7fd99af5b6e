from dataclasses import asdict, fields, replace

import numpy as np
import pandas as pd
import pytest

from estimation.designs import Design
from estimation.estimate import EstimationResult, estimate
from estimation.processes.catalogue import PROCESSES
from estimation.processes.draw import draw_panel
from estimation.processes.spec import CONTROLS
from estimation.processes.target import target_average
from estimation.simulation import draws
from estimation.simulation.draws import (
    Draw,
    DrawKey,
    DrawResult,
    balanced_draws,
    keys_of,
    results_table,
    run_draw,
)
from estimation.simulation.methods import Estimator

SMALL = replace(PROCESSES["heterogeneous_linear"], name="small", n_cities=14)
LINEAR = Estimator("two_way_fixed_effects", "linear")


def test_a_draw_is_the_estimate_of_its_panel(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[pd.DataFrame, Design, pd.DataFrame]] = []

    def watched(
        panel: pd.DataFrame, designs: list[Design], *, workers: int, beside: bool
    ) -> EstimationResult:
        result = estimate(panel, designs, workers=workers, beside=beside)
        asked.append((panel, designs[0], result.estimates.set_index("variant")))
        return result

    monkeypatch.setattr(draws, "estimate", watched)
    found = run_draw(Draw(SMALL, Estimator("first_difference", "lasso"), seed=4, repetitions=2))
    ((panel, design, table),) = asked
    pd.testing.assert_frame_equal(panel, draw_panel(SMALL, 4))
    assert (design.outcome, design.treatment, design.controls) == ("gini", "uil", CONTROLS)
    assert (design.variants, design.learner) == (("first_difference",), "lasso")
    assert (design.repetitions, design.seed) == (2, 20114)
    row = table.loc["first_difference"]
    assert len(table) == 1  # no linear fit beside it
    for name in ("estimate", "std_error", "ci_low", "ci_high", "n", "n_clusters", "rmse_outcome"):
        assert getattr(found, name) == row[name], name
    assert found.theta == pytest.approx(-0.10, abs=1e-12)
    assert found.target == target_average(panel, SMALL, "difference")
    assert found.target != found.theta
    assert found.problem == ""
    assert found.seconds > 0


def test_the_same_draw_twice() -> None:
    first, again = (results_table([run_draw(Draw(SMALL, LINEAR, seed=4))]) for _ in range(2))
    pd.testing.assert_frame_equal(
        first.assign(seconds=0), again.assign(seconds=0), check_exact=True
    )


def test_a_panel_that_is_refused_is_a_failed_draw() -> None:
    few = replace(SMALL, n_cities=3)
    found = run_draw(Draw(few, Estimator("within", "lasso"), seed=0))
    assert "as many cities as folds" in found.problem
    assert np.isnan([found.estimate, found.std_error, found.ci_low]).all()
    assert (found.n, found.n_clusters) == (0, 0)
    assert found.theta == pytest.approx(-0.10, abs=1e-12)


def test_only_named_errors_are_failed_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(draws, "estimate", broken)
    with pytest.raises(RuntimeError):
        run_draw(Draw(SMALL, Estimator("within", "lasso"), seed=0))


def test_draws_are_balanced_and_slow_learners_have_fewer() -> None:
    specs = (SMALL, PROCESSES["linear_weak"])
    found = balanced_draws(
        specs,
        variants=("two_way_fixed_effects", "within"),
        learners=("lasso", "random_forest"),
        draws=3,
        fewer={"random_forest": 1},
    )
    assert [(one.seed, one.spec.name, one.estimator.learner) for one in found[:6]] == [
        (0, "small", "linear"),
        (0, "small", "lasso"),
        (0, "small", "random_forest"),
        (0, "linear_weak", "linear"),
        (0, "linear_weak", "lasso"),
        (0, "linear_weak", "random_forest"),
    ]
    assert [one.seed for one in found] == [0] * 6 + [1] * 4 + [2] * 4
    assert {one.estimator.learner for one in found[6:]} == {"linear", "lasso"}
    assert len({one.key for one in found}) == len(found)


def test_results_survive_a_file(tmp_path) -> None:
    results = [run_draw(Draw(SMALL, LINEAR, seed)) for seed in (0, 1)]
    results.append(run_draw(Draw(replace(SMALL, n_cities=3), Estimator("within", "lasso"), 0)))
    table = results_table(results)
    assert table.columns.tolist() == [field.name for field in fields(DrawResult)]
    table.to_parquet(tmp_path / "rows.parquet", index=False)
    back = pd.read_parquet(tmp_path / "rows.parquet")
    pd.testing.assert_frame_equal(back, table, check_exact=True)
    assert asdict(results[0])["estimate"] == back["estimate"].iloc[0]
    assert keys_of(back) == {
        DrawKey("small", "two_way_fixed_effects", "linear", 1, 0),
        DrawKey("small", "two_way_fixed_effects", "linear", 1, 1),
        DrawKey("small", "within", "lasso", 1, 0),
    }


def test_a_table_without_rows_has_its_columns() -> None:
    empty = results_table([])
    assert empty.columns.tolist() == [field.name for field in fields(DrawResult)]
    assert keys_of(empty) == set()
