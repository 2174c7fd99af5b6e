"""Clusters that are none: a line says what was expected and what is there."""

import socket
import threading
from pathlib import Path
from typing import Any

import pytest

import tiles.cluster
from geo.errors import SchedulerError
from tests.dask_processes import dask_processes
from tiles.cluster import cluster


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("", "missing port"),
        ("node1", "missing port"),
        ("http://127.0.0.1:8786", "unknown address scheme 'http'"),
        ("tcp://127.0.0.1", "missing port"),
    ],
)
def test_an_address_that_is_none(address: str, found: str) -> None:
    with pytest.raises(SchedulerError, match=found), cluster(address):
        pass


def test_a_scheduler_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiles.cluster, "CONNECT_SECONDS", 0.5)
    address = f"tcp://127.0.0.1:{closed_port()}"
    with pytest.raises(SchedulerError) as caught, cluster(address):
        pass
    assert str(caught.value) == (
        f"scheduler {address}: expected a Dask scheduler that answers within 0.5 s, "
        "found no answer; start it with 'dask scheduler', and give the address that it prints"
    )


def test_a_server_that_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiles.cluster, "CONNECT_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(SchedulerError, match="no answer"), cluster(address):
            pass


def test_a_scheduler_too_busy_for_a_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_in_time(*_: Any, **__: Any) -> None:
        raise TimeoutError

    monkeypatch.setattr(tiles.cluster, "Client", none_in_time)
    with (
        dask_processes(tmp_path) as started,
        pytest.raises(SchedulerError, match=r"answers within 20 s, found no answer"),
        cluster(started.address),
    ):
        pass


def test_a_server_of_another_kind() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer_in_http, args=(server,))
        thread.start()
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(SchedulerError, match=f"scheduler {address}: "), cluster(address):
            pass
        thread.join()


def answer_in_http(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(100)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def test_a_scheduler_without_workers(tmp_path: Path) -> None:
    with dask_processes(tmp_path) as started:
        with pytest.raises(SchedulerError) as caught, cluster(started.address, worker_seconds=0.2):
            pass
        assert str(caught.value).startswith(
            f"scheduler {started.address}: expected at least one worker, found none in 0.2 s; "
        )


def test_a_worker_without_the_code_is_refused(tmp_path: Path) -> None:
    hollow = tmp_path / "tiles"
    hollow.mkdir()
    (hollow / "__init__.py").touch()
    with dask_processes(tmp_path) as started:
        started.start_worker("hollow", env={"PYTHONPATH": str(tmp_path)})
        started.wait_for_workers(1)
        with (
            pytest.raises(SchedulerError, match=r"worker tcp.*ModuleNotFoundError.*tiles"),
            cluster(started.address),
        ):
            pass


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({}, "either the address"),
        ({"address": "tcp://127.0.0.1:1", "workers": 2}, "either the address"),
        ({"workers": 0}, "at least 1, not 0"),
    ],
)
def test_a_wrong_call(words: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said), cluster(**words):
        pass
