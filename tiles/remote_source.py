"""A tile on a web server: a Cloud-Optimized GeoTIFF of which only what is needed is fetched."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from geo.errors import TileChangedError, TileMissingError
from geo.window import Window
from tiles.raster_source import Raster, watched
from tiles.source import Spans

TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class RemoteState:
    """What a server says of a file."""

    size: int | None
    """Bytes."""
    etag: str
    """The server's own name for these bytes; empty if it gives none."""
    modified: str
    """Time of last change; empty if it gives none."""
    asked: str = field(default_factory=lambda: secrets.token_hex(8), compare=False)
    """Tells this question from others: where a server gives neither, nothing is known for good."""


def remote_state(url: str) -> RemoteState:
    """Ask a server what a file is.

    Parameters
    ----------
    url : str

    Returns
    -------
    RemoteState

    Raises
    ------
    TileMissingError
        If the server does not answer, or has no such file.
    """
    import requests  # not for those who have no tile on a server

    try:
        answer = requests.head(url, timeout=TIMEOUT_SECONDS, allow_redirects=True)
        answer.raise_for_status()
    except requests.RequestException as error:
        raise TileMissingError(
            url,
            expected="a file on a server that answers",
            found=_what(error),
            hint="correct the address, or try again later",
        ) from error
    size = answer.headers.get("Content-Length")
    return RemoteState(
        size=int(size) if size is not None and size.isdecimal() else None,
        etag=answer.headers.get("ETag", ""),
        modified=answer.headers.get("Last-Modified", ""),
    )


@dataclass(frozen=True, slots=True)
class RemoteSource:
    """A file on a web server; a `tiles.source.Source`."""

    url: str
    """Its address."""
    state: RemoteState
    """What the server said of it when its header was read."""
    raster: Raster
    """What is in it."""

    @property
    def files(self) -> tuple[Path, ...]:
        """As `tiles.source.Source.files`: none is here."""
        return ()

    def pieces(
        self, window: Window, *, spans: Spans | None = None, rows_at_once: int | None = None
    ) -> Iterator[tuple[int, NDArray[Any]]]:
        """As `tiles.source.Source.pieces`."""
        return watched(
            self.raster.pieces(window, spans=spans, rows_at_once=rows_at_once),
            self.require_unchanged,
        )

    def content(self, of_file: Callable[[Path], object]) -> object:  # noqa: ARG002
        """As `tiles.source.Source.content`: what the server says, for the bytes are not here."""
        state = self.state
        once = "" if state.etag or state.modified else state.asked
        file = ("remote", self.url, state.size, state.etag, state.modified, once)
        return self.raster.content(file)

    def require_unchanged(self) -> None:
        """As `tiles.source.Source.require_unchanged`."""
        now = remote_state(self.url)
        if now != self.state:
            raise TileChangedError(
                self.url,
                expected=f"the file that was there when the run began, {_text(self.state)}",
                found=_text(now),
                hint="run again: finished tiles are kept",
            )


def _what(error: Exception) -> str:
    """What went wrong, without the address, which may be one that a server has signed."""
    answer = getattr(error, "response", None)
    return type(error).__name__ if answer is None else f"status {answer.status_code}"


def _text(state: RemoteState) -> str:
    return f"{state.size} bytes, ETag {state.etag or 'none'}, of {state.modified or 'no date'}"
