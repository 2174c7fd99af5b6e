"""The page on staggered adoption asks for what there is."""

import re
import tomllib
from dataclasses import fields
from pathlib import Path

from estimation.staggered.keys import ESTIMATORS, Adoption
from nightpanel.study_designs import DesignSection

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "staggered.md").read_text(encoding="utf-8")


def test_the_design_of_the_page_is_one():
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE, flags=re.DOTALL)
    (section,) = tomllib.loads(text)["designs"]
    design = DesignSection.model_validate(section).design()
    assert design.adoption == Adoption(year="pilot_year", window=(-8, 6))


def test_the_page_names_every_key_and_estimator():
    rows = re.findall(r"^\| (`.*?`.*?) \|", PAGE, flags=re.MULTILINE)
    named = set(re.findall(r"`(\w+)`", " ".join(rows)))
    assert {field.name for field in fields(Adoption)} <= named
    assert set(ESTIMATORS) <= named
