"""What the server answers under its addresses."""

import io
import shutil
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from starlette.testclient import TestClient

from nightpanel.output_folder import read_output_folder
from nightpanel.viewer.page_files import PAGE
from nightpanel.viewer.routes import application
from nightpanel.viewer.shown_folder import ShownFolder, shown_folder
from nightpanel.viewer.tile_box import TileBox
from tests.nightpanel.viewer.conftest import PRODUCT, client_of, ready
from tests.nightpanel.viewer.mvt import layers

ASKED = {"product": PRODUCT, "variable": "gini"}
BOX = TileBox(6, 51, 26)


def at(box: TileBox) -> str:
    return f"{box.zoom}/{box.column}/{box.row}"


def test_about_says_what_there_is(client: TestClient, shown: ShownFolder) -> None:
    about = client.get("/about.json").json()
    assert [(one["name"], one["count"]) for one in about["layers"]] == [
        ("cities", 6),
        ("townships", len(shown.layers["townships"].ids)),
    ]
    years = [2014, 2015, 2016, 2017]
    assert about["layers"][0]["products"] == [{"name": PRODUCT, "years": years}]
    assert about["layers"][0]["first"] == "gini"
    assert [one["year"] for one in about["light"][0]["years"]] == years
    assert all(not one["why_not"] for one in about["light"][0]["years"])
    assert about["box"] == pytest.approx(shown.layers["cities"].shapes.to_crs(4326).total_bounds)
    assert about["messages"] == ["This folder does not hold estimates (the estimates stage)."]


def test_values_are_the_numbers_of_the_table(client: TestClient, ran: Path) -> None:
    answer = client.get("/values/cities", params=ASKED | {"year": 2015})
    values = np.frombuffer(answer.content, "<f8")
    ids = client.get("/places/cities").json()["ids"]
    known = pd.read_parquet(ran / "cities.parquet").set_index(["city_id", "year"])["gini"]
    assert values.tolist() == [known[one, 2015] for one in ids]


def test_classes_hold_the_values_of_all_years(client: TestClient, shown: ShownFolder) -> None:
    found = client.get("/classes/cities", params=ASKED).json()
    values = shown.layers["cities"].all_values("gini", PRODUCT)
    assert found["breaks"][0][0] == values.min()
    assert found["breaks"][-1][1] == values.max()
    assert len(found["colours"]) == len(found["breaks"])
    assert found["nothing"] not in found["colours"]


def test_outlines_are_vector_tiles(client: TestClient, shown: ShownFolder) -> None:
    for name, number in (("cities", 6), ("townships", len(shown.layers["townships"].ids))):
        answer = client.get(f"/outlines/{name}/{at(BOX)}")
        assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
        (layer,) = layers(answer.content)
        assert sorted(one.id for one in layer.features) == list(range(1, number + 1))
    assert client.get("/outlines/cities/6/0/0").status_code == 204


def test_light_is_a_picture(client: TestClient) -> None:
    asked = {"product": PRODUCT, "year": 2014}
    answer = client.get(f"/light/{at(BOX)}", params=asked)
    assert answer.headers["content-type"] == "image/png"
    with Image.open(io.BytesIO(answer.content)) as image:
        assert image.size == (256, 256)
        assert np.unique(np.asarray(image), axis=0).shape[0] > 1
    assert client.get("/light/6/0/0", params=asked).status_code == 204


def test_search_and_city(client: TestClient, shown: ShownFolder) -> None:
    place = client.get("/search", params={"q": "0103"}).json()[0]
    assert (place["layer"], place["id"]) == ("cities", "0103")
    facts = client.get("/city", params={"id": "0103", "product": PRODUCT, "year": 2014}).json()
    assert facts["box"] == place["box"]
    assert list(facts["light"]) == ["2014"]
    both = {"id": "0103", "product": PRODUCT, "year": 2014, "other": 2016}
    assert list(client.get("/city", params=both).json()["light"]) == ["2014", "2016"]
    assert shown.layers["cities"].ids[2] == "0103"


