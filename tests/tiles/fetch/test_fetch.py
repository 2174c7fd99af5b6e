"""Fetching from servers that behave like Dataverse and figshare, and from those that misbehave."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import tiles.fetch.web
from geo.errors import FetchError, OutputError
from tests.web_server import Site, serving
from tiles.fetch.checksums import NAME, read_checksums
from tiles.fetch.credentials import Credentials, read_credentials
from tiles.fetch.download import CHUNK_BYTES, PART
from tiles.fetch.fetching import Fetched, fetch, plan_fetch
from tiles.fetch.repositories import RemoteFile, listed
from tiles.products import Product
from tiles.web_address import shown

DOI = "10.7910/DVN/GIYGJU"
TIFF = b"II*\0"
"""How a GeoTIFF begins."""
CONTENT = {
    "DMSP-like2020.tif": bytes(range(256)) * 5000,
    "DMSP_like2021.tif": b"light" * 100_000,
    "readme.pdf": b"words",
}


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(tiles.fetch.web, "WAIT_SECONDS", 0.0)
    with serving() as served:
        yield served


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


@pytest.fixture
def dataverse(site: Site) -> Site:
    files = []
    for number, (name, content) in enumerate(CONTENT.items(), start=101):
        path = f"/api/access/datafile/{number}?format=original"
        site.files[path] = content
        checksum = {"type": "MD5", "value": md5(content)}
        file = {"id": number, "filename": name, "filesize": len(content), "checksum": checksum}
        files.append({"label": name, "dataFile": file})
    site.answers[f"/api/datasets/:persistentId/?persistentId=doi:{DOI}"] = {
        "status": "OK",
        "data": {"id": 5, "latestVersion": {"versionNumber": 2, "files": files}},
    }
    return site


def run(site: Site, folder: Path, source: str = DOI, **options: object) -> Fetched:
    known = options.pop("credentials", Credentials())
    assert isinstance(known, Credentials)
    planned = plan_fetch(source, folder, credentials=known, server=site.url(""), **options)  # type: ignore[arg-type]
    return fetch(planned, wait=0.0)


def test_a_data_set_of_dataverse(dataverse: Site, tmp_path: Path) -> None:
    done = run(dataverse, tmp_path)
    assert [path.name for path in done.fetched] == sorted(CONTENT)
    assert {path.name: path.read_bytes() for path in done.fetched} == CONTENT
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in CONTENT.items()}
    assert read_checksums(tmp_path) == sums
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*CONTENT, NAME])


def test_an_article_of_figshare(site: Site, tmp_path: Path) -> None:
    content = b"harmonized" * 1000
    name = "Harmonized_DN_NTL_2014_simVIIRS.tif"
    site.files["/files/17626052"] = content
    file = {"id": 1, "name": name, "size": len(content), "computed_md5": md5(content)}
    file["download_url"] = site.url("/files/17626052")
    site.answers["/v2/articles/9828827/versions/2"] = {"id": 9828827, "files": [file]}
    done = run(site, tmp_path, "doi:10.6084/m9.figshare.9828827.v2")
    assert [path.read_bytes() for path in done.fetched] == [content]


def test_a_product_is_its_doi_and_its_years_are_in_the_names(
    dataverse: Site, tmp_path: Path
) -> None:
    done = run(dataverse, tmp_path, "dmsp-like-china", years=[2021])
    assert [path.name for path in done.fetched] == ["DMSP_like2021.tif"]


def test_names_by_a_pattern(dataverse: Site, tmp_path: Path) -> None:
    done = run(dataverse, tmp_path, match="*.pdf")
    assert [path.name for path in done.fetched] == ["readme.pdf"]
    with pytest.raises(FetchError, match=r"files that match \*\.zip"):
        run(dataverse, tmp_path, match="*.zip")


def test_a_dry_run_writes_nothing_and_knows_the_sizes(dataverse: Site, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    planned = plan_fetch(DOI, folder, credentials=Credentials(), server=dataverse.url(""))
    assert [(one.file.name, one.state, one.bytes_left) for one in planned.files] == [
        (name, "missing", len(CONTENT[name])) for name in sorted(CONTENT)
    ]
    assert not folder.exists()


def test_what_is_there_is_not_fetched_again(dataverse: Site, tmp_path: Path) -> None:
    run(dataverse, tmp_path)
    asked = len(dataverse.requests)
    done = run(dataverse, tmp_path)
    assert (len(done.fetched), len(done.kept)) == (0, 3)
    assert len(dataverse.requests) == asked + 1  # the list of files


def test_a_file_that_was_changed_here_is_refused_and_left(dataverse: Site, tmp_path: Path) -> None:
    run(dataverse, tmp_path)
    (tmp_path / "readme.pdf").write_bytes(b"other words")
    with pytest.raises(FetchError, match=r"readme\.pdf: expected the sha256"):
        run(dataverse, tmp_path)
    assert (tmp_path / "readme.pdf").read_bytes() == b"other words"


def test_a_dropped_connection_is_resumed_where_it_broke(dataverse: Site, tmp_path: Path) -> None:
    path = "/api/access/datafile/101?format=original"
    dataverse.drop_after[path] = [100_000, 300_000]
    run(dataverse, tmp_path, match="*2020*")
    assert (tmp_path / "DMSP-like2020.tif").read_bytes() == CONTENT["DMSP-like2020.tif"]
    ranges = [headers.get("Range") for headers in dataverse.sent(path)]
    assert ranges[0] is None
    begins = [int(text.removeprefix("bytes=").removesuffix("-")) for text in ranges[1:] if text]
    assert 100_000 - CHUNK_BYTES < begins[0] <= 100_000
    assert begins[0] + 300_000 - CHUNK_BYTES < begins[1] <= begins[0] + 300_000


def test_a_download_that_was_given_up_goes_on_in_the_next_run(
    dataverse: Site, tmp_path: Path
) -> None:
    path = "/api/access/datafile/101?format=original"
    dataverse.drop_after[path] = [100_000] * 5
    with pytest.raises(FetchError, match="an answer in 5 tries"):
        run(dataverse, tmp_path, match="*2020*")
    assert not (tmp_path / "DMSP-like2020.tif").exists()
    assert read_checksums(tmp_path) == {}
    plan = plan_fetch(
        DOI, tmp_path, match="*2020*", credentials=Credentials(), server=dataverse.url("")
    )
    (planned,) = plan.files
    assert planned.state == "unfinished"
    have = (tmp_path / f"DMSP-like2020.tif{PART}").stat().st_size
    assert 0 < have <= 500_000
    assert planned.bytes_left == len(CONTENT["DMSP-like2020.tif"]) - have
    run(dataverse, tmp_path, match="*2020*")
    assert dataverse.sent(path)[-1]["Range"] == f"bytes={have}-"
    assert (tmp_path / "DMSP-like2020.tif").read_bytes() == CONTENT["DMSP-like2020.tif"]


def test_a_server_that_cannot_resume_sends_the_whole_again(dataverse: Site, tmp_path: Path) -> None:
    path = "/api/access/datafile/101?format=original"
    dataverse.drop_after[path] = [100_000]
    dataverse.no_ranges.add(path)
    run(dataverse, tmp_path, match="*2020*")
    assert (tmp_path / "DMSP-like2020.tif").read_bytes() == CONTENT["DMSP-like2020.tif"]


@pytest.mark.parametrize("obeys", [True, False])
@pytest.mark.parametrize("size_known", [True, False])
def test_parts_of_two_versions_are_never_put_together(
    site: Site, tmp_path: Path, obeys: bool, size_known: bool
) -> None:
    """Also by a server that takes no notice of If-Range, but says which bytes it sends."""
    first, second = (TIFF + bytes([k]) * 400_000 for k in (1, 2))
    path = "/light.tif"
    site.files[path], site.drop_after[path] = first, [70_000] * 5
    if not size_known:
        site.only_get.add(path)
    planned = plan_fetch(site.url(path), tmp_path, credentials=Credentials())
    with pytest.raises(FetchError, match="an answer in 5 tries"):
        fetch(planned, wait=0.0)
    assert 0 < (tmp_path / f"light.tif{PART}").stat().st_size < len(first)
    site.drop_after[path] = []
    site.files[path] = second
    if not obeys:
        site.deaf.add(path)
    fetch(plan_fetch(site.url(path), tmp_path, credentials=Credentials()), wait=0.0)
    asked = [headers for headers in site.sent(path) if "Range" in headers]
    assert all("If-Range" in headers for headers in asked)
    assert (tmp_path / "light.tif").read_bytes() == second
    assert sorted(file.name for file in tmp_path.iterdir()) == [NAME, "light.tif"]


def test_a_part_is_of_one_address(site: Site, tmp_path: Path) -> None:
    """What broke off from one server is not gone on with from another."""
    one, other = TIFF + bytes(400_000), TIFF + bytes([5]) * 400_000
    site.files |= {"/a/light.tif": one, "/b/light.tif": other}
    site.drop_after["/a/light.tif"] = [70_000] * 5
    with pytest.raises(FetchError, match="an answer in 5 tries"):
        fetch(plan_fetch(site.url("/a/light.tif"), tmp_path, credentials=Credentials()), wait=0.0)
    fetch(plan_fetch(site.url("/b/light.tif"), tmp_path, credentials=Credentials()), wait=0.0)
    assert "Range" not in site.sent("/b/light.tif")[0]
    assert (tmp_path / "light.tif").read_bytes() == other


def test_a_part_of_unknown_bytes_is_fetched_from_its_beginning(site: Site, tmp_path: Path) -> None:
    """No ETag and no checksum: nothing could tell whether the rest belongs to it."""
    content = TIFF + bytes(300_000)
    site.files["/light.tif"] = content
    site.no_etag.add("/light.tif")
    site.drop_after["/light.tif"] = [100_000]
    fetch(plan_fetch(site.url("/light.tif"), tmp_path, credentials=Credentials()), wait=0.0)
    assert ["Range" in headers for headers in site.sent("/light.tif")] == [False, False]
    assert (tmp_path / "light.tif").read_bytes() == content


@pytest.mark.parametrize("size", [3, 7])
def test_more_or_less_than_was_promised_is_not_asked_for_again(
    dataverse: Site, tmp_path: Path, size: int
) -> None:
    path = "/api/access/datafile/103?format=original"
    dataverse.files[path] = b"x" * size
    with pytest.raises(FetchError, match=rf"the 5 bytes that were promised, found {size}"):
        run(dataverse, tmp_path, match="*.pdf")
    assert len(dataverse.sent(path)) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "kind", "content"),
    [
        ("VNL_2024.tif", "text/html; charset=utf-8", b"<!doctype html><form>log in</form>"),
        ("VNL_2024.tif", "application/octet-stream", b"<html>log in</html>"),
        ("VNL_2024.tif.gz", "image/tiff", TIFF),
        ("VNP46A4.h5", "application/octet-stream", b"\r\n<html>"),
        ("light.dat", "text/html", b"<html>log in</html>"),
    ],
)
def test_a_page_is_no_tile(
    site: Site, tmp_path: Path, name: str, kind: str, content: bytes
) -> None:
    site.files[f"/{name}"], site.kinds[f"/{name}"] = content, kind
    planned = plan_fetch(site.url(f"/{name}"), tmp_path, credentials=Credentials())
    with pytest.raises(FetchError, match="log in send such pages: give credentials"):
        fetch(planned, wait=0.0)
    assert len(site.sent(f"/{name}")) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_tile_that_its_server_calls_a_page(site: Site, tmp_path: Path) -> None:
    site.files["/light.tif"], site.kinds["/light.tif"] = TIFF + b"light", "text/html"
    fetch(plan_fetch(site.url("/light.tif"), tmp_path, credentials=Credentials()), wait=0.0)
    assert (tmp_path / "light.tif").read_bytes() == TIFF + b"light"


def test_a_busy_server_is_asked_again(dataverse: Site, tmp_path: Path) -> None:
    dataverse.busy["/api/access/datafile/103?format=original"] = 2
    run(dataverse, tmp_path, match="*.pdf")
    assert (tmp_path / "readme.pdf").read_bytes() == b"words"


def test_other_bytes_than_the_repository_says_are_refused(dataverse: Site, tmp_path: Path) -> None:
    dataverse.files["/api/access/datafile/103?format=original"] = b"wordz"
    with pytest.raises(FetchError, match=r"readme\.pdf.* expected the checksum md5:"):
        run(dataverse, tmp_path, match="*.pdf")
    assert not (tmp_path / "readme.pdf").exists()
    assert read_checksums(tmp_path) == {}


def test_other_bytes_than_at_the_first_download_are_refused(site: Site, tmp_path: Path) -> None:
    """A single address has no checksum of its own: the first download's is enforced."""
    site.files["/light.tif"] = TIFF + b"first"
    address = site.url("/light.tif")
    planned = plan_fetch(address, tmp_path, credentials=Credentials())
    fetch(planned, wait=0.0)
    site.files["/light.tif"] = TIFF + b"later"
    (tmp_path / "light.tif").unlink()
    again = plan_fetch(address, tmp_path, credentials=Credentials())
    with pytest.raises(FetchError, match="the file on the server has changed"):
        fetch(again, wait=0.0)
    assert not (tmp_path / "light.tif").exists()


