"""Requests to web servers: redirects that take no secret to another host, and tries again."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import urljoin

import requests

from geo.errors import FetchError
from tiles.fetch.credentials import Credentials
from tiles.web_address import check_address, shown

ATTEMPTS = 5
"""Times that something is tried before it is given up."""

WAIT_SECONDS = 1.0
"""Wait before the second try; doubled before each further one."""

TIMEOUT_SECONDS = (10.0, 60.0)
"""To connect, and between two pieces of an answer."""

REDIRECTS = 10
BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers that another try may mend."""

AS_IT_IS = {"Accept-Encoding": "identity"}
"""Asks for a file's own bytes: sizes and the places where one broke off are counted in them."""

T = TypeVar("T")


class TryAgainError(Exception):
    """Something that another try may mend."""


class NoSuchRangeError(TryAgainError):
    """The server does not have the part of the file that was asked for."""


class RefusedError(FetchError):
    """The server does not let this be done: not by this method, or not without credentials."""


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
                    shown(where),
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
        If it refuses, has no such file, or redirects without end, or if the address is none.
    """
    with requests.Session() as session:
        session.trust_env = True  # proxies; a .netrc would be credentials of another kind
        session.auth = _no_netrc
        at = url
        for _ in range(REDIRECTS):
            check_address(at, error=FetchError)
            answer = _answer(session, method, at, {**(headers or {}), **credentials.headers(at)})
            if answer.is_redirect:
                at = urljoin(at, answer.headers["Location"])
                answer.close()
                continue
            with answer:
                _check_status(url, answer)
                yield answer
                return
        raise FetchError(
            shown(url),
            expected="a file",
            found=f"{REDIRECTS} redirects",
            hint="sites that ask people to log in do so: give credentials, or correct the address",
        )


def _answer(
    session: requests.Session, method: str, url: str, headers: Mapping[str, str]
) -> requests.Response:
    try:
        return session.request(
            method,
            url,
            headers=dict(headers),
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
            stream=True,
        )
    except ValueError as error:
        # InvalidURL, InvalidHeader and their like, whose words may quote a token.
        raise FetchError(
            shown(url),
            expected="an address and credentials that a request can carry",
            found=type(error).__name__,
            hint="correct them",
        ) from None


def size_of(url: str, credentials: Credentials) -> int | None:
    """Bytes of a file as a server promises them, without asking for the file.

    Returns
    -------
    int or None
        None if the server does not say.

    Raises
    ------
    FetchError
        If it has no such file, or does not answer.
    """

    def ask() -> int | None:
        with opened(url, credentials, headers=AS_IT_IS, method="HEAD") as answer:
            packed = answer.headers.get("Content-Encoding", "identity") != "identity"
            length = answer.headers.get("Content-Length", "")
        return int(length) if length.isdecimal() and not packed and int(length) else None

    try:
        return persist(ask, where=url)
    except RefusedError:
        return None  # an address that was signed for fetching alone; fetching itself will tell


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
                    shown(url),
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
    if status == requests.codes.requested_range_not_satisfiable:
        raise NoSuchRangeError(f"status {status}")
    if status in (401, 403, 405, 501):
        raise RefusedError(
            shown(url),
            expected="leave to read the file",
            found=f"status {status}",
            hint="give credentials for this host: docs/light.md says how",
        )
    if status >= 400:
        raise FetchError(
            shown(url),
            expected="a file",
            found=f"status {status}",
            hint="correct the name or address",
        )


def _plain(error: Exception) -> str:
    """What went wrong, without the headers that some libraries quote."""
    return f"{type(error).__name__}" if not isinstance(error, TryAgainError) else str(error)
