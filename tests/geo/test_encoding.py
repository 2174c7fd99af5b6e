"""Text in the encoding it is in: stated, guessed, verified, and told where it was read wrongly."""

import csv
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from geo.boundaries import Units, make_units, read_units
from geo.errors import BoundaryFileError
from geo.text_encoding import better, codec_of, codec_of_dbf, decode, decodes, likely, misread

NAMES = ["长沙市", "湘西土家族苗族自治州", "漷县镇"]


def country(names: list[str]) -> gpd.GeoDataFrame:
    squares = [box(110 + k, 23, 111 + k, 24) for k in range(len(names))]
    codes = [f"43{k:02d}" for k in range(len(names))]
    return gpd.GeoDataFrame({"code": codes, "name": names}, geometry=squares, crs="EPSG:4326")


def shapefile(
    folder: Path, *, written: str, cpg: str | None, names: list[str] = NAMES, ldid: int = 0
) -> Path:
    """A shapefile with text in one encoding that states another, or none."""
    path = folder / "units.shp"
    country(names).to_file(path, encoding=written)
    path.with_suffix(".cpg").unlink()
    if cpg is not None:
        path.with_suffix(".cpg").write_text(cpg)
    table = bytearray(path.with_suffix(".dbf").read_bytes())
    table[29] = ldid
    path.with_suffix(".dbf").write_bytes(table)
    return path


def read(path: Path, encoding: str | None = None) -> Units:
    return read_units(path, unit_id="code", city_id="code", name="name", encoding=encoding)


def names_of(units: Units) -> list[str]:
    return units.attributes["name"].tolist()


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("GBK", "gb18030"), ("gb2312", "gb18030"), ("936", "gb18030"), ("ANSI 936", "gb18030"),
        ("CP936", "gb18030"), ("GB 18030", "gb18030"), ("UTF-8", "utf-8"), ("65001", "utf-8"),
        ("utf8", "utf-8"), ("ISO 8859-1", "iso8859-1"), ("88591", "iso8859-1"),
        ("1252", "cp1252"), ("ANSI 1252", "cp1252"), ("Big5", "cp950"), ("OEM 437", "cp437"),
        ("8859-15", "iso8859-15"), ("hex", None), ("nonsense", None), ("", None), ("rot13", None),
    ],
)  # fmt: skip
def test_names_of_encodings(name: str, codec: str | None) -> None:
    assert codec_of(name) == codec


def test_language_drivers() -> None:
    head = bytearray(32)
    for driver, codec in ((0, None), (0x57, None), (0x4D, "gb18030"), (0x03, "cp1252")):
        head[29] = driver
        assert codec_of_dbf(bytes(head)) == codec
    assert codec_of_dbf(b"") is None


def test_cut_characters() -> None:
    whole = "长沙市".encode()
    assert decode(whole[:-1], "utf-8") == ("长沙", True)
    assert decode(whole, "utf-8") == ("长沙市", False)
    assert decode("长沙市".encode("gbk")[:-1], "gb18030") == ("长沙", True)
    # An accented letter at the end is no half of a character.
    assert not decodes([b"Jos\xe9"], "utf-8")
    assert likely([b"Jos\xe9", b"Mont\xe9limar"]) is None


@pytest.mark.parametrize("cpg", ["UTF-8", "65001", None])
def test_utf8_stated_or_not(tmp_path: Path, cpg: str | None) -> None:
    units = read(shapefile(tmp_path, written="UTF-8", cpg=cpg))
    assert names_of(units) == NAMES
    assert [row.rule for row in units.audit] == ([] if cpg else ["guessed_encoding"])


@pytest.mark.parametrize(
    ("cpg", "ldid"), [("GBK", 0), ("936", 0), ("gb2312", 0), (None, 0x4D), (None, 0), (None, 0x57)]
)
def test_gbk_stated_or_not(tmp_path: Path, cpg: str | None, ldid: int) -> None:
    units = read(shapefile(tmp_path, written="GBK", cpg=cpg, ldid=ldid))
    assert names_of(units) == NAMES
    stated = cpg is not None or ldid == 0x4D
    assert [row.rule for row in units.audit] == ([] if stated else ["guessed_encoding"])


