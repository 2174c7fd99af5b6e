import pandas as pd

from estimation.intervals import interval
from estimation.results import Estimate, estimates_table, summary_table

COLUMNS = [
    "design",
    "variant",
    "term",
    "estimate",
    "std_error",
    "statistic",
    "p_value",
    "ci_low",
    "ci_high",
    "n",
    "n_clusters",
    "se_type",
    "std_error_robust",
    "std_error_city",
    "learner",
    "folds",
    "repetitions",
    "seed",
    "rmse_outcome",
    "rmse_treatment",
    "treatment_residual_variance",
    "outcome",
    "treatment",
    "controls",
    "effects",
    "recommended",
    "note",
]


def row(design: str, estimate: float, std_error: float, recommended: str = "") -> Estimate:
    statistic, p_value, low, high = interval(estimate, std_error)
    return Estimate(
        design=design,
        variant="first_difference",
        term="uil",
        estimate=estimate,
        std_error=std_error,
        statistic=statistic,
        p_value=p_value,
        ci_low=low,
        ci_high=high,
        n=400,
        n_clusters=40,
        se_type="city",
        std_error_robust=std_error,
        std_error_city=std_error,
        learner="lasso",
        folds=5,
        repetitions=3,
        seed=1,
        rmse_outcome=0.1,
        rmse_treatment=0.2,
        treatment_residual_variance=0.04,
        outcome="gini",
        treatment="uil",
        controls="gdp;loans",
        effects="",
        recommended=recommended,
        note="",
    )


def test_columns_and_kinds_are_fixed_even_without_rows() -> None:
    for rows in ([], [row("a", 1.0, 0.5)]):
        table = estimates_table(rows)
        assert list(table.columns) == COLUMNS
        kinds = table.dtypes.astype("str")
        assert kinds["design"] == kinds["note"] == "str"
        assert set(kinds[["n", "n_clusters", "folds", "repetitions", "seed"]]) == {"int64"}
        assert set(kinds[["estimate", "p_value", "rmse_outcome"]]) == {"float64"}


def test_summary_shows_two_figures_of_the_error_and_the_truth() -> None:
    table = estimates_table(
        [row("a", -0.0987, 0.0213, "provisional"), row("b", 0.0002511, 0.0000431), row("c", 1, 0)]
    )
    shown = summary_table(table, truth={"a": -0.1, "b": 0.0002})
    assert shown.columns.tolist() == [
        "design",
        "variant",
        "estimate (se)",
        "95 % interval",
        "n",
        "truth",
    ]
    assert shown["variant"].tolist() == [
        "first_difference (provisionally recommended)",
        "first_difference",
        "first_difference",
    ]
    assert shown["estimate (se)"].tolist() == [
        "-0.099 (0.021)",
        "0.000251 (0.000043)",
        "1.000 (0.000)",
    ]
    assert shown["95 % interval"].tolist()[0] == "[-0.140, -0.057]"
    assert shown["truth"].tolist() == ["-0.100", "0.000200", ""]
    assert summary_table(table, truth=-0.1)["truth"].tolist()[2] == "-0.100"
    assert "truth" not in summary_table(table)
    assert len(summary_table(estimates_table([]))) == 0
    assert isinstance(summary_table(table), pd.DataFrame)
