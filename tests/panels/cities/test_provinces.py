"""Provinces in the place of cities: codes and names in the many ways in which tables have them."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import CodeError
from panels.cities.codes import city_code
from panels.cities.match import Key, Reference, match_city, match_code
from panels.cities.places import are_provinces, china_cities, china_provinces, province_names

PROVINCES = Reference(china_provinces())


def test_the_list_has_the_provinces_of_the_mainland():
    assert len(china_provinces()) == 31
    assert are_provinces(china_provinces())
    assert not are_provinces(china_cities())


@pytest.mark.parametrize(
    ("name", "city_id", "rule"),
    [
        ("北京市", "11", "exact_name"),
        ("北京", "11", "normalised_name"),
        ("内蒙古自治区", "15", "exact_name"),
        ("内蒙古", "15", "normalised_name"),
        ("吉林", "22", "normalised_name"),
        ("海南", "46", "normalised_name"),
        ("廣西壯族自治區", "45", "normalised_name"),
        (" 新 疆*", "65", "normalised_name"),
    ],
)
def test_names(name, city_id, rule):
    match = match_city(Key(name=name), PROVINCES, digits=2)
    assert (match.city_id, match.rule) == (city_id, rule)


@given(st.sampled_from(sorted(province_names().items())))
def test_every_province_is_known_by_its_name_and_its_codes(pair):
    code, name = pair
    assert match_city(Key(name=name), PROVINCES, digits=2).city_id == code
    for written in (code, f"{code}00", f"{code}0000"):
        match = match_city(Key(code=written, name=name), PROVINCES, digits=2)
        assert (match.city_id, match.rule, match.reason) == (code, "code", "")


def test_other_names_and_codes_are_not_known():
    for name in ("苏州市", "全国", "亚洲"):
        match = match_city(Key(name=name), PROVINCES, digits=2)
        assert match.rule == "unmatched"
        assert match.reason == "no province of this name"
    assert match_code("00", PROVINCES, digits=2) is None
    assert match_code("", PROVINCES, digits=2) is None


def test_codes_of_provinces_in_a_panel_of_cities_are_told_what_they_are():
    codes = pd.Series(["11", "12"])
    with pytest.raises(CodeError, match='set \\[panel\\] unit = "province", or city_digits = 2'):
        city_code(codes, where="table")
    with pytest.raises(CodeError, match="lost its leading zero"):
        city_code(pd.Series(["11", "1201"]), where="table")
    assert city_code(codes, digits=2, where="table").tolist() == ["11", "12"]


def test_a_name_that_is_not_the_codes_is_told():
    match = match_city(Key(code="11", name="天津"), PROVINCES, digits=2)
    assert (match.city_id, match.reason) == ("11", "the code is that of 北京市")
