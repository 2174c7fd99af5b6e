"""Methods of a run and of records by hand: what is recorded is said, what is not is not."""

import json
import re
import shutil
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from estimation.additivity.keys import CompositeOf
from estimation.designs import Design, Split
from estimation.heterogeneity.keys import Along, Groups, Projection
from estimation.instruments.keys import Instruments, LeaveOneOut, Shares, ShiftShare, Shocks
from estimation.mediation.keys import Mediators
from estimation.results import Check, CurvePoint, Estimate
from estimation.staggered.keys import Adoption
from estimation.tables.tidy import tidy_table
from nightpanel.methods.bibliography import references
from nightpanel.methods.designs import (
    control_sentences,
    difference_sentences,
    model_sentences,
    sample_sentences,
)
from nightpanel.methods.inference import check_sentences, error_sentences
from nightpanel.methods.light import light_sentences
from nightpanel.methods.panel import panel_sentences
from nightpanel.methods.said import CITED, counted, listed, methods, paragraph, span
from nightpanel.methods.software import software_sentences
from nightpanel.methods.special import (
    adoption_sentences,
    composite_sentences,
    exposure_sentences,
    instrument_sentences,
    mediation_sentences,
)
from nightpanel.methods.text import REFERENCES, TEXT, methods_text, write_methods
from nightpanel.output_folder import OutputFolder, read_output_folder
from nightpanel.recorded_designs import design_records
from nightpanel.run_study import run
from tests.estimation.tables.test_regression_table import BEST, LINEAR, ROW

DESIGNS = """
[[designs]]
name = "base"
outcome = "gini"
treatment = "uil"
controls = ["log_gdp"]
variants = ["faithful", "first_difference"]
learner = "ridge"
folds = 2
repetitions = 2
seed = 7
vary = [
    { name = "winsorised", winsorise = [0.05, 0.95] },
    { name = "moderated", moderator = "digital_finance" },
]
"""