def test_gbk_bytes_declared_utf8_are_refused(tmp_path: Path) -> None:
    path = shapefile(tmp_path, written="GBK", cpg="UTF-8")
    with pytest.raises(BoundaryFileError) as error:
        read(path)
    line = str(error.value)
    assert f"{path}: expected text in UTF-8, as its .cpg says, found bytes that are GB18030" in line
    assert any(name in line for name in NAMES)
    assert line.endswith('declare encoding = "GB18030" with the units')
    assert names_of(read(path, "GB18030")) == NAMES
    assert names_of(read(path, "GBK")) == NAMES


@pytest.mark.parametrize("cpg", ["GBK", "ISO-8859-1", "1252", "Big5"])
def test_utf8_bytes_declared_otherwise_are_refused(tmp_path: Path, cpg: str) -> None:
    path = shapefile(tmp_path, written="UTF-8", cpg=cpg)
    with pytest.raises(BoundaryFileError, match=r"as its \.cpg says, found bytes that are UTF-8"):
        read(path)
    assert names_of(read(path, "UTF-8")) == NAMES


@pytest.mark.parametrize("cpg", ["ISO-8859-1", "1252"])
def test_gbk_bytes_declared_latin_are_refused(tmp_path: Path, cpg: str) -> None:
    path = shapefile(tmp_path, written="GBK", cpg=cpg)
    with pytest.raises(BoundaryFileError, match=r"found bytes that are GB18030.*长沙市|GB18030"):
        read(path)


def test_accented_letters_declared_latin_are_believed(tmp_path: Path) -> None:
    names = ["Córdoba", "Île-de-France", "Åland"]
    units = read(shapefile(tmp_path, written="ISO-8859-1", cpg="ISO-8859-1", names=names))
    assert names_of(units) == names
    assert units.audit == ()


def test_what_the_user_declares_is_believed_with_a_doubt(tmp_path: Path) -> None:
    names = ["长沙", "湘潭"]  # six bytes each: whole in both encodings
    units = read(shapefile(tmp_path, written="UTF-8", cpg="UTF-8", names=names), "GBK")
    assert names_of(units)[0] == "长沙".encode().decode("gb18030")
    doubt = units.audit[0]
    assert doubt.rule == "doubtful_encoding"
    assert "the bytes are whole in utf-8, as which that is '湘潭'" in doubt.detail
    assert {row.rule for row in units.audit[1:]} == {"misread_text"}


def test_declared_and_undecodable_is_refused(tmp_path: Path) -> None:
    path = shapefile(tmp_path, written="GBK", cpg=None)
    with pytest.raises(BoundaryFileError, match=r"text in UTF-8, as the study declares.*GB18030"):
        read(path, "UTF-8")
    with pytest.raises(BoundaryFileError, match=r"encoding = 'klingon'.*the name of an encoding"):
        read(path, "klingon")


def test_a_cpg_that_names_nothing(tmp_path: Path) -> None:
    units = read(shapefile(tmp_path, written="GBK", cpg="klingon"))
    assert names_of(units) == NAMES
    assert [row.rule for row in units.audit] == ["unknown_encoding", "guessed_encoding"]


def test_a_name_cut_by_its_field(tmp_path: Path) -> None:
    path = shapefile(tmp_path, written="UTF-8", cpg="UTF-8")
    table = path.with_suffix(".dbf").read_bytes()
    whole = "湘西土家族苗族自治州".encode()
    path.with_suffix(".dbf").write_bytes(table.replace(whole, whole[:-1] + b" "))
    units = read(path)
    assert names_of(units)[1] == "湘西土家族苗族自治"
    (row,) = units.audit
    assert (row.rule, row.file, row.row, row.new) == (
        "cut_text",
        str(path),
        2,
        "湘西土家族苗族自治",
    )