def test_a_file_that_changed_on_the_server_is_noticed(dataverse: Site, tmp_path: Path) -> None:
    run(dataverse, tmp_path)
    answer = dataverse.answers[f"/api/datasets/:persistentId/?persistentId=doi:{DOI}"]
    pdf = answer["data"]["latestVersion"]["files"][2]["dataFile"]
    pdf["checksum"]["value"] = md5(b"wordz")
    with pytest.raises(FetchError, match=r"of the repository.* the file on the server has changed"):
        run(dataverse, tmp_path)
    assert (tmp_path / "readme.pdf").read_bytes() == b"words"


def test_files_that_were_there_before_are_verified_and_recorded(
    dataverse: Site, tmp_path: Path
) -> None:
    """By the repository's checksum, or by their size where the server has no more."""
    (tmp_path / "readme.pdf").write_bytes(b"words")
    done = run(dataverse, tmp_path, match="*.pdf")
    assert [path.name for path in done.recorded] == ["readme.pdf"]
    assert read_checksums(tmp_path)["readme.pdf"] == hashlib.sha256(b"words").hexdigest()
    assert run(dataverse, tmp_path, match="*.pdf").recorded == ()
    dataverse.files["/light.tif"] = TIFF + b"light"
    (tmp_path / "light.tif").write_bytes(TIFF)
    address = dataverse.url("/light.tif")
    with pytest.raises(FetchError, match="9 bytes, as the server has, found 4"):
        plan_fetch(address, tmp_path, credentials=Credentials())
    (tmp_path / "light.tif").write_bytes(TIFF + b"light")
    done = fetch(plan_fetch(address, tmp_path, credentials=Credentials()))
    assert [path.name for path in done.recorded] == ["light.tif"]
    asked = len(dataverse.requests)
    plan_fetch(address, tmp_path, credentials=Credentials())
    assert len(dataverse.requests) == asked


