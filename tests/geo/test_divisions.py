"""Codes of divisions: parts, kinds, parents and refusals."""

import pandas as pd
import pyogrio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.divisions import CITIES_WITHOUT_COUNTIES, MUNICIPALITIES, PROVINCES, parse_division
from geo.errors import CodeError


@pytest.mark.parametrize(
    ("code", "kind", "city", "county", "township"),
    [
        ("45", "province", None, None, None),
        ("450000", "province", None, None, None),
        ("4508", "city", "4508", None, None),
        ("450800", "city", "4508", None, None),
        ("450800000000", "city", "4508", None, None),
        ("450802", "district", "4508", "450802", None),
        ("450821", "county", "4508", "450821", None),
        ("450881", "county_level_city", "4508", "450881", None),
        ("445102", "district", "4451", "445102", None),
        ("445122", "county", "4451", "445122", None),
        ("532301", "county_level_city", "5323", "532301", None),
        ("532331", "county", "5323", "532331", None),
        ("450802001", "street_office", "4508", "450802", "450802001"),
        ("450821100", "town", "4508", "450821", "450821100"),
        ("450821199000", "town", "4508", "450821", "450821199"),
        ("450821200", "township", "4508", "450821", "450821200"),
        ("450821399", "township", "4508", "450821", "450821399"),
        ("450821400", "zone", "4508", "450821", "450821400"),
        ("450821599", "zone", "4508", "450821", "450821599"),
        ("450821100201", "village", "4508", "450821", "450821100"),
        ("110101", "district", "1100", "110101", None),
        ("1102", "city", "1100", None, None),
        ("120225", "county", "1200", "120225", None),
        ("500243", "county", "5000", "500243", None),
        ("310000", "city", "3100", None, None),
        ("441900003", "street_office", "4419", None, "441900003"),
        ("442000118", "town", "4420", None, "442000118"),
        ("460400100", "town", "4604", None, "460400100"),
        ("460321451", "zone", "4603", None, "460321451"),
        ("620201101", "town", "6202", None, "620201101"),
        ("620201", "city", "6202", None, None),
        ("429004", "county_level_city", "4290", "429004", None),
        ("429021", "county", "4290", "429021", None),
        ("469003", "county_level_city", "4690", "469003", None),
        ("469003101", "town", "4690", "469003", "469003101"),
        ("659001", "county_level_city", "6590", "659001", None),
        ("660100", "city", "6601", None, None),
    ],
)
def test_by_hand(code, kind, city, county, township):
    found = parse_division(code)
    assert (found.kind, found.city, found.county, found.township) == (kind, city, county, township)
    assert found.code == code
    assert found.province == code[:2]


@pytest.mark.parametrize(
    ("code", "group"),
    [
        ("110101001", "municipality"),
        ("4190", "province_administered"),
        ("659001", "province_administered"),
        ("660100", "xpcc"),
        ("650100", None),
    ],
)
def test_groups_outside_the_plain_order(code, group):
    assert parse_division(code).group == group


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("", "digits"),
        ("45082", "digits"),
        ("4508211", "digits"),
        ("４５０８", "digits"),
        ("45O8", "digits"),
        ("9908", "province"),
        ("450821600", "001 and 599"),
        ("450821000201", "left out"),
        ("450002", "left out"),
        ("460003", "left out"),
    ],
)
def test_what_is_no_code_is_refused_in_one_line(code, expected):
    with pytest.raises(CodeError, match=expected) as caught:
        parse_division(code, where="units.gpkg: code")
    assert str(caught.value).startswith("units.gpkg: code: expected ")
    assert repr(code) in str(caught.value)


@given(
    province=st.sampled_from(sorted(PROVINCES - MUNICIPALITIES)),
    city=st.integers(1, 70).map("{:02d}".format),
    county=st.integers(1, 99).map("{:02d}".format),
    township=st.integers(1, 599).map("{:03d}".format),
    village=st.integers(1, 399).map("{:03d}".format),
)
def test_parents_are_the_first_digits(province, city, county, township, village):
    code = province + city + county + township + village
    found = parse_division(code)
    assert (found.kind, found.province, found.city) == ("village", province, province + city)
    assert found.township == code[:9]
    assert found.county == (None if province + city in CITIES_WITHOUT_COUNTIES else code[:6])
    above = parse_division(code[:9])
    assert above.township == code[:9]
    assert above.city == found.city


@pytest.mark.real
def test_the_names_of_all_counties_and_townships_agree_with_their_kinds(data_dir):
    folder = data_dir / "polygons" / "china"
    counties = pyogrio.read_dataframe(
        folder / "china_counties_mapchina.gpkg",
        columns=["Code_County", "Name_County"],
        read_geometry=False,
    )
    counties = counties[counties["Code_County"] < "7"]
    kinds = counties["Code_County"].map(lambda code: parse_division(code).kind)
    last = counties["Name_County"].str[-1]
    # Daxing'anling's four districts are administrative committees without codes of their own in
    # the standard, and Shennongjia is a forestry district.
    exceptions = counties["Code_County"].isin(["232761", "232762", "232763", "232764", "429021"])
    assert set(last[kinds == "district"]) == {"区"}
    assert set(last[kinds == "county_level_city"]) == {"市"}
    # Counties, banners, and an administrative committee.
    assert set(last[(kinds == "county") & ~exceptions]) == {"县", "旗", "会"}
    cities = counties.loc[kinds == "city", "Name_County"]
    assert sorted(cities) == ["东莞市", "中山市", "儋州市", "嘉峪关市", "西沙群岛"]

    townships = pd.read_csv(folder / "streets_names_codes.csv", dtype=str)
    found = townships["code"].map(parse_division)
    assert found.map(lambda one: one.kind).value_counts().to_dict() == {
        "town": 21377, "street_office": 9066, "township": 8198, "zone": 2710,
        # Kinmen, which has no townships in the list.
        "county": 1,
    }  # fmt: skip
    # The file's own column of cities has the municipalities' parts; all else agrees.
    cities = found.map(lambda one: one.city)
    differ = townships["cityCode"] != cities
    assert set(townships.loc[differ, "cityCode"]) == {"1101", "1201", "3101", "5001", "5002"}
    assert cities.nunique() == 341
    without = found.map(lambda one: one.county is None)
    assert set(cities[without]) == set(CITIES_WITHOUT_COUNTIES)
