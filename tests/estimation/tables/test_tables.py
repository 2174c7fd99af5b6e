from dataclasses import replace

import pandas as pd
import pytest

from estimation.inference.intervals import interval
from estimation.results import Check, CurvePoint, Estimate
from estimation.tables.tidy import summary_table, tidy_table

COLUMNS = [
    "design",
    "variation_of",
    "variant",
    "part",
    "term",
    "scaling",
    "estimate",
    "std_error",
    "statistic",
    "p_value",
    "ci_low",
    "ci_high",
    "n",
    "n_clusters",
    "se_type",
    "df",
    "std_error_robust",
    "std_error_cluster",
    "std_error_jackknife",
    "p_value_wild",
    "ci_low_wild",
    "ci_high_wild",
    "p_value_holm",
    "family",
    "lowest",
    "highest",
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
NAN = float("nan")


def row(design: str, estimate: float, std_error: float, recommended: str = "") -> Estimate:
    statistic, p_value, low, high = interval(estimate, std_error)
    return Estimate(
        design=design,
        variation_of=design,
        variant="first_difference",
        part="effect",
        term="uil",
        scaling="",
        estimate=estimate,
        std_error=std_error,
        statistic=statistic,
        p_value=p_value,
        ci_low=low,
        ci_high=high,
        n=400,
        n_clusters=40,
        se_type="city",
        df=39.0,
        std_error_robust=std_error,
        std_error_cluster=std_error,
        std_error_jackknife=NAN,
        p_value_wild=NAN,
        ci_low_wild=NAN,
        ci_high_wild=NAN,
        p_value_holm=NAN,
        family=1,
        lowest=estimate,
        highest=estimate,
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
        table = tidy_table(rows, Estimate)
        assert list(table.columns) == COLUMNS
        kinds = table.dtypes.astype("str")
        assert kinds["design"] == kinds["note"] == "str"
        whole = ["n", "n_clusters", "family", "folds", "repetitions", "seed"]
        assert set(kinds[whole]) == {"int64"}
        assert set(kinds[["estimate", "p_value", "df", "lowest", "rmse_outcome"]]) == {"float64"}


def test_checks_and_curves_have_tables_of_their_own() -> None:
    check = Check("a", "within", "placebo", "uil", "share", 0.2, NAN, 0.4, "passed", "one")
    checks = tidy_table([check], Check)
    assert checks.columns.tolist()[:4] == ["design", "variant", "check", "subject"]
    assert checks.iloc[0, 5] == 0.2
    assert set(checks.dtypes.astype("str")) == {"str", "float64"}
    empty = tidy_table([], CurvePoint)
    assert len(empty) == 0
    assert empty.columns.tolist()[-2:] == ["band_low", "band_high"]
    assert set(empty.dtypes.astype("str")) == {"str", "float64"}


def test_summary_shows_two_figures_of_the_error_and_the_truth() -> None:
    table = tidy_table(
        [row("a", -0.0987, 0.0213, "recommended"), row("b", 0.0002511, 0.0000431), row("c", 1, 0)],
        Estimate,
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
        "first_difference (recommended)",
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
    assert len(summary_table(tidy_table([], Estimate))) == 0
    assert isinstance(summary_table(table), pd.DataFrame)


def test_summary_names_the_term_where_there_are_several() -> None:
    one = row("a", -0.1, 0.02)
    rows = [
        replace(one, scaling="centred"),
        replace(one, term="uil x difi", scaling="centred", estimate=0.3),
        row("b", 1.0, 0.1),
    ]
    shown = summary_table(tidy_table(rows, Estimate), truth=-0.1)
    assert shown.columns.tolist()[:3] == ["design", "variant", "term"]
    assert shown["term"].tolist() == ["uil (centred)", "uil x difi (centred)", "uil"]
    assert shown["truth"].tolist() == ["-0.100", "", "-0.100"]


@pytest.mark.parametrize(
    ("recommended", "shown"),
    [
        ("", "first_difference"),
        ("recommended", "first_difference (recommended)"),
    ],
)
def test_what_is_recommended_is_said_as_it_is(recommended: str, shown: str) -> None:
    table = tidy_table([row("a", 1.0, 0.1, recommended)], Estimate)
    assert summary_table(table)["variant"].tolist() == [shown]