@pytest.mark.parametrize("name", [NAME, NAME.upper(), "light.tif.part", "light.tif.part-of"])
def test_names_that_are_this_programs_own(dataverse: Site, tmp_path: Path, name: str) -> None:
    answer = dataverse.answers[f"/api/datasets/:persistentId/?persistentId=doi:{DOI}"]
    answer["data"]["latestVersion"]["files"][2]["dataFile"]["filename"] = name
    with pytest.raises(FetchError, match="leave it out with --match"):
        run(dataverse, tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert len(run(dataverse, tmp_path, match="*.tif").fetched) == 2


def test_a_table_that_dataverse_has_taken_in_comes_as_it_was(site: Site, tmp_path: Path) -> None:
    """Name and size of the copy in Dataverse's own form are not those of what is sent."""
    content = b"year,light\n2013,4\n"
    site.files["/api/access/datafile/9?format=original"] = content
    file = {
        "id": 9, "filename": "light.tab", "filesize": 400, "originalFileFormat": "text/csv",
        "originalFileName": "light.csv", "originalFileSize": len(content), "md5": md5(content),
    }  # fmt: skip
    site.answers[f"/api/datasets/:persistentId/?persistentId=doi:{DOI}"] = {
        "data": {"latestVersion": {"files": [{"dataFile": file}]}}
    }
    (path,) = run(site, tmp_path).fetched
    assert (path.name, path.read_bytes()) == ("light.csv", content)


def test_the_size_behind_an_address(site: Site, tmp_path: Path) -> None:
    """A server may refuse to say it; one that has no such file says so at once."""
    site.files |= {"/a.tif": TIFF + bytes(96), "/b.tif": TIFF}
    site.only_get.add("/b.tif")
    (one,) = plan_fetch(site.url("/a.tif"), tmp_path, credentials=Credentials()).files
    assert (one.file.size, one.bytes_left) == (100, 100)
    (other,) = plan_fetch(site.url("/b.tif"), tmp_path, credentials=Credentials()).files
    assert other.bytes_left is None
    with pytest.raises(FetchError, match="status 404"):
        plan_fetch(site.url("/c.tif"), tmp_path, credentials=Credentials())
    assert {method for method, _, _ in site.requests} == {"HEAD"}


def test_a_product_of_ones_own_has_a_doi(dataverse: Site, tmp_path: Path) -> None:
    mine = Product(
        name="mine", title="", pattern=r"DMSP_like(?P<year>\d{4})\.tif", unit="DN",
        valid_min=0.0, valid_max=63.0, doi=DOI,
    )  # fmt: skip
    done = run(dataverse, tmp_path, "mine", user=[mine], years=[2021])
    assert [path.name for path in done.fetched] == ["DMSP_like2021.tif"]


def test_a_place_that_is_no_folder(site: Site, tmp_path: Path) -> None:
    site.files["/light.tif"] = TIFF
    (tmp_path / "file").write_text("words")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(OutputError, match="a folder for files"):
            fetch(plan_fetch(site.url("/light.tif"), folder, credentials=Credentials()))
    (tmp_path / "to" / "light.tif").mkdir(parents=True)
    with pytest.raises(OutputError, match=r"a folder where light\.tif is to be"):
        plan_fetch(site.url("/light.tif"), tmp_path / "to", credentials=Credentials())


@pytest.mark.parametrize("name", ["../evil.tif", "/etc/passwd", "..", "a\\b.tif", ".hidden", ""])
def test_names_that_lead_elsewhere_are_refused(site: Site, tmp_path: Path, name: str) -> None:
    file = {"id": 1, "name": name, "size": 1, "download_url": site.url("/x")}
    site.answers["/v2/articles/1"] = {"files": [file]}
    with pytest.raises(FetchError, match="files with plain names"):
        run(site, tmp_path, "10.6084/m9.figshare.1")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("not-a-product", "a product with a DOI, a DOI, or an address"),
        ("http://[::1/x.tif", "found a text that is none"),
        ("http:///x.tif", "the address of a file on a server"),
        ("http://h.example:port/x.tif", "found a text that is none"),
        ("https://me:hush@h.example/x.tif", "give credentials to 'nightpanel fetch'"),
        ("file:///etc/passwd", "a product with a DOI, a DOI, or an address"),
        ("viirs-annual", "register at the Earth Observation Group"),
        ("10.5281/zenodo.1", "a DOI of Harvard Dataverse or figshare"),
    ],
)
def test_sources_that_are_not_known(tmp_path: Path, source: str, message: str) -> None:
    with pytest.raises(FetchError, match=message):
        plan_fetch(source, tmp_path, credentials=Credentials())


