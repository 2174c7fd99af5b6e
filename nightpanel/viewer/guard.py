"""What the map's server answers at all, and what every answer says to the browser.

Only GET and HEAD; only requests that call the server by a number, as localhost or by the name that
it was given: a page elsewhere whose name is made to point here (DNS rebinding) calls it otherwise.
Pages run scripts and styles of this server alone and load nothing from anywhere else.
"""

import ipaddress
import re
from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS = frozenset({"GET", "HEAD"})
LONGEST = 2000
"""Bytes of a path with its question."""
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; worker-src 'self' blob:; style-src 'self'; "
        "img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_HOST = re.compile(r"(?P<name>\[[0-9a-fA-F:.]+\]|[^:\[\]]+)(?::\d{1,5})?")


class Guard:
    """An application that refuses what the one behind it should never see.

    Parameters
    ----------
    app : ASGI application
    names : collection of str
        Names, beside localhost, by which the server may be called.
    """

    def __init__(self, app: ASGIApp, *, names: Collection[str] = ()) -> None:
        self.app = app
        self.names = {"localhost", *(name.casefold() for name in names)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        if scope["type"] != "http":
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await (self._refusal(scope) or self.app)(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope) -> Response | None:
        hosts = Headers(scope=scope).getlist("host")
        if scope["method"] not in METHODS:
            return _plain("only GET and HEAD are answered", 405, {"Allow": "GET, HEAD"})
        if len(hosts) != 1 or not self.is_own(hosts[0]):
            return _plain("this server is not called so: use the address that it printed", 421)
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > LONGEST:
            return _plain("the address is too long", 414)
        return None

    def is_own(self, host: str) -> bool:
        """Whether a Host header may name this server."""
        found = _HOST.fullmatch(host)
        if found is None:
            return False
        name = found["name"].strip("[]").casefold()
        return name in self.names or _is_number(name)


def is_loopback(host: str) -> bool:
    """Whether an address or name is of this machine alone."""
    return host == "localhost" or (_is_number(host) and ipaddress.ip_address(host).is_loopback)


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _plain(text: str, status: int, headers: dict[str, str] | None = None) -> Response:
    return PlainTextResponse(text + "\n", status, headers)
