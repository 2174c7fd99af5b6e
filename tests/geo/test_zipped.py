"""Zipped boundaries: read where they are, refused where the archive is hostile or absurd."""

import stat
import struct
import zipfile
from pathlib import Path

import geopandas as gpd
import pytest
from shapely import box

from geo.boundaries import read_units
from geo.errors import BoundaryFileError
from geo.zipped import archive_of

NAMES = ["长沙市", "湘潭市"]
SUFFIXES = ["shp", "gpkg", "geojson", "fgb", "parquet", "kml"]


def written(folder: Path, suffix: str, stem: str = "units", encoding: str = "UTF-8") -> Path:
    squares = [box(110 + k, 23, 111 + k, 24) for k in range(2)]
    table = gpd.GeoDataFrame(
        {"code": ["4301", "4303"], "town": NAMES}, geometry=squares, crs="EPSG:4326"
    )
    path = folder / f"{stem}.{suffix}"
    if suffix == "parquet":
        table.to_parquet(path)
    elif suffix == "kml":
        table.to_file(path, driver="LIBKML")
    else:
        table.to_file(path, **({"encoding": encoding} if suffix == "shp" else {}))
    return path


def zipped(archive: Path, path: Path, folder: str = "") -> Path:
    """An archive with a dataset and what belongs to it."""
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED) as out:
        for part in sorted(path.parent.glob(f"{path.stem}.*")):
            if part.suffix != archive.suffix:
                out.write(part, folder + part.name)
    return archive


def names(path: Path, **keys: str) -> list[str]:
    units = read_units(path, unit_id="code", city_id="code:2", name="town", **keys)
    assert units.audit == () or [row.rule for row in units.audit] == ["forced_2d"]
    order = units.attributes.sort_values("unit_id")
    assert order["unit_id"].tolist() == ["4301", "4303"]
    return order["name"].tolist()


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("folder", ["", "数据/边界/"])
def test_every_format_in_an_archive(tmp_path: Path, suffix: str, folder: str) -> None:
    archive = zipped(tmp_path / "data.zip", written(tmp_path, suffix), folder)
    before = sorted(tmp_path.rglob("*"))
    assert names(archive) == NAMES
    assert names(archive / f"{folder}units.{suffix}") == NAMES
    assert sorted(tmp_path.rglob("*")) == before
    assert archive_of(archive / f"{folder}units.{suffix}") == archive


def test_kml(tmp_path: Path) -> None:
    assert names(written(tmp_path, "kml")) == NAMES
    archive = tmp_path / "places.kmz"
    with zipfile.ZipFile(archive, "w") as out:
        out.write(tmp_path / "units.kml", "doc.kml")
    assert names(archive) == NAMES


def test_shapefile_in_gbk_with_its_cpg(tmp_path: Path) -> None:
    path = written(tmp_path, "shp", encoding="GBK")
    assert names(zipped(tmp_path / "stated.zip", path)) == NAMES
    path.with_suffix(".cpg").write_text("UTF-8")
    with pytest.raises(BoundaryFileError, match=r"as its \.cpg says.*GB18030"):
        names(zipped(tmp_path / "wrong.zip", path))
    path.with_suffix(".cpg").unlink()
    archive = zipped(tmp_path / "unstated.zip", path)
    units = read_units(archive, unit_id="code", city_id="code:2", name="town")
    assert [row.rule for row in units.audit] == ["guessed_encoding"]
    assert units.attributes["name"].tolist() == NAMES


def test_several_datasets_need_a_name(tmp_path: Path) -> None:
    archive = tmp_path / "data.zip"
    zipped(archive, written(tmp_path, "gpkg", "towns"))
    zipped(archive, written(tmp_path, "geojson", "cities"), "more/")
    with pytest.raises(BoundaryFileError) as error:
        names(archive)
    line = str(error.value)
    assert "found 2: 'towns.gpkg', 'more/cities.geojson'" in line
    assert line.endswith("name one, for example data.zip/towns.gpkg")
    assert names(archive / "towns.gpkg") == NAMES
    assert names(archive / "more" / "cities.geojson") == NAMES
    with pytest.raises(BoundaryFileError, match=r"data\.zip/other\.shp.*'towns\.gpkg'"):
        names(archive / "other.shp")


def test_names_that_chinese_windows_wrote(tmp_path: Path) -> None:
    path = written(tmp_path, "shp", "XXXX")
    archive = zipped(tmp_path / "data.zip", path)
    archive.write_bytes(archive.read_bytes().replace(b"XXXX", "市县".encode("gbk")))
    assert names(archive) == NAMES
    assert names(archive / "市县.shp") == NAMES