def test_chinese_columns_in_both_encodings(tmp_path: Path) -> None:
    for written in ("UTF-8", "GBK"):
        path = tmp_path / f"{written}.shp"
        country(NAMES).rename(columns={"name": "名称", "code": "代码"}).to_file(
            path, encoding=written
        )
        units = read_units(path, unit_id="代码", city_id="代码:2", name="名称")
        assert names_of(units) == NAMES
        assert set(units.attributes["city_id"]) == {"43"}


@pytest.mark.parametrize("encoding", [None, "GBK", "GB18030"])
def test_geojson_in_gbk(tmp_path: Path, encoding: str | None) -> None:
    path = tmp_path / "units.geojson"
    # 淺 ends with the byte of a backslash in GBK, which would break the file's own syntax.
    names = ["长沙市", "淺水灣", "漷县镇"]
    country(names).to_file(path)
    path.write_bytes(path.read_text(encoding="utf-8").encode("gbk"))
    units = read(path, encoding)
    assert names_of(units) == names
    assert [row.rule for row in units.audit] == ([] if encoding else ["guessed_encoding"])


def test_geojson_in_another_encoding_than_declared(tmp_path: Path) -> None:
    path = tmp_path / "units.geojson"
    country(NAMES).to_file(path)
    path.write_bytes(path.read_text(encoding="utf-8").encode("gbk"))
    with pytest.raises(BoundaryFileError, match=r"text in UTF-8, as the study declares.*GB18030"):
        read(path, "UTF-8")


def test_kml_that_says_gbk(tmp_path: Path) -> None:
    path = tmp_path / "units.kml"
    marks = "".join(
        f"<Placemark><name>{name}</name><ExtendedData><Data name='code'><value>43{k:02d}</value>"
        f"</Data></ExtendedData><Polygon><outerBoundaryIs><LinearRing><coordinates>"
        f"{k},0 {k + 1},0 {k + 1},1 {k},0</coordinates></LinearRing></outerBoundaryIs></Polygon>"
        f"</Placemark>"
        for k, name in enumerate(NAMES)
    )
    text = (
        "<?xml version='1.0' encoding='GBK'?>"
        f"<kml xmlns='http://www.opengis.net/kml/2.2'><Document>{marks}</Document></kml>"
    )
    path.write_bytes(text.encode("gbk"))
    units = read_units(path, unit_id="code", city_id="code:2", name="Name")
    assert names_of(units) == NAMES
    path.write_bytes(text.replace("GBK", "UTF-8").encode())
    assert names_of(read_units(path, unit_id="code", city_id="code:2", name="Name")) == NAMES


def test_geoparquet_keeps_utf8(tmp_path: Path) -> None:
    path = tmp_path / "units.parquet"
    country(NAMES).to_parquet(path)
    assert names_of(read(path, "UTF-8")) == NAMES
    with pytest.raises(BoundaryFileError, match="UTF-8, in which GeoParquet keeps all text"):
        read(path, "GBK")


def test_misread_text_is_told_and_left_alone() -> None:
    as_latin, as_gbk = "长沙市".encode().decode("latin-1"), "长沙".encode().decode("gbk")
    lost = "长沙市".encode("gbk").decode("utf-8", "replace")
    names = [as_latin, as_gbk, "贵阳市".encode("gbk").decode("latin-1"), lost, "???", "Córdoba"]
    units = make_units(country(names), unit_id="code", city_id="code", name="name")
    assert names_of(units) == names
    rows = [row for row in units.audit if row.rule == "misread_text"]
    assert [row.row for row in rows] == [1, 2, 3, 4, 5]
    assert [row.old for row in rows] == names[:5]
    for row, meant in zip(rows, ["长沙市", "长沙", "贵阳市"], strict=False):
        assert f"it reads {meant!r}" in row.detail
    assert all("it is lost" in row.detail for row in rows[3:])


