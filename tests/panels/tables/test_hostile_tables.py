"""Tables made to do harm, or to pass for another: one line, soon, and without eating memory."""

import struct
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from geo.errors import (
    CodeError,
    DuplicateCityYearError,
    NightpanelError,
    SharesError,
    TableColumnError,
    TableFileError,
)
from panels.indices import uil
from panels.tables.text_tables import open_text
from tests.panels.table_files import csv, read, rebuilt, xlsx

SHEET = "xl/worksheets/sheet1.xml"
ROWS = [["城市代码", "年份", "地区生产总值"], ["110000", 2018, 10.5], ["450800", 2018, 7.25]]
XLS = Path(__file__).with_name("files") / "yearbook.xls"


@pytest.fixture
def whole(tmp_path):
    return xlsx(tmp_path, ROWS, name="whole.xlsx")


def message(file, **changes):
    with pytest.raises(NightpanelError) as caught:
        read(file, **changes)
    line = str(caught.value)
    assert "\n" not in line
    assert str(file) in line
    return line


def changed(whole, target, old, new):
    return rebuilt(whole, target, change={SHEET: lambda sheet: sheet.replace(old, new)})


def laughs(levels=9):
    entities = ['<!ENTITY e0 "ha">'] + [
        f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, levels + 1)
    ]
    return f"<!DOCTYPE laughs [{''.join(entities)}]>".encode()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("member", [SHEET, "xl/workbook.xml", "xl/styles.xml"])
def test_a_billion_laughs(whole, tmp_path, encoding, member):
    def laughing(content):
        text = content.decode().removeprefix('<?xml version="1.0" encoding="UTF-8"?>')
        body = (laughs().decode() + text.replace("<v>7.25</v>", "<v>&e9;</v>")).lstrip()
        return body.encode(encoding)

    file = rebuilt(whole, tmp_path / "laughs.xlsx", change={member: laughing})
    line = message(file)
    assert "expected a workbook without document types or entities" in line
    assert f"found one declared in {member}; do not trust the file" in line


def test_entities_in_a_member_of_any_name(whole, tmp_path):
    hidden = laughs() + b"<a>&e9;</a>"
    file = rebuilt(whole, tmp_path / "laughs.xlsx", add={"xl/media/image1.png": hidden})
    assert "found one declared in xl/media/image1.png" in message(file)


def test_a_zip_bomb(whole, tmp_path):
    file = changed(
        whole, tmp_path / "bomb.xlsx", b"<sheetData>", b"<sheetData>" + b" " * (40 << 20)
    )
    assert file.stat().st_size < 100_000
    line = message(file)
    assert "expected a workbook of at most 512 MB unpacked, 100 times its size" in line
    assert "found 40 MB" in line


def test_a_zip_that_lies_about_its_sizes(whole, tmp_path):
    file = changed(
        whole, tmp_path / "lies.xlsx", b"<sheetData>", b"<sheetData>" + b" " * (40 << 20)
    )
    with zipfile.ZipFile(file) as book:
        info = book.getinfo(SHEET)
    content = file.read_bytes()
    honest = struct.pack("<LLL", info.CRC, info.compress_size, info.file_size)
    assert content.count(honest) >= 1
    file.write_bytes(
        content.replace(honest, struct.pack("<LLL", info.CRC, info.compress_size, 1000))
    )
    assert "expected a readable xlsx file" in message(file)


@pytest.mark.parametrize("path", ["../../evil.txt", "/etc/evil", "C:\\evil", "xl\\..\\..\\evil"])
def test_members_that_climb(whole, tmp_path, path):
    file = rebuilt(whole, tmp_path / "climb.xlsx", add={path: b"x"})
    assert "expected members inside the workbook, found the path" in message(file)
    assert list(tmp_path.iterdir()) == [whole, file] or set(tmp_path.iterdir()) == {whole, file}


@pytest.mark.parametrize(
    ("new", "found"),
    [
        (b'<row r="99999999999"><c r="A99999999999"><v>2</v></c></row>', "row 99999999999"),
        (b'<row r="5">' + b"<c/>" * 20_000 + b"</row>", "more than 16,384 cells in row 5"),
        (b"<a>" * 100_000 + b"</a>" * 100_000, "more than 64 elements inside each other"),
    ],
    ids=["far", "wide", "deep"],
)
def test_sheets_that_no_program_writes(whole, tmp_path, new, found):
    file = changed(whole, tmp_path / "odd.xlsx", b"</sheetData>", new + b"</sheetData>")
    line = message(file)
    assert "expected a sheet of at most 1,048,576 rows and 16,384 columns" in line
    assert f"found {found}" in line


def test_two_cells_in_the_corners_of_a_sheet_are_two_cells(whole, tmp_path):
    corner = b'<row r="1048576"><c r="XFD1048576"><v>2</v></c></row></sheetData>'
    file = changed(whole, tmp_path / "corner.xlsx", b"</sheetData>", corner)
    made = read(file)
    assert len(made.table) == 2
    assert [row.row for row in made.audit if row.rule == "notes_rows"] == [1048576]


def test_a_merged_block_as_large_as_the_sheet(whole, tmp_path):
    block = b'</sheetData><mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    file = changed(whole, tmp_path / "merged.xlsx", b"</sheetData>", block)
    assert "column '城市代码': expected one column of this name, found 3" in message(file)