def test_what_systems_add_is_no_dataset(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "data.zip", written(tmp_path, "gpkg"))
    with zipfile.ZipFile(archive, "a") as out:
        out.writestr("__MACOSX/._units.gpkg", b"x")
        out.writestr("._units.gpkg", b"x")
        out.writestr("readme.txt", b"x")
    assert names(archive) == NAMES


def test_archives_without_a_dataset(tmp_path: Path) -> None:
    archive = tmp_path / "data.zip"
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("readme.txt", b"x")
    with pytest.raises(BoundaryFileError, match=r"found none; put a file of polygons in it"):
        names(archive)
    archive.write_bytes(b"no archive")
    with pytest.raises(BoundaryFileError, match="a zip archive"):
        names(archive)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("/etc/units.gpkg", "an absolute name"),
        ("C:/units.gpkg", "an absolute name"),
        ("../units.gpkg", "a name that leads out"),
        ("a/../../units.gpkg", "a name that leads out"),
        ("a\\units.gpkg", "a name with a backslash"),
        ("..\\units.gpkg", "a name with a backslash"),
    ],
)
def test_hostile_names_are_refused(tmp_path: Path, name: str, found: str) -> None:
    archive = zipped(tmp_path / "data.zip", written(tmp_path, "gpkg"))
    with zipfile.ZipFile(archive, "a") as out:
        out.writestr(zipfile.ZipInfo(name), b"x")
    with pytest.raises(BoundaryFileError) as error:
        names(archive)
    line = str(error.value)
    assert found in line
    assert repr(name) in line
    assert "do not trust this archive" in line
    assert "\n" not in line


def test_links_are_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "data.zip", written(tmp_path, "gpkg"))
    link = zipfile.ZipInfo("other.gpkg")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(archive, "a") as out:
        out.writestr(link, "/etc/passwd")
    with pytest.raises(BoundaryFileError, match=r"a link: 'other\.gpkg'"):
        names(archive)


def patched(archive: Path, offset: int, kind: str, value: int) -> None:
    """Overwrite a field of the first entry of the table of contents."""
    data = bytearray(archive.read_bytes())
    struct.pack_into(kind, data, data.index(b"PK\x01\x02") + offset, value)
    archive.write_bytes(data)


def test_encrypted_members_are_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "data.zip", written(tmp_path, "gpkg"))
    patched(archive, 8, "<H", 0x1)
    with pytest.raises(BoundaryFileError, match="an encrypted member"):
        names(archive)


def test_absurd_sizes_are_refused(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("units.geojson", b"\0" * 60_000_000)
    with pytest.raises(BoundaryFileError, match=r"packed to a 10\d\dth of its size"):
        names(bomb)
    for place, kind, value, found in (
        (24, "<I", 4_000_000_000, "4.0 GB|packed to a"),
        (20, "<I", 4_000_000_000, "packed larger than the archive"),
    ):
        archive = tmp_path / f"{place}.zip"
        zipped(archive, written(tmp_path, "gpkg"))
        patched(archive, place, kind, value)
        with pytest.raises(BoundaryFileError, match=found):
            names(archive)
    many = tmp_path / "many.zip"
    with zipfile.ZipFile(many, "w") as out:
        for number in range(10_001):
            out.writestr(f"{number}.txt", b"")
    with pytest.raises(BoundaryFileError, match="10001 members"):
        names(many)


def test_one_name_twice_is_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "data.zip", written(tmp_path, "gpkg"))
    with zipfile.ZipFile(archive, "a") as out, pytest.warns(UserWarning, match="Duplicate name"):
        out.writestr("units.gpkg", b"x")
    with pytest.raises(BoundaryFileError, match="two members of one name"):
        names(archive)


def test_a_damaged_member(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "data.zip", written(tmp_path, "gpkg"))
    data = archive.read_bytes()
    archive.write_bytes(data[:200] + bytes(2_000) + data[2_200:])
    with pytest.raises(BoundaryFileError, match=r"data\.zip/units\.gpkg"):
        names(archive)


def test_entities_that_grow_without_end(tmp_path: Path) -> None:
    path = tmp_path / "units.kml"
    entities = "".join(f'<!ENTITY l{k} "{f"&l{k - 1};" * 10}">' for k in range(1, 10))
    path.write_text(
        f'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY l0 "lol">{entities}]>'
        "<kml xmlns='http://www.opengis.net/kml/2.2'><Document><Placemark><name>&l9;</name>"
        "</Placemark></Document></kml>"
    )
    with pytest.raises(BoundaryFileError, match=r"units\.kml"):
        names(path)
