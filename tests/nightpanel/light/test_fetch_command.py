"""`nightpanel fetch`, as a user types it."""

import gzip
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from tests.nightpanel.light.helpers import Command
from tests.web_server import Site, serving


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as served:
        yield served


def test_fetch_and_its_dry_run(command: Command, site: Site, tmp_path: Path) -> None:
    content = b"II*\0" + bytes(2_000_000)
    site.files["/api/access/datafile/7?format=original"] = content
    file = {"id": 7, "filename": "DMSP-like2020.tif", "filesize": len(content)}
    site.answers["/api/datasets/:persistentId/?persistentId=doi:10.7910/DVN/GIYGJU"] = {
        "data": {"latestVersion": {"files": [{"dataFile": file}]}}
    }
    words = ("fetch", "dmsp-like-china", "--to", tmp_path / "new", "--server", site.url(""))
    dry = command(*words, "--dry-run")
    assert (dry.returncode, (tmp_path / "new").exists()) == (0, False), dry.stderr
    assert "To come: 2.0 MB in 1 files" in dry.stdout
    done = command(*words)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "new" / "DMSP-like2020.tif").read_bytes() == content
    again = command(*words)
    assert "Fetched 0 files, kept 1" in again.stdout
    (tmp_path / "new" / "DMSP-like2020.tif").write_bytes(b"other")
    changed = command(*words)
    assert (changed.returncode, changed.stderr.startswith("FetchError")) == (1, True)


def test_fetch_unpacks_what_came_packed(command: Command, site: Site, tmp_path: Path) -> None:
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("2020/DMSP-like2020.tif", b"light of 2020")
    files = {
        "years.zip": archive.getvalue(),
        "DMSP-like2021.tif.gz": gzip.compress(b"light of 2021"),
        "read_me.txt": b"words",
    }
    listed = []
    for number, (name, content) in enumerate(files.items()):
        site.files[f"/api/access/datafile/{number}?format=original"] = content
        listed.append({"dataFile": {"id": number, "filename": name, "filesize": len(content)}})
    site.answers["/api/datasets/:persistentId/?persistentId=doi:10.7910/DVN/GIYGJU"] = {
        "data": {"latestVersion": {"files": listed}}
    }
    words = ("fetch", "dmsp-like-china", "--to", tmp_path / "new", "--server", site.url(""))
    done = command(*words, "--unpack")
    assert (done.returncode, "Unpacked: 2 files" in done.stdout) == (0, True), done.stderr
    one, other = (tmp_path / "new" / name for name in ("years/2020", "."))
    assert (one / "DMSP-like2020.tif").read_bytes() == b"light of 2020"
    assert (other / "DMSP-like2021.tif").read_bytes() == b"light of 2021"
    swollen = command(*words, "--unpack", "--max-unpacked-gb", "0.00000001")
    assert (swollen.returncode, swollen.stderr.startswith("TileSizeError")) == (1, True)
    # What is unpacked takes the place of no fetched file.
    listed[2]["dataFile"]["filename"] = "DMSP-like2021.tif"
    refused = command(*words[:3], tmp_path / "other", *words[4:], "--unpack")
    assert (refused.returncode, refused.stderr.startswith("FetchError")) == (1, True)
