"""One file from a web server: resumed where it broke off, checked, moved into its place."""

from collections.abc import Callable
from pathlib import Path

import pooch
import requests

from geo.errors import FetchError, OutputError
from tiles.fetch.credentials import Credentials
from tiles.fetch.repositories import RemoteFile
from tiles.fetch.web import TryAgainError, opened, persist

CHUNK_BYTES = 1 << 16
PART = ".part"
"""Ending of a file that has not come whole."""

Progress = Callable[[str, int, int], None]
"""Called with "bytes", how many have come, and how many there are (0 if unknown)."""


class ResumingDownloader:
    """Brings a file for `pooch.retrieve`; what has come before is not fetched again.

    Parameters
    ----------
    part : Path
        Where an unfinished file is kept.
    credentials : Credentials
    size : int, optional
        Bytes of the file.
    progress : callable, optional
    wait : float, optional
        Seconds before a second try.
    """

    def __init__(
        self,
        part: Path,
        *,
        credentials: Credentials,
        size: int | None = None,
        progress: Progress | None = None,
        wait: float | None = None,
    ) -> None:
        self._part, self._credentials, self._size = part, credentials, size
        self._progress, self._wait = progress, wait

    def __call__(
        self, url: str, output_file: object, _pooch: object = None, *, check_only: bool = False
    ) -> bool | None:
        """Fetch an address into a file, as pooch asks for it."""
        if check_only:
            raise NotImplementedError("availability is not asked for")
        persist(lambda: self._go_on(url), where=url, wait=self._wait)
        self._part.replace(str(output_file))
        return None

    def _go_on(self, url: str) -> None:
        have = self._part.stat().st_size if self._part.exists() else 0
        if self._size is not None and have > self._size:
            self._part.unlink()
            have = 0
        if self._size is not None and have == self._size and have:
            return
        headers = {"Range": f"bytes={have}-"} if have else {}
        try:
            with opened(url, self._credentials, headers=headers) as answer:
                self._receive(answer, have)
        except FetchError:
            if not have:
                raise
            # Perhaps the server cannot resume here (416): from the beginning, then.
            self._part.unlink(missing_ok=True)
            raise TryAgainError("what had come could not be continued") from None

    def _receive(self, answer: requests.Response, have: int) -> None:
        resumed = answer.status_code == requests.codes.partial_content
        if resumed and not answer.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
            self._part.unlink(missing_ok=True)
            raise TryAgainError("another part of the file than was asked for")
        have = have if resumed else 0
        length = answer.headers.get("Content-Length")
        total = self._size or (have + int(length) if length else 0)
        with self._part.open("ab" if resumed else "wb") as stream:
            for chunk in answer.iter_content(CHUNK_BYTES):
                stream.write(chunk)
                have += len(chunk)
                if self._progress is not None:
                    self._progress("bytes", have, total)
        if total and have != total:
            raise TryAgainError(f"{have} of {total} bytes")


def download(
    file: RemoteFile,
    folder: Path,
    *,
    known: str | None,
    credentials: Credentials,
    progress: Progress | None = None,
    wait: float | None = None,
) -> Path:
    """Fetch a file.

    Parameters
    ----------
    file : RemoteFile
    folder : Path
        An existing folder.
    known : str, optional
        SHA-256 that the file must have; else the repository's own checksum, if it gives one.
    credentials : Credentials
    progress : callable, optional
    wait : float, optional
        Seconds before a second try.

    Returns
    -------
    Path

    Raises
    ------
    FetchError
        If it cannot be fetched, or has other bytes than it must; what has come is kept if another
        try can continue it.
    """
    part = folder / f"{file.name}{PART}"
    bring = ResumingDownloader(
        part, credentials=credentials, size=file.size, progress=progress, wait=wait
    )
    expected = f"sha256:{known}" if known else file.checksum
    try:
        found = pooch.retrieve(
            file.url, known_hash=expected, fname=file.name, path=folder, downloader=bring
        )
    except ValueError as error:  # pooch's word for another checksum
        raise FetchError(
            f"{folder / file.name}, from {file.url}",
            expected=f"the checksum {expected}",
            found="another one",
            hint="the file on the server has changed, or came damaged: fetch again; to accept "
            "other bytes, take the file's line out of checksums.sha256",
        ) from error
    except OSError as error:
        raise OutputError(
            str(folder / file.name),
            expected="room for the file",
            found=error.strerror or str(error),
            hint="make room, then fetch again: what has come is kept",
        ) from error
    return Path(found)
