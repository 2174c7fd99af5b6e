"""The server answers only who calls it by its own name, and only reads."""

import pytest
from starlette.testclient import TestClient

from nightpanel.viewer.guard import HEADERS, Guard, is_loopback

OTHER_METHODS = ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE")


@pytest.mark.parametrize("method", OTHER_METHODS)
def test_only_get_and_head(client: TestClient, method: str) -> None:
    for path in ("/about.json", "/search", "/nowhere"):
        answer = client.request(method, path)
        assert answer.status_code == 405
        assert answer.headers["Allow"] == "GET, HEAD"


def test_head_has_no_content(client: TestClient) -> None:
    answer = client.head("/about.json")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:8321", "127.0.0.1", "localhost:8321", "LOCALHOST", "[::1]:8321", "192.168.0.7:80"],
)
def test_own_names(client: TestClient, host: str) -> None:
    assert client.get("/ready.json", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "attacker.example",
        "attacker.example:8321",
        "127.0.0.1.attacker.example",
        "localhost.attacker.example",
        "attacker.example#127.0.0.1",
        "127.0.0.1@attacker.example",
        "127.0.0.1:8321:80",
        "127.0.0.1:port",
        "[::1",
        "[attacker]:80",
        "",
        " ",
    ],
)
def test_names_that_were_made_to_point_here(client: TestClient, host: str) -> None:
    answer = client.get("/about.json", headers={"Host": host})
    assert answer.status_code == 421
    assert "dmsp" not in answer.text


def test_a_given_name_is_own() -> None:
    guard = Guard(lambda *_: None, names=["maps.university.example"])  # type: ignore[arg-type]
    assert guard.is_own("maps.university.example:8321")
    assert guard.is_own("Maps.University.Example")
    assert not guard.is_own("other.university.example")


def test_every_answer_says_what_pages_may_do(client: TestClient) -> None:
    answers = [
        client.get(path) for path in ("/about.json", "/nowhere", "/values/cities", "/" + "a" * 3000)
    ]
    answers += [client.post("/about.json"), client.get("/about.json", headers={"Host": "x.y"})]
    assert [answer.status_code for answer in answers] == [200, 404, 400, 414, 405, 421]
    for answer in answers:
        for name, value in HEADERS.items():
            assert answer.headers[name] == value
        assert "access-control-allow-origin" not in answer.headers


def test_pages_load_from_here_alone() -> None:
    policy = HEADERS["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "*" not in policy


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("127.0.0.1", True),
        ("127.5.5.5", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104
        ("::", False),
        ("192.168.0.7", False),
        ("example.org", False),
        ("", False),
    ],
)
def test_which_addresses_are_of_this_machine_alone(host: str, own: bool) -> None:
    assert is_loopback(host) is own
