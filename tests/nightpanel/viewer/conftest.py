"""The small country's output folder, and the server of its map."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import nightpanel
from nightpanel.output_folder import read_output_folder
from nightpanel.viewer.guard import Guard
from nightpanel.viewer.page_files import VENDOR, VENDORED
from nightpanel.viewer.routes import application
from nightpanel.viewer.serving import serving
from nightpanel.viewer.shown_folder import ShownFolder, shown_folder

PRODUCT = "dmsp-like-china"
PATIENCE_SECONDS = 30


@pytest.fixture(scope="session")
def ran(painted: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small country's light and panel; read only."""
    out = tmp_path_factory.mktemp("ran") / "out"
    nightpanel.run(painted / "study.toml", out=out, only=["lights", "panel"], quiet=True)
    return out


@pytest.fixture
def out(ran: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(ran, tmp_path / "out"))


@pytest.fixture(scope="session")
def shown(ran: Path) -> ShownFolder:
    return ready(shown_folder(read_output_folder(ran)))


@pytest.fixture(scope="session")
def client(shown: ShownFolder) -> TestClient:
    return client_of(shown)


def client_of(shown: ShownFolder) -> TestClient:
    """The server without a socket, and without MapLibre, which no answer here needs."""
    return TestClient(Guard(application(shown, {})), base_url="http://127.0.0.1:8321")


def ready(shown: ShownFolder) -> ShownFolder:
    """The same, when its outlines are made."""
    for future in shown.outlines.values():
        future.result(PATIENCE_SECONDS)
    return shown


@contextmanager
def serving_page(shown: ShownFolder) -> Iterator[str]:
    """The address of the whole page on a real socket; the test is skipped without MapLibre."""
    if not all((VENDOR / name).is_file() for name in VENDORED):
        pytest.skip("there is no MapLibre: make viewer fetches it")
    with serving(shown) as address:
        yield address