def test_lines_in_names_do_not_confuse_the_search() -> None:
    assert misread([]) == []
    found = misread(["a\nb", "长沙".encode().decode("gbk"), "c"])
    assert [(one.position, one.meant) for one in found] == [(1, "长沙")]


@pytest.mark.real
def test_real_names_are_never_taken_for_misread(data_dir: Path) -> None:
    path = data_dir / "polygons" / "china" / "streets_names_codes.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        names = [row["name"] for row in csv.DictReader(file)]
    assert len(names) == 41_352
    assert misread(names) == []
    own = list(dict.fromkeys(names))
    for encoding, codec in (("utf-8", "utf-8"), ("gb18030", "gb18030")):
        raw = [name.encode(encoding) for name in own if not name.isascii()]
        assert likely(raw) == codec
        assert better(raw, codec) is None
        assert better(raw, "latin-1") == codec
    damaged = [name.encode().decode("latin-1") for name in own if not name.isascii()]
    assert [one.meant for one in misread(damaged)] == [name for name in own if not name.isascii()]


@pytest.mark.real
def test_hunan_in_every_guise(data_dir: Path, tmp_path: Path) -> None:
    source = data_dir / "polygons" / "hunan" / "hunan.shp"
    table = gpd.read_file(source, encoding="UTF-8")
    want = table["ShiName"].tolist()
    assert {"长沙市", "湘西土家族苗族自治州"} <= set(want)
    for written, cpg in (("UTF-8", None), ("GBK", None), ("UTF-8", "UTF-8"), ("GBK", "GBK")):
        path = tmp_path / f"{written}{cpg}.shp"
        table.to_file(path, encoding=written)
        if cpg is None:
            path.with_suffix(".cpg").unlink()
        units = read_units(path, unit_id="ShiName", city_id="ShiName", name="Name")
        assert units.attributes["unit_id"].tolist() == want
    path.with_suffix(".cpg").write_text("UTF-8")
    with pytest.raises(BoundaryFileError, match='declare encoding = "GB18030"'):
        read_units(path, unit_id="ShiName", city_id="ShiName")


def test_column_of_missing_names(tmp_path: Path) -> None:
    table = country(NAMES)
    table["name"] = pd.Series([NAMES[0], None, NAMES[2]])
    path = tmp_path / "units.shp"
    table.to_file(path, encoding="GBK")
    assert names_of(read(path)) == [NAMES[0], "", NAMES[2]]


def city_names(*, traditional: bool) -> list[str]:
    """Every shipped name of a city."""
    folder = Path(__file__).parents[2] / "panels" / "cities"
    with (folder / "cities.csv").open(encoding="utf-8") as stream:
        names = [row["name"] for row in csv.DictReader(stream)]
    if not traditional:
        return names
    with (folder / "traditional.csv").open(encoding="utf-8") as stream:
        forms = {ord(row["simplified"]): row["traditional"] for row in csv.DictReader(stream)}
    return [name.translate(forms) for name in names]


@pytest.mark.parametrize(
    ("traditional", "codec", "expected"),
    [(False, "gbk", "gb18030"), (True, "gbk", "gb18030"), (True, "big5", None),
     (True, "utf-8", "utf-8")],
)  # fmt: skip
def test_chinese_names_of_either_script_and_other_encodings(traditional, codec, expected):
    names = [name.encode(codec, "ignore") for name in city_names(traditional=traditional)]
    for at in range(0, len(names) - 40, 40):
        assert likely(names[at : at + 40]) == expected


@given(st.lists(st.sampled_from(["Müller", "São Paulo", "Köln", "Ñuñoa", "Orléans", "Besançon"]),
                min_size=1, max_size=20))  # fmt: skip
def test_latin_letters_are_no_chinese(words):
    assert likely([" ".join(words).encode("latin-1")]) is None