def test_a_data_set_that_is_not_there(site: Site, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="status 404"):
        run(site, tmp_path)


def test_a_server_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiles.fetch.web, "WAIT_SECONDS", 0.0)
    with pytest.raises(FetchError, match="an answer in 5 tries, found ConnectionError"):
        listed(DOI, Credentials(), server="http://127.0.0.1:9")


def test_an_answer_of_another_kind(site: Site, tmp_path: Path) -> None:
    site.answers[f"/api/datasets/:persistentId/?persistentId=doi:{DOI}"] = {"status": "ERROR"}
    with pytest.raises(FetchError, match="an answer as Dataverse gives it"):
        run(site, tmp_path)


# ---------------------------------------------------------------- credentials


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    path = tmp_path / "credentials.toml"
    path.write_text('["127.0.0.1"]\ntoken = "hush"\nheader = "X-Dataverse-key"\n')
    path.chmod(0o600)
    return path


def test_a_token_goes_to_its_host_and_to_no_other(
    site: Site, secret_file: Path, tmp_path: Path
) -> None:
    """A redirect leads to another name of this machine, which stands for a store of files."""
    folder = tmp_path / "to"
    site.secrets["/locked.tif"] = ("X-Dataverse-key", "hush")
    site.redirects["/locked.tif"] = site.url("/open.tif", host="localhost")
    site.files["/open.tif"] = TIFF
    known = read_credentials(secret_file)
    fetch(plan_fetch(site.url("/locked.tif"), folder, credentials=known))
    assert site.sent("/locked.tif")[0]["X-Dataverse-key"] == "hush"
    assert "X-Dataverse-key" not in site.sent("/open.tif")[0]
    assert (folder / "locked.tif").read_bytes() == TIFF
    written = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    assert not any(b"hush" in content for content in written)
    assert "hush" not in repr(known)


