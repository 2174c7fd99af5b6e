"""An output folder made by hand with a part for every section, and one with markup in its names."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from estimation.results import Check
from estimation.tables.tidy import tidy_table
from nightpanel.output_folder import OutputFolder
from tests.nightpanel.paper_figures.made_up import unit_table, whole_folder, write_shapes

MARKUP = '</script><script>window.hurt = 1</script><img src=x onerror="window.hurt = 2">&amp;'
"""A name that would run, and call out, were it not escaped."""
EFFECT, BIAS = 0.5, 2.0
"""Behind the bounds below."""


def sensitivity_rows() -> list[Check]:
    """What the check records of an effect of 0.5 with a largest bias of 2, and of one control."""
    moved = BIAS * (0.03**2 / 0.97) ** 0.5

    def row(subject: str, statistic: str, value: float) -> Check:
        nan = float("nan")
        return Check("main", "faithful", "sensitivity", subject, statistic, value, nan, nan, "", "")

    return [
        row("uil", "robustness value", 0.22),
        row("uil", "lower bound at 0.03", EFFECT - moved),
        row("uil", "upper bound at 0.03", EFFECT + moved),
        row("as strong as log_gdp", "cf_y", 0.05),
        row("as strong as log_gdp", "cf_d", 0.02),
        row("as strong as log_gdp", "change of the estimate", 0.1),
    ]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> OutputFolder:
    """Read only."""
    folder = whole_folder(tmp_path_factory.mktemp("made"))
    assert folder.checks is not None
    trend = Check("main", "sun_abraham", "pre_trend", "uil", "F(2, 39)", 1.0, float("nan"), 0.4,
                  "passed", "")  # fmt: skip
    checks = pd.concat([folder.checks, tidy_table([trend, *sensitivity_rows()], Check)])
    return replace(folder, checks=checks.reset_index(drop=True))


@pytest.fixture(scope="session")
def marked_up(tmp_path_factory: pytest.TempPathFactory, made: OutputFolder) -> OutputFolder:
    """The same with markup in names of units, cities, designs, columns and files; read only."""
    path = tmp_path_factory.mktemp("marked") / "out"
    path.mkdir()
    units = unit_table()
    units["name"] = MARKUP
    write_shapes(path, units)
    assert made.cities is not None
    assert made.estimates is not None
    assert made.panel is not None
    assert made.curves is not None
    names: dict[str, Any] = {"design": MARKUP, "treatment": MARKUP, "term": MARKUP, "note": MARKUP}
    audit = {"stage": MARKUP, "rule": MARKUP, "subject": MARKUP, "detail": MARKUP, "count": 1}
    return replace(
        made,
        path=path,
        matches=pd.DataFrame({"city_id": made.cities["city_id"].unique(), "city": MARKUP}),
        estimates=made.estimates.assign(**names),
        curves=made.curves.assign(design=MARKUP, along=MARKUP),
        panel=made.panel.rename(columns={"finance": MARKUP}),
        audit=pd.DataFrame([audit]),
        notes=(MARKUP,),
        missing=(MARKUP,),
    )


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> OutputFolder:
    """A folder without anything; read only."""
    return OutputFolder(
        path=Path(tmp_path_factory.mktemp("bare")), manifest={"stages": {}}, units=None,
        cities=None, panel=None, dropped=None, matches=None, estimates=None, checks=None,
        curves=None, tuning=None, audit=None, designs=(), missing=("everything",),
    )  # fmt: skip
