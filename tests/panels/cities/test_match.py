"""Which city a code or a name means, rule by rule, and what is only proposed."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import CodeError, TableColumnError
from panels.cities.codes import EARLIER_CODES, MUNICIPALITIES
from panels.cities.confirmed import read_confirmed
from panels.cities.match import MATCH_COLUMNS, Key, Reference, match_city, matches_table, no_matches
from panels.cities.place_names import folded, province_code, stem, without_province
from panels.cities.places import City, china_cities, province_names, read_cities

CHINA = Reference(china_cities())


def test_the_shipped_list_has_every_city_of_2023_once():
    now = [city for city in china_cities() if city.last is None]
    assert len(now) == len({city.city_id for city in now}) == 337
    assert len({stem(city.name) for city in now}) == 337
    by_kind = {suffix: sum(city.name.endswith(suffix) for city in now) for suffix in "市盟区州"}
    # 293 prefecture-level cities and 4 municipalities; leagues, regions, autonomous prefectures.
    assert by_kind == {"市": 297, "盟": 3, "区": 7, "州": 30}
    assert {city.city_id[:2] for city in now} == set(province_names())


def test_names_of_one_city_follow_each_other_in_time():
    for names in CHINA.by_id.values():
        for before, after in pairwise(names):
            assert before.last is not None
            assert after.first == before.last + 1


def test_earlier_codes_lead_to_cities_of_the_list():
    assert set(EARLIER_CODES.values()) <= set(CHINA.by_id)
    assert not set(EARLIER_CODES) & {city.city_id for city in china_cities()}
    assert EARLIER_CODES["6521"] == "6504"
    assert EARLIER_CODES["6522"] == "6505"
    assert EARLIER_CODES["5424"] == "5406"
    assert EARLIER_CODES["469003"] == "4604"


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("苏州市", "苏州"),
        ("蘇州市", "苏州"),
        ("　苏州　市 ", "苏州"),
        ("哈密\u200b\u200b", "哈密"),
        ("沙市", "沙市"),
        ("大兴安岭地区", "大兴安岭"),
        ("錫林郭勒盟", "锡林郭勒"),
        ("海西蒙古族藏族自治州", "海西"),
        ("博尔塔拉蒙古自治州", "博尔塔拉"),
        ("克孜勒苏柯尔克孜自治州", "克孜勒苏"),
        ("伊犁哈萨克自治州", "伊犁"),
        ("紅河哈尼族彝族自治州", "红河"),
        ("ＡＢ市", "AB"),
        ("瀋陽", "沈阳"),
        ("廣州市", "广州"),
    ],
)
def test_stems(name, short):
    assert stem(name) == short


@given(st.text(max_size=8))
def test_folding_twice_is_folding_once(text):
    assert folded(folded(text)) == folded(text)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("广西", "45"),
        ("廣西壯族自治區", "45"),
        ("新疆维吾尔自治区", "65"),
        ("北京", "11"),
        ("苏", None),
    ],
)
def test_provinces_by_name(name, code):
    assert province_code(name) == code


def test_a_province_before_a_name_is_told_apart():
    assert without_province("江苏省苏州市") == ("32", "苏州市")
    assert without_province("北京市北京市") == ("11", "北京市")
    assert without_province("北京市") == (None, "北京市")
    assert without_province("吉林市") == (None, "吉林市")


@pytest.mark.parametrize(
    ("key", "rule", "city_id"),
    [
        (Key(code="450800"), "code", "4508"),
        (Key(code="4508", name="玉林市"), "code", "4508"),
        (Key(code="110101"), "earlier_code", "1100"),
        (Key(code="500200"), "earlier_code", "5000"),
        (Key(code="652100", name="吐鲁番地区"), "earlier_code", "6504"),
        (Key(code="469003", name="儋州市"), "earlier_code", "4604"),
        (Key(code="999999", name="儋州市"), "exact_name", "4604"),
        (Key(name="贵港市"), "exact_name", "4508"),
        (Key(name="贵港"), "normalised_name", "4508"),
        (Key(name="貴港市"), "normalised_name", "4508"),
        (Key(name="襄樊市"), "exact_name", "4206"),
        (Key(name="思茅"), "normalised_name", "5308"),
        (Key(name="恩施州"), "normalised_name", "4228"),
        (Key(name="恩施自治州"), "normalised_name", "4228"),
        (Key(name="那曲地区"), "exact_name", "5406"),
        (Key(name="南宁"), "normalised_name", "4501"),
        (Key(name="南宁地区"), "exact_name", "4521"),
        (Key(name="吉林市"), "exact_name", "2202"),
        (Key(name="吉林", province="吉林省"), "normalised_name", "2202"),
        (Key(name="海南州"), "normalised_name", "6325"),
        (Key(name="重庆"), "normalised_name", "5000"),
        (Key(name="江苏省苏州市"), "normalised_name", "3205"),
        (Key(name="苏州市", province="江蘇"), "exact_name", "3205"),
    ],
)
def test_what_is_found(key, rule, city_id):
    found = match_city(key, CHINA)
    assert (found.rule, found.city_id) == (rule, city_id)


@pytest.mark.parametrize(
    ("key", "rule", "proposed", "reason"),
    [
        (Key(name="吉林"), "proposed", "2202", "province"),
        (Key(name="海南"), "proposed", "6325", "province"),
        (Key(name="苏州市", province="安徽省"), "proposed", "3205", "not in 安徽省"),
        (Key(name="哈尔宾市"), "proposed", "2301", "no city of this name"),
        (Key(name="苏洲市", province="江苏省"), "proposed", "3205", "in the province"),
        (Key(name="中国"), "unmatched", None, "no city of this name"),
        (Key(name="广东省"), "unmatched", None, "a province"),
        (Key(name="苏州市", province="吴国"), "unmatched", None, "吴国"),
        (Key(name="安徽省苏州市", province="江苏省"), "unmatched", None, "安徽省"),
        (Key(code="419001"), "unmatched", None, "administered by a province"),
        (Key(code="9999"), "unmatched", None, "no city has the code"),
        (Key(), "unmatched", None, "neither"),
    ],
)
def test_what_is_not_applied(key, rule, proposed, reason):
    found = match_city(key, CHINA)
    assert (found.rule, found.city_id) == (rule, "")
    assert reason in found.reason
    assert [city.city_id for city in found.proposals[:1]] == ([proposed] if proposed else [])


def test_a_name_that_is_another_citys_than_the_code_is_told():
    assert match_city(Key(code="4508", name="玉林市"), CHINA).reason == "the code is that of 贵港市"
    assert match_city(Key(code="4508", name="贵港"), CHINA).reason == ""


def test_the_study_has_the_first_word():
    reference = Reference(china_cities(), {("吉林", ""): "2202", ("朝阳", "21"): "2113"})
    assert match_city(Key(name="吉林"), reference).rule == "confirmed"
    assert match_city(Key(code="4508", name="吉林"), reference).city_id == "2202"
    assert match_city(Key(name="朝阳", province="辽宁"), reference).rule == "confirmed"


@given(st.sampled_from(china_cities()))
def test_every_name_of_the_list_finds_its_city(city):
    province = province_names()[city.province]
    for key in (
        Key(name=city.name, province=province),
        Key(name=stem(city.name) if city.last is None else city.name, province=province),
        Key(code=city.city_id + "00"),
        Key(name=province + city.name),
    ):
        found = match_city(key, CHINA)
        assert found.city_id == city.city_id, key


@given(st.sampled_from(sorted(MUNICIPALITIES)), st.integers(1, 80))
def test_every_district_of_a_municipality_is_in_it(part, district):
    assert match_city(Key(code=f"{part}{district:02d}"), CHINA).city_id == MUNICIPALITIES[part]


def test_matches_as_a_table():
    keys = [Key(name="吉林"), Key(name="贵港")]
    found = [match_city(key, CHINA) for key in keys]
    table = matches_table(keys, found, [3, 4], CHINA)
    assert table.columns.tolist() == list(MATCH_COLUMNS)
    assert table.dtypes.equals(no_matches().dtypes)
    assert table["city_id"].tolist() == ["", "4508"]
    assert table["city"].tolist() == ["", "贵港市"]
    assert table["proposals"].tolist() == ["2202 吉林市", ""]
    assert table["rows"].tolist() == [3, 4]


def test_a_list_and_words_of_the_users_own(tmp_path):
    cities = tmp_path / "cities.csv"
    cities.write_text("city_id,name,last\n甲,甲市,2010\n0101,甲城市,\n", encoding="utf-8")
    with pytest.raises(CodeError, match="row 2: expected a city_id of digits"):
        read_cities(cities)
    cities.write_text("city_id,name,last\n1301,甲市,2010\n1301,甲城市,\n", encoding="utf-8")
    assert read_cities(cities) == (
        City("1301", "甲市", "13", None, 2010),
        City("1301", "甲城市", "13"),
    )
    cities.write_text("id,name\n1301,甲市\n", encoding="utf-8")
    with pytest.raises(TableColumnError, match="city_id"):
        read_cities(cities)
    words = tmp_path / "words.csv"
    words.write_text("name,city_id,province\n吉林,2202,\n朝阳,2113,辽宁\n", encoding="utf-8")
    assert read_confirmed(words, CHINA) == {("吉林", ""): "2202", ("朝阳", "21"): "2113"}
    words.write_text("name,city_id\n吉林,2202\n吉林,2201\n", encoding="utf-8")
    with pytest.raises(CodeError, match="row 3: expected one city for a name"):
        read_confirmed(words, CHINA)
    words.write_text("name,city_id\n吉林,\n", encoding="utf-8")
    with pytest.raises(CodeError, match="row 2: expected the code of a city"):
        read_confirmed(words, CHINA)
    words.write_text("name,city_id\n苏洲,320500\n哈密,652200\n", encoding="utf-8")
    assert read_confirmed(words, CHINA) == {("苏洲", ""): "3205", ("哈密", ""): "6505"}
    words.write_text("name,city_id\n吉林,2202\n苏洲,9999\n", encoding="utf-8")
    with pytest.raises(CodeError, match="row 3: expected the code of a city of the list"):
        read_confirmed(words, CHINA)
    words.write_text("name,city_id,province\n吉林,2202,吉国\n", encoding="utf-8")
    with pytest.raises(CodeError, match="name of a province"):
        read_confirmed(words, CHINA)
    words.write_text("city,city_id\n吉林,2202\n", encoding="utf-8")
    with pytest.raises(TableColumnError, match="name"):
        read_confirmed(words, CHINA)
