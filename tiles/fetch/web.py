"""Requests to web servers: redirects that take no secret to another host, and tries again."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import urljoin

import requests

from geo.errors import FetchError
from tiles.fetch.credentials import Credentials

ATTEMPTS = 5
"""Times that something is tried before it is given up."""

WAIT_SECONDS = 1.0
"""Wait before the second try; doubled before each further one."""

TIMEOUT_SECONDS = (10.0, 60.0)
"""To connect, and between two pieces of an answer."""

REDIRECTS = 10
BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers that another try may mend."""

T = TypeVar("T")


class TryAgainError(Exception):
    """Something that another try may mend."""


AGAIN = (TryAgainError, requests.RequestException, ConnectionError, TimeoutError)


def persist(work: Callable[[], T], *, where: str, wait: float | None = None) -> T:
    """Do something until it succeeds, some times at most.

    Parameters
    ----------
    work : callable
        Raises `TryAgainError`, or an error of a connection, where another try may help.
    where : str
        The address, for the error.
    wait : float, optional
        Seconds before the second try; a second by default.

    Returns
    -------
    object
        What ``work`` returns.

    Raises
    ------
    FetchError
        If the last try fails.
    """
    for attempt in range(ATTEMPTS):
        try:
            return work()
        except AGAIN as error:
            if attempt == ATTEMPTS - 1:
                raise FetchError(
                    where,
                    expected=f"an answer in {ATTEMPTS} tries",
                    found=_plain(error),
                    hint="try again later: what has come is kept",
                ) from error
            time.sleep((WAIT_SECONDS if wait is None else wait) * 2**attempt)
    raise AssertionError("the loop returns or raises")


@contextmanager
def opened(
    url: str,
    credentials: Credentials,
    *,
    headers: Mapping[str, str] | None = None,
    method: str = "GET",
) -> Iterator[requests.Response]:
    """Ask a server; the body is not read yet.

    Parameters
    ----------
    url : str
    credentials : Credentials
        Sent to their own host only, also when a server redirects.
    headers : mapping of str to str, optional
    method : str

    Yields
    ------
    requests.Response

    Raises
    ------
    TryAgainError
        If the server is busy.
    FetchError
        If it refuses, has no such file, or redirects without end.
    """
    with requests.Session() as session:
        session.trust_env = True  # proxies; a .netrc would be credentials of another kind
        session.auth = _no_netrc
        at = url
        for _ in range(REDIRECTS):
            answer = session.request(
                method,
                at,
                headers={**(headers or {}), **credentials.headers(at)},
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
                stream=True,
            )
            if answer.is_redirect:
                at = urljoin(at, answer.headers["Location"])
                answer.close()
                continue
            with answer:
                _check_status(url, answer)
                yield answer
                return
        raise FetchError(
            url,
            expected="a file",
            found=f"{REDIRECTS} redirects",
            hint="sites that ask people to log in do so: give credentials, or correct the address",
        )


def get_json(url: str, credentials: Credentials) -> Any:
    """The JSON that a server answers with, after as many tries as it takes.

    Raises
    ------
    FetchError
    """

    def ask() -> Any:
        with opened(url, credentials, headers={"Accept": "application/json"}) as answer:
            try:
                return answer.json()
            except ValueError as error:
                raise FetchError(
                    url,
                    expected="JSON",
                    found=answer.headers.get("Content-Type", "something else"),
                    hint="correct the address of the server",
                ) from error

    return persist(ask, where=url)


def _no_netrc(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _check_status(url: str, answer: requests.Response) -> None:
    status = answer.status_code
    if status in BUSY:
        raise TryAgainError(f"status {status}")
    if status in (401, 403):
        raise FetchError(
            url,
            expected="leave to read the file",
            found=f"status {status}",
            hint="give credentials for this host: docs/light.md says how",
        )
    if status >= 400:
        raise FetchError(
            url, expected="a file", found=f"status {status}", hint="correct the name or address"
        )


def _plain(error: Exception) -> str:
    """What went wrong, without the headers that some libraries quote."""
    return f"{type(error).__name__}" if not isinstance(error, TryAgainError) else str(error)
