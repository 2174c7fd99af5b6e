import subprocess
import sys
from pathlib import Path

import pytest

from estimation.design_columns import check_columns, column_problems, columns_of, numbers_of
from estimation.designs import Design, Split
from estimation.vocabulary import LINEAR, VARIANTS
from geo.errors import DesignError

ROOT = Path(__file__).resolve().parents[2]


def test_defaults_are_those_agreed() -> None:
    design = Design("base", "gini", "uil")
    assert design.variants == (
        "faithful",
        "first_difference",
        "within",
        "correlated_random_effects",
        "difference_dictionary",
        "within_dictionary",
        "two_way_fixed_effects",
    )
    assert design.variants == VARIANTS
    assert VARIANTS[-1] == LINEAR
    assert (design.learner, design.folds, design.repetitions) == (None, 5, 20)
    assert (design.seed, design.min_units, design.years) == (20110, 5, None)
    assert (design.exclude_cities, design.keep_pseudo_cities) == (frozenset(), False)
    assert (design.cluster, design.missing, design.checks) == (
        ("city",),
        "refuse",
        ("city_effects",),
    )
    assert (design.split, design.winsorise, design.instrument, design.moderator) == (None,) * 4
    assert (design.joint, design.settings, design.variation_of) == ((), (), "")
    assert design.exclude_municipalities is False


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"name": " "}, ["name"]),
        ({"variants": ()}, ["'base'", "variants"]),
        ({"variants": ("fist_difference",)}, ["fist_difference", "'first_difference'?"]),
        ({"learner": "gradient_bosting"}, ["gradient_bosting", "'gradient_boosting'?"]),
        ({"learner": "zzz"}, ["'zzz'", "lasso"]),
        ({"settings": (("max_depth", 2),)}, ["settings", "a learner for the settings", "lasso"]),
        ({"controls": ("gdp", "gdp")}, ["column 'gdp'", "twice"]),
        ({"controls": ("uil",)}, ["column 'uil'"]),
        ({"treatment": "gini"}, ["column 'gini'"]),
        ({"treatment": ""}, ["empty name"]),
        ({"folds": 1}, ["folds", "2 or more", "found 1"]),
        ({"repetitions": 0}, ["repetitions", "found 0"]),
        ({"seed": -1}, ["seed", "found -1"]),
        ({"min_units": -5}, ["min_units", "found -5"]),
        ({"years": ()}, ["years", "one or more", "found none"]),
        ({"joint": ("uil",)}, ["column 'uil'", "twice"]),
        ({"joint": ("gdp",), "controls": ("gdp",)}, ["column 'gdp'", "twice"]),
        ({"instrument": "gini"}, ["column 'gini'", "twice"]),
        ({"moderator": "uil"}, ["column 'uil'", "twice"]),
        ({"moderator": "gdp", "controls": ("gdp",)}, ["column 'gdp'", "twice"]),
        ({"moderator": "year"}, ["column 'year'", "twice"]),
        ({"instrument": "z", "moderator": "difi"}, ["instrument", "one treatment", "moderator"]),
        ({"instrument": "z", "joint": ("b",)}, ["instrument", "one treatment", "joint"]),
        ({"cluster": ()}, ["cluster", "one or more"]),
        ({"cluster": ("city", "city")}, ["column 'city'", "twice"]),
        ({"cluster": ("city", "year", "province")}, ["cluster", "2 or fewer", "found 3"]),
        ({"winsorise": (0.99, 0.01)}, ["winsorise", "low < high", "found 0.99 and 0.01"]),
        ({"winsorise": (1.0, 5.0)}, ["winsorise", "found 1 and 5"]),
        ({"checks": ("city_efects",)}, ["checks", "'city_effects'?"]),
    ],
)
def test_wrong_designs_are_refused(settings: dict[str, object], words: list[str]) -> None:
    with pytest.raises(DesignError) as caught:
        Design(**({"name": "base", "outcome": "gini", "treatment": "uil"} | settings))
    for word in words:
        assert word in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_columns_are_all_found_with_close_matches() -> None:
    design = Design("base", "ginni", "uil", controls=("gdp", "lones"))
    there = ["city_id", "year", "gini", "uil", "gdp", "loans"]
    problems = column_problems(design, there)
    assert [problem.where for problem in problems] == [
        "design 'base', column 'ginni'",
        "design 'base', column 'lones'",
    ]
    assert "'gini'" in problems[0].hint
    assert "'loans'" in problems[1].hint
    with pytest.raises(DesignError, match="ginni"):
        check_columns(design, there)


def test_a_wide_panel_is_not_listed_whole() -> None:
    wide = ["city_id", "year", "gini", *(f"column_{i}" for i in range(40))]
    (problem,) = column_problems(Design("base", "gini", "uil"), wide)
    assert "column_8 and 31 more" in str(problem)
    assert "column_9" not in str(problem)


def test_columns_in_order() -> None:
    design = Design("base", "gini", "uil", controls=("gdp",), city="c", year="y")
    assert columns_of(design) == ("c", "y", "gini", "uil", "gdp")
    check_columns(design, ["gdp", "uil", "gini", "y", "c", "other"])


def test_every_column_that_is_read_is_named_once() -> None:
    design = Design(
        "all",
        "gini",
        "uil",
        controls=("gdp",),
        joint=("difi",),
        moderator="age",
        split=Split("gdp", "low"),
    )
    assert design.treatments == ("uil", "difi")
    assert numbers_of(design) == ("gini", "uil", "difi", "gdp", "age")
    cut = Design("cut", "gini", "uil", instrument="z", split=Split("age", "high"))
    assert numbers_of(cut) == ("gini", "uil", "z", "age")
    missing = column_problems(cut, ["city_id", "year", "gini", "uil"])
    assert [problem.where for problem in missing] == [
        "design 'cut', column 'z'",
        "design 'cut', column 'age'",
    ]


def test_a_cluster_that_a_panel_lacks_is_missing_unless_codes_may_give_it() -> None:
    there = ["city_id", "year", "gini", "uil", "basin"]
    by = Design("by", "gini", "uil", cluster=("basni", "city"))
    (problem,) = column_problems(by, there)
    assert problem.where == "design 'by', cluster, column 'basni'"
    assert "'basin'" in problem.hint
    assert columns_of(by) == ("city_id", "year", "gini", "uil", "basni")
    (misspelt,) = column_problems(Design("by", "gini", "uil", cluster=("provnce",)), there)
    assert "'province'" in misspelt.hint
    for known in (("city", "year"), ("province",), ("basin",)):
        assert column_problems(Design("by", "gini", "uil", cluster=known), there) == ()


def test_validation_imports_no_estimator() -> None:
    code = (
        "import sys, estimation.designs; "
        "print(sorted({'sklearn', 'doubleml', 'pyfixest', 'scipy', 'lightgbm'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