def test_downloads_have_names(client: TestClient) -> None:
    asked = ASKED | {"year": "2014", "other": "2016", "box": "100,20,120,40"}
    answer = client.get("/download/cities.csv", params=asked)
    name = f"cities_gini_{PRODUCT}_2014_2016.csv"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert answer.text.splitlines()[0].endswith("gini_2014,gini_2016")
    answer = client.get("/download/cities.gpkg", params=asked)
    assert answer.content.startswith(b"SQLite format 3\0")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/values/cities", 400),
        (f"/values/cities?product={PRODUCT}&variable=gini&year=x", 400),
        (f"/values/cities?product={PRODUCT}&variable=gini&year=-1", 400),
        (f"/values/cities?product={PRODUCT}&variable=gini&year=99999", 400),
        (f"/values/cities?product={PRODUCT}&variable=gini&year=1900", 404),
        (f"/values/cities?product={PRODUCT}&variable=city_id&year=2014", 404),
        (f"/values/nowhere?product={PRODUCT}&variable=gini&year=2014", 404),
        ("/classes/cities?product=x&variable=gini", 404),
        ("/outlines/nowhere/0/0/0", 404),
        ("/outlines/cities/0/1/0", 404),
        ("/outlines/cities/99/0/0", 404),
        ("/outlines/cities/0/-1/0", 404),
        ("/outlines/cities/a/b/c", 404),
        (f"/light/0/0/0?product={PRODUCT}&year=1900", 404),
        ("/light/0/0/0?product=/etc/passwd&year=2014", 404),
        (f"/light/99/0/0?product={PRODUCT}&year=2014", 404),
        (f"/city?id=nowhere&product={PRODUCT}&year=2014", 404),
        ("/city", 400),
        (f"/download/cities.exe?product={PRODUCT}&variable=gini&year=2014", 404),
        (f"/download/cities.csv?product={PRODUCT}&variable=gini&year=2014&box=1,2", 400),
        (f"/download/cities.csv?product={PRODUCT}&variable=gini&year=2014&other=20x4", 400),
    ],
)
def test_wrong_questions_are_refused(client: TestClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert len(answer.content) < 200


@pytest.mark.parametrize(
    "path",
    [
        "/../manifest.json",
        "/%2e%2e/manifest.json",
        "/..%2fmanifest.json",
        "/manifest.json",
        "/vendor/../server.py",
        "/vendor/%2e%2e/routes.py",
        "//etc/passwd",
        "/etc/passwd",
        "/page/../routes.py",
        "/%00",
        "/main.js%00.json",
        "/download/..%2f..%2fmanifest.json",
        "/style.css/../../routes.py",
    ],
)
def test_no_path_leads_out(shown: ShownFolder, path: str) -> None:
    files = {one.name: one for one in PAGE.iterdir()}
    answer = TestClient(application(shown, files), base_url="http://localhost").get(path)
    assert answer.status_code == 404


def test_the_page_is_served(shown: ShownFolder) -> None:
    files = {one.name: one for one in PAGE.iterdir()}
    client = TestClient(application(shown, files), base_url="http://localhost")
    assert client.get("/").text == (PAGE / "index.html").read_text("utf-8")
    kinds = {"main.js": "text/javascript", "style.css": "text/css", "icon.svg": "image/svg+xml"}
    for name, kind in kinds.items():
        assert client.get(f"/{name}").headers["content-type"].startswith(kind)
    assert client.get("/index.html").status_code == 404


def test_light_that_changed_is_a_conflict(out: Path) -> None:
    folder = read_output_folder(out)
    record = folder.stages["lights"]
    for tile in record["tiles"]:
        tile["sha256"] = record["inputs"][tile["path"]] = "0" * 64
    client = client_of(shown_folder(folder))
    answer = client.get("/light/0/0/0", params={"product": PRODUCT, "year": 2014})
    assert answer.status_code == 409
    assert "changed since the run" in answer.text


def test_outlines_that_are_not_made_yet_are_waited_for(shown: ShownFolder) -> None:
    waiting = replace(shown, outlines={name: Future() for name in shown.outlines})
    client = client_of(waiting)
    assert client.get("/ready.json").json() == {"ready": False}
    answer = client.get("/outlines/cities/0/0/0")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")


def test_markup_in_names_stays_text(client: TestClient) -> None:
    answer = client.get("/search?q=" + quote("<script>"))
    assert answer.headers["content-type"] == "application/json"
    answer = client.get("/" + quote("<script>alert(1)</script>"))
    assert answer.headers["content-type"].startswith("text/plain")


def test_calibrated_light_is_said_to_be_shown_as_it_was(out: Path) -> None:
    folder = read_output_folder(out)
    folder.stages["lights"]["settings"]["lights"]["steps"] = [{"step": "intercalibrate"}]
    about = client_of(ready(shown_folder(folder))).get("/about.json").json()
    assert any("calibrated light" in text for text in about["messages"])


def test_a_folder_without_a_cache_gets_none(out: Path) -> None:
    shutil.rmtree(out / ".cache")
    before = sorted(path.name for path in out.iterdir())
    client = client_of(ready(shown_folder(read_output_folder(out))))
    assert client.get(f"/outlines/cities/{at(BOX)}").status_code == 200
    assert sorted(path.name for path in out.iterdir()) == before


def test_parts_that_are_gone_are_said(out: Path) -> None:
    (out / "townships.gpkg").unlink()
    (out / "townships.parquet").unlink()
    about = client_of(ready(shown_folder(read_output_folder(out)))).get("/about.json").json()
    assert about["layers"] == []
    assert any("nothing to draw" in text for text in about["messages"])
    assert about["light"]


def test_a_table_without_years_is_said(out: Path) -> None:
    for name in ("units.parquet", "cities.parquet"):
        pd.read_parquet(out / name).iloc[:0].to_parquet(out / name)
    about = client_of(ready(shown_folder(read_output_folder(out)))).get("/about.json").json()
    assert any("hold no year" in text for text in about["messages"])
    assert all(layer["products"] == [] for layer in about["layers"])