@pytest.mark.parametrize(
    ("name", "content", "found", "hint"),
    [
        ("t.xlsx", b"<html><table>", "a web page (html)", "save it as xlsx"),
        ("t.xlsx", "城市代码,年份\n".encode(), "text with separators", "rename it to t.csv"),
        ("t.xlsx", XLS.read_bytes(), "an older xls workbook", "rename it to t.xls"),
        ("t.xls", b"\xef\xbb\xbf <HTML>", "a web page (html or xml)", "save it as xlsx"),
        ("t.xls", "城市代码\t年份\n".encode(), "text with separators", "rename it to t.csv"),
        ("t.xls", b"PK\x03\x04", "a newer workbook", "rename it to t.xlsx"),
        ("t.csv", b"PK\x03\x04", "an Excel workbook", "rename it to t.xlsx"),
        ("t.csv", XLS.read_bytes(), "an Excel workbook", "rename it to t.xls"),
    ],
)
def test_files_in_disguise(tmp_path, name, content, found, hint):
    file = tmp_path / name
    file.write_bytes(content)
    line = message(file)
    assert f"found {found}" in line
    assert hint in line


def test_an_archive_around_a_table(tmp_path):
    file = tmp_path / "t.xlsx"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("t.csv", "城市代码,年份")
    assert "found a zip without one; name the table, not the archive around it" in message(file)


def test_a_few_bytes_of_parquet_for_thirty_million_rows(tmp_path):
    file = tmp_path / "t.parquet"
    pq.write_table(pa.table({"城市代码": pa.nulls(30_000_000)}), file)
    assert "at most 20,000,000 cells, found 30,000,000" in message(file)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a,b\n" + "," * 20_000, "20,001 in line 2"),
        ("a,b" + "\n" * 6_000_000, "6,000,000"),
        ('a,b\n"' + "x" * 200_000, "field larger than field limit"),
    ],
)
def test_text_without_end(tmp_path, text, found):
    assert found in message(csv(tmp_path, text))


def test_duplicated_keys(tmp_path):
    file = xlsx(tmp_path, [*ROWS, ROWS[1]])
    with pytest.raises(DuplicateCityYearError, match="city 1100, year 2018 in rows 2, 4"):
        read(file)


def test_shares_of_a_hundred_and_one(tmp_path):
    header = ["城市代码", "年份", "第一产业占比(%)", "第二产业占比(%)", "第三产业占比(%)"]
    file = xlsx(tmp_path, [header, ["110000", 2018, 1, 40, 60], ["450800", 2018, 20, 40, 40]])
    shares = ["s1", "s2", "s3"]
    columns = dict(zip(shares, ("第一产业占比", "第二产业占比", "第三产业占比"), strict=True))
    table = read(file, columns=columns).table
    with pytest.raises(SharesError, match=r"sum to 1 within 0.005, found 1.0100 for city 1100"):
        uil(table, shares=shares, unit="percent", where="t")


@pytest.mark.parametrize("cells", [[110000.0, 450800.0], ["110000.0", "450800.00"]])
def test_float_codes_are_codes(tmp_path, cells):
    rows = [ROWS[0], *([code, 2018.0, 1.0] for code in cells)]
    assert read(xlsx(tmp_path, rows)).table["city_id"].tolist() == ["1100", "4508"]


def test_codes_in_powers_of_ten_are_refused(tmp_path):
    file = csv(tmp_path, "城市代码,年份,地区生产总值\n1.1E+05,2018,1\n")
    with pytest.raises(CodeError, match=r"'1.1E\+05' in row 2"):
        read(file)


@pytest.mark.parametrize("kind", ["xlsx", "xls", "csv", "dta", "parquet"])
def test_damaged_bytes_end_in_a_named_error_or_a_table(tmp_path, kind):
    table = pd.DataFrame(
        {"城市代码": ["110000", "450800"], "年份": [2018, 2018], "gdp": [1.5, 2.5]}
    )
    file = tmp_path / f"t.{kind}"
    if kind == "xls":
        file.write_bytes(XLS.read_bytes())
    elif kind == "xlsx":
        xlsx(tmp_path, ROWS, name="t.xlsx")
    elif kind == "csv":
        table.to_csv(file, index=False)
    elif kind == "dta":
        table.rename(columns={"城市代码": "code", "年份": "year"}).to_stata(file, write_index=False)
    else:
        table.to_parquet(file)
    base = file.read_bytes()
    draw = np.random.default_rng(5)
    lines = []
    for _ in range(60):
        damaged = bytearray(base)
        for _ in range(draw.choice([1, 3, 20])):
            damaged[draw.integers(len(damaged))] = draw.integers(256)
        cut = draw.integers(len(damaged)) if draw.random() < 0.2 else len(damaged)
        file.write_bytes(damaged[:cut])
        try:
            read(file)
        except NightpanelError as error:
            lines.append(str(error))
    assert lines
    assert all("\n" not in line for line in lines)


def test_what_is_refused_leaves_nothing_behind(whole, tmp_path):
    bomb = changed(
        whole, tmp_path / "bomb.xlsx", b"<sheetData>", b"<sheetData>" + b" " * (40 << 20)
    )
    before = set(tmp_path.iterdir())
    with pytest.raises(TableFileError):
        read(bomb)
    assert set(tmp_path.iterdir()) == before


def test_control_characters_are_no_gb18030(tmp_path):
    file = tmp_path / "t.csv"
    file.write_bytes("城市代码,年份\n".encode("gbk") + b"\x00\x01\x02\n")
    with pytest.raises(TableFileError, match="bytes that make sense in neither"):
        open_text(file)


def test_a_column_with_a_nul_is_named(tmp_path):
    with pytest.raises(TableColumnError, match="in row 2"):
        read(csv(tmp_path, "城市代码,年份,地区生产总值\n110000,\x002018,1\n"))
