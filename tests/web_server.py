"""A web server on the loopback address, like the real ones, also when they misbehave."""

import hashlib
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Site:
    """What a server has, and what was asked of it."""

    files: dict[str, bytes] = field(default_factory=dict)
    """Content by path."""
    answers: dict[str, Any] = field(default_factory=dict)
    """JSON by path and query."""
    redirects: dict[str, str] = field(default_factory=dict)
    """Addresses by path."""
    secrets: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Header and value that a path wants."""
    drop_after: dict[str, list[int]] = field(default_factory=dict)
    """Bytes after which the connection of each further request for a path is dropped."""
    busy: dict[str, int] = field(default_factory=dict)
    """How many requests for a path are answered with 503."""
    no_ranges: set[str] = field(default_factory=set)
    """Paths that are always sent whole."""
    no_etag: set[str] = field(default_factory=set)
    """Paths without anything that tells their bytes from others."""
    kinds: dict[str, str] = field(default_factory=dict)
    """Content types by path."""
    deaf: set[str] = field(default_factory=set)
    """Paths of which parts are sent whatever If-Range says."""
    only_get: set[str] = field(default_factory=set)
    """Paths of which nothing is said without sending them."""
    requests: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)
    """Method, path and headers of every request."""
    port: int = 0

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def sent(self, path: str) -> list[Mapping[str, str]]:
        """Headers of the requests for a path."""
        return [headers for method, at, headers in self.requests if at == path and method == "GET"]


@contextmanager
def serving() -> Iterator[Site]:
    """A site that is served for as long as the context lasts."""
    site = Site()

    class Handler(_Handler):
        served = site

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    site.port = int(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    served: Site
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        site = self.served
        site.requests.append((self.command, self.path, dict(self.headers.items())))
        if site.busy.get(self.path, 0) > 0:
            site.busy[self.path] -= 1
            self._send(503, b"busy", {}, body=body)
        elif self.path in site.secrets and self._lacks(site.secrets[self.path]):
            self._send(401, b"who are you", {}, body=body)
        elif self.path in site.redirects:
            self._send(302, b"", {"Location": site.redirects[self.path]}, body=body)
        elif self.path in site.answers:
            content = json.dumps(site.answers[self.path]).encode()
            self._send(200, content, {"Content-Type": "application/json"}, body=body)
        elif self.path in site.only_get and not body:
            self._send(403, b"", {}, body=body)
        elif self.path in site.files:
            self._file(site.files[self.path], body=body)
        else:
            self._send(404, b"no such file", {}, body=body)

    def _lacks(self, secret: tuple[str, str]) -> bool:
        name, value = secret
        return self.headers.get(name) != value

    def _file(self, content: bytes, *, body: bool) -> None:
        headers = {"Accept-Ranges": "bytes"}
        if self.path not in self.served.no_etag:
            headers["ETag"] = f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'
        if self.path in self.served.kinds:
            headers["Content-Type"] = self.served.kinds[self.path]
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        others = self.headers.get("If-Range") not in (None, headers.get("ETag"))
        others = others and self.path not in self.served.deaf
        if match is None or others or self.path in self.served.no_ranges:
            self._send(200, content, headers, body=body)
            return
        first = int(match[1])
        last = min(int(match[2]) if match[2] else len(content) - 1, len(content) - 1)
        if first > last:
            self._send(416, b"", {"Content-Range": f"bytes */{len(content)}"}, body=body)
            return
        headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
        self._send(206, content[first : last + 1], headers, body=body)

    def _send(self, status: int, content: bytes, headers: Mapping[str, str], *, body: bool) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if not body:
            return
        drops = self.served.drop_after.get(self.path, [])
        if drops:
            self.wfile.write(content[: drops.pop(0)])
            self.wfile.flush()
            self.close_connection = True
            self.connection.close()
            return
        self.wfile.write(content)