def test_without_a_token_the_error_says_what_is_missing(site: Site, tmp_path: Path) -> None:
    site.secrets["/locked.tif"] = ("Authorization", "Bearer hush")
    site.files["/locked.tif"] = TIFF
    planned = plan_fetch(site.url("/locked.tif"), tmp_path, credentials=Credentials())
    with pytest.raises(FetchError, match=r"status 401; give credentials for this host"):
        fetch(planned, wait=0.0)


def test_a_token_from_the_environment(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NIGHTPANEL_TOKEN_127_0_0_1", "hush")
    site.secrets["/locked.tif"] = ("Authorization", "Bearer hush")
    site.files["/locked.tif"] = TIFF
    planned = plan_fetch(site.url("/locked.tif"), tmp_path, credentials=Credentials())
    fetch(planned, wait=0.0)
    assert (tmp_path / "locked.tif").read_bytes() == TIFF


def test_a_file_of_credentials_that_others_may_read(secret_file: Path) -> None:
    secret_file.chmod(0o644)
    with pytest.raises(FetchError, match="permissions 644; chmod 600"):
        read_credentials(secret_file)


@pytest.mark.parametrize("text", ["token = ", '["h"]\nword = "hush"', 'h = "hush"', '["h"]\n'])
def test_a_file_of_credentials_of_another_form_is_not_quoted(tmp_path: Path, text: str) -> None:
    path = tmp_path / "c.toml"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(FetchError) as caught:
        read_credentials(path)
    assert "hush" not in str(caught.value)


def test_a_token_does_not_travel_in_the_clear(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text('["data.example"]\ntoken = "hush"\n')
    path.chmod(0o600)
    known = read_credentials(path)
    assert known.headers("https://data.example/x") == {"Authorization": "Bearer hush"}
    with pytest.raises(FetchError, match="https for a site that is given credentials"):
        known.headers("http://data.example/x")


@pytest.mark.parametrize(
    "address", ["http://me:hush@HOST/locked.tif", "http://HOST/no.tif?key=hush", "HTTP?key=hush"]
)
def test_what_stands_in_an_address_is_not_printed(site: Site, tmp_path: Path, address: str) -> None:
    at = address.replace("HOST", f"127.0.0.1:{site.port}").replace(
        "HTTP", site.url("/no.tif", host="localhost")
    )
    with pytest.raises(FetchError) as caught:
        fetch(plan_fetch(at, tmp_path, credentials=Credentials()), wait=0.0)
    assert "hush" not in str(caught.value)
    assert not any("hush" in str(headers) for _, _, headers in site.requests)


@pytest.mark.parametrize(
    ("address", "plain"),
    [
        ("https://h.example/a/b.tif", "https://h.example/a/b.tif"),
        ("https://me:hush@h.example:8/b.tif?x=hush#hush", "https://h.example:8/b.tif?..."),
        ("https://me:hu/sh@h.example/b.tif", "https://h.example/b.tif"),
        ("s3://key:hush@bucket/b.tif", "s3://bucket/b.tif"),
        ("10.7910/DVN/GIYGJU", "10.7910/DVN/GIYGJU"),
    ],
)
def test_an_address_as_it_is_shown(address: str, plain: str) -> None:
    assert shown(address) == plain


def test_a_token_that_cannot_be_sent_is_not_tried_again_nor_printed(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NIGHTPANEL_TOKEN_127_0_0_1", "hush\nhush")
    with pytest.raises(FetchError, match="found InvalidHeader") as caught:
        plan_fetch(site.url("/light.tif"), tmp_path, credentials=Credentials())
    assert "hush" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_damaged_file_of_checksums(dataverse: Site, tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("no checksum\n")
    with pytest.raises(FetchError, match=r"checksums\.sha256, line 1"):
        run(dataverse, tmp_path)


def test_a_single_file_without_a_size(site: Site) -> None:
    (file,) = listed(site.url("/some/light.tif"), Credentials())
    assert file == RemoteFile("light.tif", site.url("/some/light.tif"), None, None)
