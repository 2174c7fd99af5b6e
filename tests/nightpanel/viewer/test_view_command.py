"""The command as a user types it: it serves, ends, and says in a line why it cannot."""

import os
import re
import signal
import socket
import subprocess
import sys
import webbrowser
from pathlib import Path

import pytest
import requests
import uvicorn

from geo.errors import ViewError
from nightpanel.viewer import page_files
from nightpanel.viewer.bundle import bundle
from nightpanel.viewer.listen import listening
from nightpanel.viewer.page_files import VENDOR, VENDORED
from nightpanel.viewer.serving import address_of
from tests.nightpanel.conftest import Command

PATIENCE_SECONDS = 60
BUNDLED = all((VENDOR / name).is_file() for name in VENDORED)
needs_maplibre = pytest.mark.skipif(not BUNDLED, reason="no MapLibre: make viewer fetches it")


@needs_maplibre
def test_it_serves_until_interrupted(ran: Path) -> None:
    start = "from nightpanel.cli import main; main()"
    words = [sys.executable, "-c", start, "view", str(ran), "--port", "0", "--no-browser"]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"Map: (http://127\.0\.0\.1:\d+/)", process.stdout.readline())
            assert found is not None
            assert "<title>" in requests.get(found[1], timeout=PATIENCE_SECONDS).text
            about = requests.get(found[1] + "about.json", timeout=PATIENCE_SECONDS).json()
            assert about["name"] == "out"
        finally:
            process.send_signal(signal.SIGINT)
            _, complaints = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0
    assert complaints == ""


@needs_maplibre
def test_a_port_in_use(ran: Path, command: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = command("view", ran, "--port", port, "--no-browser")
    assert done.returncode == 1
    assert done.stderr.startswith(f"ViewError: port {port}: ")
    assert "in use" in done.stderr
    assert "--port" in done.stderr
    assert done.stderr.count("\n") == 1


@needs_maplibre
def test_the_browser_is_opened_and_others_are_warned_of(
    ran: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    monkeypatch.setattr(uvicorn.Server, "run", lambda *_, **__: None)
    done = command("view", ran, "--port", 0, "--host", "0.0.0.0", "--others")  # noqa: S104
    assert done.returncode == 0
    assert done.stdout.startswith("Warning: whoever reaches this machine")
    assert re.fullmatch(r"http://localhost:\d+/", opened[0])
    done = command("view", ran, "--port", 0, "--no-browser")
    assert "Warning" not in done.stdout
    assert len(opened) == 1


def test_a_port_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refused)
    with pytest.raises(ViewError, match=r"system keeps for itself.*from 1024 on"):
        listening("127.0.0.1", 80)


def test_a_host_that_is_not_here() -> None:
    with pytest.raises(ViewError, match="expected an address of this machine"):
        listening("192.0.2.1", 0)
    with pytest.raises(ViewError, match="expected an address of this machine"):
        listening("no such host", 0)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.0.7", "example.org"])  # noqa: S104
def test_others_must_be_allowed(ran: Path, command: Command, host: str) -> None:
    done = command("view", ran, "--host", host, "--no-browser")
    assert done.returncode == 1
    assert "--others" in done.stderr


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_a_port_that_is_none(ran: Path, command: Command, port: str) -> None:
    assert command("view", ran, "--port", port).returncode == 2


def test_no_maplibre(
    ran: Path, command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(page_files, "VENDOR", tmp_path)
    done = command("view", ran, "--no-browser")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "make viewer" in done.stderr


@needs_maplibre
def test_no_output_folder(command: Command, tmp_path: Path) -> None:
    done = command("view", tmp_path / "nowhere", "--port", 0, "--no-browser")
    assert done.returncode == 1
    assert done.stderr.startswith("OutputError: ")
    done = command("view", tmp_path, "--port", 0, "--no-browser")
    assert "manifest.json" in done.stderr


@needs_maplibre
def test_an_older_version(out: Path, command: Command) -> None:
    (out / "manifest.json").write_text('{"stages": {"lights": {}}}', encoding="utf-8")
    done = command("view", out, "--port", 0, "--no-browser")
    assert done.returncode == 1
    assert "older version" in done.stderr


def test_the_printed_address_is_one_to_open() -> None:
    for host, name in (("127.0.0.1", "127.0.0.1"), ("localhost", "localhost")):
        with listening(host, 0) as listener:
            port = listener.getsockname()[1]
            assert address_of(listener, host) == f"http://{name}:{port}/"
            assert address_of(listener, "0.0.0.0") == f"http://localhost:{port}/"  # noqa: S104
            assert address_of(listener, "::1") == f"http://[::1]:{port}/"


def test_only_the_right_archive_is_unpacked(tmp_path: Path) -> None:
    archive = tmp_path / "maplibre-gl.tgz"
    with pytest.raises(ViewError, match="no such file"):
        bundle(archive, to=tmp_path / "vendor")
    archive.write_bytes(b"something else")
    with pytest.raises(ViewError, match="another file"):
        bundle(archive, to=tmp_path / "vendor")
    assert not (tmp_path / "vendor").exists()


def test_what_is_vendored_is_whole() -> None:
    if not BUNDLED:
        pytest.skip("no MapLibre: make viewer fetches it")
    licence = (VENDOR / f"maplibre-gl-{page_files.MAPLIBRE}.txt").read_text("utf-8")
    assert "MapLibre contributors" in licence
    assert b"maplibregl-" in (VENDOR / "maplibre-gl.css").read_bytes()
