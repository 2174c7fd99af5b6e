"""One file from a web server: resumed where it broke off, checked, moved into its place."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import pooch
import requests

from geo.errors import FetchError, OutputError
from tiles.digest import digest_of
from tiles.fetch.credentials import Credentials
from tiles.fetch.repositories import RemoteFile
from tiles.fetch.signatures import check_is_no_page, check_signature
from tiles.fetch.web import AS_IT_IS, NoSuchRangeError, TryAgainError, opened, persist
from tiles.web_address import shown

CHUNK_BYTES = 1 << 16
PART = ".part"
"""Ending of a file that has not come whole."""
ORIGIN = ".part-of"
"""Ending of the file that says of which bytes it is a part."""

Progress = Callable[[str, int, int], None]
"""Called with "bytes", how many have come, and how many there are (0 if unknown)."""


@dataclass(frozen=True, slots=True)
class _Origin:
    """Which bytes a part is of."""

    address: str
    """Digest of the address, which may hold a signature."""
    version: str
    """The server's own name for the bytes, or else the time of their last change; may be empty."""

    @classmethod
    def of(cls, url: str, headers: Mapping[str, str]) -> "_Origin":
        """What an answer says of its bytes."""
        etag = headers.get("ETag", "")
        # A weak name may stand for several versions of a file's bytes: no server resumes by it.
        exact = "" if etag.startswith("W/") else etag
        return cls(digest_of(url), exact or headers.get("Last-Modified", ""))

    @classmethod
    def read(cls, path: Path) -> "_Origin | None":
        """What was written; None if there is no such file, or it is damaged."""
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None


class ResumingDownloader:
    """Brings a file for `pooch.retrieve`; what has come before is not fetched again.

    A part is gone on with only if it is of the bytes that the server has now: the server is asked
    to send the whole otherwise (RFC 9110, 13.1.5: If-Range).

    Parameters
    ----------
    part : Path
        Where an unfinished file is kept.
    file : RemoteFile
    vouched : bool
        Whether a checksum will tell if the bytes are the right ones.
    credentials : Credentials
    progress : callable, optional
    wait : float, optional
        Seconds before a second try.
    """

    def __init__(
        self,
        part: Path,
        *,
        file: RemoteFile,
        vouched: bool,
        credentials: Credentials,
        progress: Progress | None = None,
        wait: float | None = None,
    ) -> None:
        self._part, self._origin = part, part.with_suffix(ORIGIN)
        self._file, self._vouched, self._credentials = file, vouched, credentials
        self._progress, self._wait = progress, wait

    def __call__(
        self, url: str, output_file: object, _pooch: object = None, *, check_only: bool = False
    ) -> bool | None:
        """Fetch an address into a file, as pooch asks for it."""
        if check_only:
            raise NotImplementedError("availability is not asked for")
        persist(lambda: self._go_on(url), where=url, wait=self._wait)
        if not self._vouched:
            self._check(lambda: check_signature(self._part, self._file.name, where=shown(url)))
        self._part.replace(str(output_file))
        self._origin.unlink(missing_ok=True)
        return None

    def _go_on(self, url: str) -> None:
        have, headers = self._there(url)
        if have and have == self._file.size:
            return
        try:
            with opened(url, self._credentials, headers={**AS_IT_IS, **headers}) as answer:
                self._receive(url, answer, have)
        except NoSuchRangeError:
            self._drop()
            raise

    def _there(self, url: str) -> tuple[int, dict[str, str]]:
        """How many bytes there are that can be gone on with, and how to ask for the others."""
        have = self._part.stat().st_size if self._part.exists() else 0
        origin = _Origin.read(self._origin)
        known = origin is not None and origin.address == digest_of(url)
        version = origin.version if origin is not None else ""
        size = self._file.size
        whole = size is not None and have >= size
        right = known and (bool(version) or self._vouched)
        if have and (not right or (whole and not (self._vouched and have == size))):
            self._drop()
            have = 0
        if not have:
            return 0, {}
        asked = {"Range": f"bytes={have}-"}
        return have, asked | ({"If-Range": version} if version else {})

    def _receive(self, url: str, answer: requests.Response, have: int) -> None:
        resumed = answer.status_code == requests.codes.partial_content
        origin = _Origin.of(url, answer.headers)
        if resumed:
            self._check_resumed(answer, have, origin)
        have = have if resumed else 0
        length = answer.headers.get("Content-Length", "")
        whole = have + int(length) if length.isdecimal() else 0
        if "Content-Encoding" not in answer.headers:
            self._check(lambda: self._check_size(url, whole))
        if not self._vouched:
            self._check(lambda: check_is_no_page(answer.headers, self._file.name, shown(url)))
        total = self._file.size or whole
        with self._part.open("ab" if resumed else "wb") as stream:
            if not resumed:
                self._origin.write_text(json.dumps(asdict(origin)), encoding="utf-8")
            for chunk in answer.iter_content(CHUNK_BYTES):
                stream.write(chunk)
                have += len(chunk)
                if self._progress is not None:
                    self._progress("bytes", have, total)
                if total and have > total:
                    break
        if total and have > total:
            self._check(lambda: self._check_size(url, have))
        if total and have != total:
            raise TryAgainError(f"{have} of {total} bytes")

    def _check_resumed(self, answer: requests.Response, have: int, origin: _Origin) -> None:
        """What goes on must begin where it broke off, and be of the same bytes."""
        asked = answer.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        before = _Origin.read(self._origin)
        if not asked or before is None or before.version != origin.version:
            self._drop()
            raise TryAgainError("another part, or one of other bytes, than was asked for")

    def _check_size(self, url: str, found: int) -> None:
        """Another try brings as many bytes again."""
        promised = self._file.size
        if promised is not None and found not in (0, promised):
            raise FetchError(
                f"{self._file.name}, from {shown(url)}",
                expected=f"the {promised} bytes that were promised",
                found=f"{found}",
                hint="the file on the server has changed, or is not what its repository lists",
            )

    def _check(self, check: Callable[[], None]) -> None:
        """A part that is refused is not kept."""
        try:
            check()
        except FetchError:
            self._drop()
            raise

    def _drop(self) -> None:
        self._part.unlink(missing_ok=True)
        self._origin.unlink(missing_ok=True)


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
    OutputError
        If it cannot be written.
    """
    part = folder / f"{file.name}{PART}"
    expected = f"sha256:{known}" if known else file.checksum
    bring = ResumingDownloader(
        part,
        file=file,
        vouched=expected is not None,
        credentials=credentials,
        progress=progress,
        wait=wait,
    )
    try:
        found = pooch.retrieve(
            file.url, known_hash=expected, fname=file.name, path=folder, downloader=bring
        )
    except ValueError as error:  # pooch's word for another checksum
        raise FetchError(
            f"{folder / file.name}, from {shown(file.url)}",
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