@pytest.fixture(scope="module")
def out(painted: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output folder of a small run; read only."""
    folder = Path(shutil.copytree(painted, tmp_path_factory.mktemp("methods") / "country"))
    path = folder / "study.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("[[designs]]")] + DESIGNS, encoding="utf-8")
    run(path, out=folder / "out")
    return folder / "out"


def said(out: Path) -> dict[str, str]:
    return {one.heading: one.text for one in methods_text(read_output_folder(out)).paragraphs}


def test_methods_of_a_run_say_what_was_run(out: Path) -> None:
    text = said(out)
    assert list(text) == [
        "Light", "Light of units and inequality", "Panel", "Designs", "Samples", "Heterogeneity",
        "Inference", "Checks and curves", "Software",
    ]  # fmt: skip
    assert text["Light"] == (
        "Annual nighttime light of 2014-2017 was read as DMSP-like annual light of China "
        "(dmsp-like-china) (Wu et al. 2022)."
    )
    units = pd.read_parquet(out / "units.parquet")
    number = f"Units are {units['unit_id'].nunique():,} polygons of 6 cities (units.gpkg)."
    assert number in text["Light of units and inequality"]
    assert (
        "Its 95 % interval runs from the 2.5th to the 97.5th percentile of 20 bootstrap draws"
        in text["Light of units and inequality"]
    )
    assert "2 tables were joined by city and year" in text["Panel"]
    assert "The panel has 24 city-years of 6 cities, 2014-2017." in text["Panel"]
    assert "Natural logarithms were taken of gdp." in text["Panel"]
    assert "3 designs were estimated, 2 of them variations of another" in text["Designs"]
    assert "ridge regression (Hoerl and Kennard 1970" in text["Designs"]
    assert "Folds of cross-fitting: 2 (1:1), of whole cities except in faithful." in text["Designs"]
    assert "first_difference was split 2 times" in text["Designs"]
    assert "The seed of folds and learners: 7." in text["Designs"]
    assert text["Designs"].endswith("Controls are log_gdp.")
    assert text["Samples"] == (
        "Values beyond the quantiles 0.05 and 0.95 became these, in the design 'winsorised': of "
        "every variable (faithful), outcome and treatments (other variants)."
    )
    assert "product of uil and digital_finance" in text["Heterogeneity"]
    assert "clustered by city (6 clusters)" in text["Inference"]
    assert "Webb's weights" in text["Inference"]
    version = json.loads((out / "manifest.json").read_text())["stages"]["lights"]["versions"]
    assert f"GDAL {version['GDAL']}" in text["Software"]
    assert f"doubleml {version['doubleml']}" in text["Software"]
    assert {"lightgbm", "xgboost", "optuna", "statsmodels"} <= set(version)
    assert not {"lightgbm", "xgboost", "optuna"} & set(text["Software"].split())


def test_software_names_the_packages_of_the_learners_that_ran() -> None:
    names = ("nightpanel", "lightgbm", "xgboost", "optuna")
    stages = {"estimates": {"versions": dict.fromkeys(names, "1.2")}}
    rows = table(replace(ROW, learner="lightgbm; lightgbm(num_leaves=7)"), LINEAR)
    (text,) = software_sentences(stages, rows)
    assert text == "Computed with nightpanel 1.2 and lightgbm 1.2."
    rows = table(replace(ROW, learner="xgboost(max_depth=2)"))
    (text,) = software_sentences(stages, rows, pd.DataFrame({"trials": [20]}))
    assert text == "Computed with nightpanel 1.2, xgboost 1.2 and optuna 1.2."


def test_controls_by_design() -> None:
    designs = records(A, replace(A, name="b", controls=("x", "z")), replace(A, name="c"))
    (plain,) = control_sentences(designs[:1])
    assert (
        plain == f"Controls are {listed(A.controls)}." if A.controls else "There are no controls."
    )
    told = list(control_sentences(designs))
    assert told[1] == "Controls are x and z, in the design 'b'."
    assert told[0].endswith(", in the designs 'a' and 'c'.")


def test_citations_are_those_of_the_text_and_bibtex_has_no_others(
    out: Path, tmp_path: Path
) -> None:
    told = methods_text(read_output_folder(out))
    files = write_methods(told, tmp_path / "to")
    assert [path.name for path in files] == [TEXT, REFERENCES]
    entries = re.findall(r"^@\w+\{(\w+),", files[1].read_text("utf-8"), flags=re.MULTILINE)
    assert entries == sorted(told.citations)
    whole = files[0].read_text("utf-8")
    assert all(references()[key].label in whole for key in told.citations)
    assert len(told.references) == len(told.citations) == whole.count("\n- ")
    assert not CITED.search(whole)
    uncited = set(references()) - set(told.citations)
    assert {"callaway2021", "adao2019", "imai2010", "chen2016", "driscoll1998"} <= uncited


def test_designs_are_recorded_as_they_held(out: Path) -> None:
    record = json.loads((out / "manifest.json").read_text())["stages"]["estimates"]
    by_name = {one["name"]: one for one in record["designs"]}
    assert list(by_name) == ["base", "winsorised", "moderated"]
    assert by_name["winsorised"]["controls"] == ["log_gdp"]
    assert by_name["winsorised"]["variation_of"] == "base"
    assert by_name["moderated"]["moderator"] == "digital_finance"
    assert set(by_name["base"]) == set(asdict(Design("a", "y", "d")))
    special = Design(
        "a", "y", "d", exclude_cities=frozenset({"2", "1"}), mediators=Mediators(("m",))
    )
    (told,) = json.loads(json.dumps(design_records([special])))
    assert told["exclude_cities"] == ["1", "2"]
    assert told["mediators"] == {"columns": ["m"], "draws": 5000, "interval": "percentile"}


def test_what_an_older_run_did_not_record_is_not_claimed(out: Path, tmp_path: Path) -> None:
    old = Path(shutil.copytree(out, tmp_path / "old"))
    manifest = json.loads((old / "manifest.json").read_text())
    del manifest["stages"]["estimates"]["designs"]
    (old / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    text = said(old)
    assert not {"Samples", "Heterogeneity"} & set(text)
    assert "3 designs were estimated" in text["Designs"]


def test_stages_that_did_not_run_have_no_paragraph(painted: Path, tmp_path: Path) -> None:
    run(painted / "study.toml", out=tmp_path, only=["lights"])
    told = methods_text(read_output_folder(tmp_path))
    headings = [one.heading for one in told.paragraphs]
    assert headings == ["Light", "Light of units and inequality", "Software"]
    assert "doubleml" not in told.markdown()
    assert set(told.citations) == {"wu2022", "gini1912", "yu_zhang", "efron1979"}


def lights(**more: Any) -> dict[str, Any]:
    tile = {"product": "harmonized", "year": 2013}
    return {
        "tiles": [tile, tile | {"year": 2015}],
        "settings": {"products": [], "lights": {}},
    } | more


def test_light_and_its_calibration() -> None:
    steps = [
        {
            "step": "intercalibrate",
            "table": "elvidge-2014",
            "citation": "E. 2014",
            "applied": {"F": []},
        },
        {"step": "floor", "below": 7.0, "to": "dark"},
        {"step": "saturation", "at": 62.0, "to": "cap"},
        {"step": "mask", "where": "outside", "to": "fill", "polygons": "x"},
        {"step": "continuity", "rule": "growth"},
        {"step": "average"},
    ]
    text = " ".join(light_sentences(lights(calibration={"a": steps, "b": steps[:1]})))
    assert "light of 2013 and 2015 was read as Harmonized DMSP and simulated VIIRS" in text
    assert "[@li2020]" in text
    for sentence in (
        "1 satellite-year was put on one scale by polynomials of the table elvidge-2014 (E. 2014).",
        "Values below 7 became dark.",
        "Values of 62 and more were saturated and capped there.",
        "Cells outside given polygons became no observation.",
        "the rule for places that only grow [@liu2012].",
        "Several files of one year were averaged cell by cell.",
    ):
        assert text.count(sentence) == 1
    plain = " ".join(light_sentences(lights()))
    assert "became" not in plain
    assert "averaged" not in plain


def test_a_product_of_the_studys_own_has_its_own_title_and_no_source() -> None:
    settings = {"products": [{"name": "mine", "title": "My light, 2001-2009"}], "lights": {}}
    tiles = [{"product": "mine v1", "year": 2001}, {"product": "gone", "year": 2002}]
    text = list(filter(None, light_sentences({"tiles": tiles, "settings": settings})))
    assert text == [
        "Annual nighttime light of 2001 was read as My light (mine v1).",
        "Annual nighttime light of 2002 was read as the product gone.",
    ]


def folder_of(**tables: Any) -> OutputFolder:
    names = ("units", "cities", "panel", "dropped", "matches", "estimates", "checks", "curves",
             "tuning", "audit")  # fmt: skip
    return OutputFolder(path=Path(), manifest={}, designs=(), **(dict.fromkeys(names) | tables))


def test_panel_columns_indices_and_steps() -> None:
    settings = {
        "unit": "province",
        "tables": [
            {"file": "/x/a.csv", "name": None, "crosswalk": "china-codes"},
            {"file": "/x/b.csv", "name": "b", "vintage": {"crosswalk": "china-2023"}},
        ],
        "sums": {"s": ["a", "b", "c"]},
        "ratios": {"r": ["a", "b"]},
        "logs": {"l": {"column": "s", "zeros": "log1p"}, "k": {"column": "r", "zeros": "error"}},
        "real": {"g": {"nominal": "gdp", "base": 2010}},
        "reconcile": [{"columns": ["gdp"], "tables": ["a", "b"], "prefer": "b"}],
        "indices": {
            "e": {"kind": "entropy"},
            "u": {"kind": "uil", "value_added": None, "shares": ["x", "y", "z"]},
        },
        "steps": [
            {"step": "winsorise", "columns": ["r"], "lower": 0.01, "upper": 0.99, "by": "year"},
            {"step": "lag", "columns": ["r"], "years": 2},
            {"step": "interpolate", "columns": ["s"], "max_gap": 1},
            {"step": "balanced", "columns": [], "years": None},
            {"step": "standardise", "columns": ["s"], "by": "city"},
        ],
    }
    panel = pd.DataFrame({"city_id": ["11", "11", "12"], "year": [2001, 2002, 2001]})
    folder = folder_of(panel=panel, dropped=panel.head(1))
    text = " ".join(panel_sentences({"settings": settings}, folder))
    for sentence in (
        "2 tables were joined by province and year: a.csv and b.",
        "City codes were brought together by china-codes.",
        "City-years of b were moved to one vintage",
        "The panel has 3 province-years of 2 provinces, 2001-2002.",
        "1 province-year was lost.",
        "g is gdp at prices of 2010.",
        "gdp of a and b were compared; those of b are used.",
        "s is the sum of a, b and c.",
        "r is a over b.",
        "Natural logarithms were taken of r.",
        "The natural logarithm of s was taken with 1 added.",
        "e is a composite with entropy weights [@shannon1948].",
        "in value added, from reported shares [@yu_zhang].",
        "Values of r beyond the quantiles 0.01 and 0.99 of each year became these.",
        "Lags of 2 years were taken of r.",
        "Gaps of up to 1 year in s were filled",
        "Only cities with every value in every year were kept.",
        "s were standardised within cities.",
    ):
        assert sentence in text


def table(*rows: Estimate) -> pd.DataFrame:
    return tidy_table(rows, Estimate)


def test_learners_tuning_and_linear_alone() -> None:
    text = " ".join(
        model_sentences(
            table(replace(ROW, learner="xgboost(max_depth=2)"), BEST, LINEAR),
            pd.DataFrame({"trials": [20, 50]}),
        )
    )
    assert "XGBoost [@chen2016]" in text
    assert "gradient boosting [@friedman2001; @pedregosa2011]" in text
    assert "Optuna [@akiba2019] over folds of whole cities (50 trials at most)" in text
    linear = " ".join(model_sentences(table(LINEAR), None))
    assert linear.endswith("Linear regressions were run (absorbed).")
    assert "double machine learning" not in linear
    assert "Seed" not in linear


def test_folds_of_a_composites_fit_are_no_cross_fitting() -> None:
    composite = replace(LINEAR, part="out_of_city_r2", folds=5, repetitions=20)
    text = " ".join(model_sentences(table(LINEAR, composite), None))
    assert "double machine learning" not in text
    assert "Folds" not in text


def test_errors_are_those_of_the_rows() -> None:
    rows = table(
        replace(LINEAR, se_type="city+year", n_clusters=11),
        replace(LINEAR, se_type="province, CRV3", n_clusters=30, std_error_jackknife=0.1),
        replace(LINEAR, se_type="city, wild bootstrap", n_clusters=6, p_value_wild=0.1),
        replace(LINEAR, se_type="city", n_clusters=20, p_value_wild=0.2, p_value_holm=0.1),
        replace(LINEAR, se_type="Driscoll-Kraay, lag 2", n_clusters=12),
        replace(LINEAR, se_type="city bootstrap", n_clusters=12, part="indirect"),
    )
    text = " ".join(error_sentences(rows))
    for sentence in (
        "clustered by city and year (11 clusters) [@cameron2011].",
        "clustered by province (30 clusters) [@cameron2015].",
        "clustered by city (6 to 20 clusters) [@cameron2015].",
        "Errors of two_way_fixed_effects are those of the jackknife by cluster, where rows say so.",
        "two_way_fixed_effects are those of the wild bootstrap, where rows say so.",
        "Errors of indirect come from draws of whole clusters (city, 12 clusters).",
        "Webb's weights are reported as well [@cameron2008; @roodman2019; @webb2023].",
        "null imposed and Rademacher and Webb's weights",
        "(Driscoll-Kraay, lag 2) [@driscoll1998].",
        "Holm's correction [@holm1979].",
    ):
        assert sentence in text
    assert "robust to heteroskedasticity" not in text
    wild = " ".join(error_sentences(table(replace(ROW, p_value_wild=0.1, n_clusters=20))))
    assert wild.endswith(
        "P values of a wild cluster bootstrap with the null imposed and Rademacher weights are "
        "reported as well [@cameron2008; @roodman2019]."
    )
    robust = " ".join(error_sentences(table(ROW)))
    assert robust == ("Standard errors of faithful are robust to heteroskedasticity [@white1980].")


def check(name: str, value: float = 1.0) -> Check:
    return Check("a", "faithful", name, "x", "F", value, 0.0, 0.1, "", "")


def test_checks_that_could_not_be_made_are_not_claimed() -> None:
    made = tidy_table([check("placebo"), check("sensitivity", float("nan"))], Check)
    text = " ".join(check_sentences(made, None))
    assert "treatment paths handed to other cities" in text
    assert "omitted variable" not in text
    point = CurvePoint("a", "faithful", "cate", "uil", "x", 0.0, 0.1, 0.1, 0.0, 0.2, -0.1, 0.3)
    curves = tidy_table([point, replace(point, curve="event_study")], CurvePoint)
    told = " ".join(check_sentences(None, curves))
    assert "[@chernozhukov2013]" in told
    assert "Event studies have bands" in told
    assert not list(check_sentences(tidy_table([], Check), tidy_table([], CurvePoint)))


A = Design("a", "gini", "uil", ("x",))


def records(*designs: Design) -> list[dict[str, Any]]:
    return design_records(designs)


def test_samples_follow_the_audit() -> None:
    designs = records(replace(A, min_units=8), replace(A, name="b", exclude_municipalities=True))
    audit = pd.DataFrame(
        [("designs", "fewer_than_min_units", "design 'a'"), ("panel", "excluded_cities", "x"),
         ("designs", "excluded_cities", "design 'b', faithful")],
        columns=["stage", "rule", "subject"],
    )  # fmt: skip
    text = " ".join(sample_sentences(designs, audit))
    assert "City-years with fewer than 8 units were left out, in the design 'a'." in text
    assert "Codes that stand for no real city were left out, in the design 'b'." in text
    assert "The four municipalities were left out, in the design 'b'." in text
    assert not list(sample_sentences(records(A), None))
    named = records(replace(A, name="b", exclude_cities=frozenset({"0102", "0101"})))
    assert list(sample_sentences(named, audit)) == [
        "Cities with the codes 0101 and 0102, and any code of no real city, were left out."
    ]


def test_sides_of_a_median_are_those_of_the_variants() -> None:
    half = replace(A, split=Split("uil", "low"))
    asked = [replace(half, variants=names) for names in (("faithful",), ("first_difference",))]
    told = [" ".join(sample_sentences(records(one), None)) for one in [half, *asked]]
    head = "Only the side at or below the median of uil was used: "
    faithful, others = "city-years by their own value", "whole cities by that of their first year"
    assert told[0] == f"{head}{faithful} (faithful), {others} (other variants)."
    assert told[1:] == [f"{head}{faithful}.", f"{head}{others}."]


def test_many_designs_are_counted() -> None:
    designs = records(*(replace(A, name=str(n), exclude_municipalities=n < 8) for n in range(9)))
    (sentence,) = sample_sentences(designs, None)
    assert sentence == "The four municipalities were left out, in 8 of the designs."


def test_heterogeneity_needs_rows() -> None:
    designs = records(
        replace(A, groups=Groups(periods=((2011, 2015), (2016, 2021)))),
        replace(A, name="b", along=Along("difi"), slopes=()),
        replace(A, name="c", project_on=Projection(("difi",))),
    )
    rows = table(replace(ROW, part="group"), replace(ROW, design="c"))
    text = " ".join(difference_sentences(designs, rows))
    assert "Effects by period (2011-2015 and 2016-2021) were estimated and compared" in text
    assert "along difi as a cubic B-spline of 5 functions, in the design 'b'" in text
    assert "projected" not in text


def test_instruments() -> None:
    designs = records(
        replace(A, instrument="z"),
        replace(A, name="b", instrument=Instruments(("z", "w"), 2), variants=(LINEAR.variant,)),
    )
    made = tidy_table([check("effective_f"), check("anderson_rubin", float("nan"))], Check)
    text = " ".join(instrument_sentences(designs, made))
    assert "In the design 'a' uil is instrumented by z." in text
    assert "In the design 'b' uil is instrumented by z, w and uil of 2 years before." in text
    assert "[@montiel2013]" in text
    assert "Anderson-Rubin" not in text
    assert not list(instrument_sentences(records(A), None))


def test_exposure_by_shocks_or_shares() -> None:
    shocks = ShiftShare(Shares("s.csv"), "shocks", shocks=Shocks("g.csv"))
    shares = ShiftShare(Shares("s.csv"), "shares", leave_one_out=LeaveOneOut("y.csv"))
    of = (LINEAR.variant,)
    one = records(replace(A, shift_share=shocks, variants=of))
    text = " ".join(exposure_sentences(one, table(replace(LINEAR, part="akm"))))
    assert "identified by shocks [@borusyak2022; @adao2019]" in text
    assert "(AKM and AKM0) [@adao2019]" in text
    assert "one row a shock" not in text
    two = records(replace(A, shift_share=shares, variants=of))
    other = " ".join(exposure_sentences(two, table(LINEAR)))
    assert "sums shocks of the other cities" in other
    assert "identified by shares [@goldsmith2020]" in other


def test_mediation() -> None:
    asked = replace(A, mediators=Mediators(("m",), 999, "bca"))
    text = " ".join(mediation_sentences(records(asked), table(replace(ROW, part="indirect"))))
    assert "through m (design 'a') are products of linear paths [@imai2010]" in text
    assert "drawn 999 times, with BCa intervals [@efron1987], seed 20110" in text
    assert "Sobel" not in text


def test_composites() -> None:
    asked = CompositeOf(("p", "q"), 4, 1, 99)
    made = tidy_table([check("j_test"), check("parts_given_composite", float("nan"))], Check)
    designs = records(replace(A, composite_of=asked), A)
    (sentence,) = composite_sentences(designs, made)
    assert sentence.startswith("Whether uil says more than p and q was asked out of city (4 folds")
    assert sentence.endswith("1 repetition, 99 draws), beside J tests [@davidson1981].")
    (plain,) = composite_sentences(designs, None)
    assert plain.endswith("99 draws).")


def test_staggered_adoption() -> None:
    asked = Adoption(policy="uil", covariates=("x",), control="not_yet_treated", anticipation=1)
    rows = table(replace(LINEAR, variant="callaway_santanna"), LINEAR)
    text = " ".join(adoption_sentences(records(replace(A, adoption=asked)), rows))
    assert "it was estimated by Callaway and Sant'Anna [@callaway2021]." in text
    assert "cities that have not adopted yet, covariates by the doubly robust method" in text
    assert "[@santanna2020]" in text
    assert "Cities may react 1 year before." in text
    assert "sun2021" not in text


def test_software_of_the_stages_that_ran() -> None:
    stages = {"lights": {"versions": {"nightpanel": "1", "GDAL": "3.9", "doubleml": "0.1"}}}
    assert list(software_sentences(stages)) == ["Computed with nightpanel 1 and GDAL 3.9."]
    again = {**stages, "panel": {"versions": {"nightpanel": "2"}, "inputs": {"a": "x", "b": "x"}}}
    first, second = software_sentences(again)
    assert first == "Computed with nightpanel 1 and 2 and GDAL 3.9."
    assert "1 input file" in second


def test_words() -> None:
    assert (listed(["a"]), listed("ab"), listed("abc"), listed([])) == (
        "a",
        "a and b",
        "a, b and c",
        "",
    )
    assert (counted(1, "city", "cities"), counted(1200, "draw")) == ("1 city", "1,200 draws")
    assert (span([2013, 2011, 2012]), span([2011, 2013]), span([2011])) == (
        "2011-2013", "2011 and 2013", "2011",
    )  # fmt: skip


def test_paragraphs() -> None:
    assert paragraph("x", ["", ""]) is None
    made = paragraph("x", ["A [@sun2021; @roth2022].", "", "B [@sun2021].", "B [@sun2021]."])
    assert made is not None
    assert made.text == "A (Sun and Abraham 2021; Roth 2022). B (Sun and Abraham 2021)."
    assert made.citations == ("sun2021", "roth2022")
    told = methods([None, made])
    assert told.markdown().startswith("## x\n\nA (Sun")
    assert told.markdown().count("\n- ") == 2
    with pytest.raises(KeyError):
        paragraph("x", ["A [@nobody1900]."])
