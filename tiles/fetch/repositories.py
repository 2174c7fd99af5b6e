"""What a data repository holds under a DOI: names, sizes, checksums and addresses of files."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from geo.errors import FetchError
from tiles.fetch.credentials import Credentials
from tiles.fetch.web import get_json
from tiles.web_address import check_address, shown

DATAVERSE = "https://dataverse.harvard.edu"
FIGSHARE = "https://api.figshare.com"
DOI = re.compile(r"^(?:doi:|https?://(?:dx\.)?doi\.org/)?(?P<doi>10\.\d{4,9}/\S+)$", re.IGNORECASE)
FIGSHARE_DOI = re.compile(r"figshare\.(?P<id>\d+)(?:\.v(?P<version>\d+))?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file that can be fetched."""

    name: str
    """Its name, a plain one."""
    url: str
    """Where it is."""
    size: int | None
    """Bytes, if the repository says so."""
    checksum: str | None
    """As ``md5:...`` or ``sha256:...``, if the repository says so."""


def listed(source: str, credentials: Credentials, *, server: str | None = None) -> list[RemoteFile]:
    """The files behind a DOI or an address.

    Parameters
    ----------
    source : str
        A DOI of a Dataverse data set or of a figshare article, or the address of one file.
    credentials : Credentials
    server : str, optional
        Of the repository, where it is not the known one.

    Returns
    -------
    list of RemoteFile
        By name.

    Raises
    ------
    FetchError
        If the source is neither, or the repository does not know it.
    """
    found = DOI.match(source.strip())
    if found is None:
        return [_single(source)]
    doi = found["doi"].rstrip(".")
    figshare = FIGSHARE_DOI.search(doi)
    if figshare is not None:
        files = _of_figshare(figshare, server or FIGSHARE, credentials)
    elif server is not None or doi.upper().startswith("10.7910/"):
        files = _of_dataverse(doi, server or DATAVERSE, credentials)
    else:
        raise FetchError(
            source,
            expected="a DOI of Harvard Dataverse or figshare, or of a server that is named",
            found="another DOI",
            hint="name the Dataverse server with --server",
        )
    return sorted(files, key=lambda file: file.name)


def _single(url: str) -> RemoteFile:
    if not url.lower().startswith(("http://", "https://")):
        raise FetchError(
            shown(url),
            expected="a product with a DOI, a DOI, or an address that begins with https://",
            found="something else",
            hint="name one of these",
        )
    check_address(url, error=FetchError)
    return RemoteFile(plain_name(urlsplit(url).path.rsplit("/", 1)[-1], url), url, None, None)


def _of_dataverse(doi: str, server: str, credentials: Credentials) -> list[RemoteFile]:
    url = (
        f"{server.rstrip('/')}/api/datasets/:persistentId/?persistentId=doi:{quote(doi, safe='/.')}"
    )
    answer = get_json(url, credentials)
    try:
        files = [item["dataFile"] for item in answer["data"]["latestVersion"]["files"]]
        return [_dataverse_file(file, server.rstrip("/"), url) for file in files]
    except (KeyError, TypeError, ValueError) as error:
        raise _unlike_api(url, "Dataverse") from error


def _dataverse_file(file: dict[str, Any], server: str, where: str) -> RemoteFile:
    """A file as it was deposited.

    Of a table Dataverse keeps a copy in a form of its own beside: ``filename`` and ``filesize`` are
    the copy's, the checksum is the deposited file's.
    """
    name, size = file["filename"], file.get("filesize")
    if file.get("originalFileFormat"):
        name, size = file.get("originalFileName", name), file.get("originalFileSize")
    return RemoteFile(
        name=plain_name(str(name), where),
        url=f"{server}/api/access/datafile/{int(file['id'])}?format=original",
        size=None if size is None else int(size),
        checksum=_dataverse_checksum(file),
    )


def _dataverse_checksum(file: dict[str, Any]) -> str | None:
    given = file.get("checksum") or {}
    kind = str(given.get("type", "")).lower().replace("-", "")
    if kind in ("md5", "sha1", "sha256", "sha512"):
        return f"{kind}:{str(given['value']).lower()}"
    return f"md5:{str(file['md5']).lower()}" if file.get("md5") else None


def _of_figshare(found: re.Match[str], server: str, credentials: Credentials) -> list[RemoteFile]:
    url = f"{server.rstrip('/')}/v2/articles/{found['id']}"
    url += f"/versions/{found['version']}" if found["version"] else ""
    answer = get_json(url, credentials)
    try:
        return [
            RemoteFile(
                name=plain_name(str(file["name"]), url),
                url=str(file["download_url"]),
                size=int(file["size"]),
                checksum=f"md5:{file['computed_md5']}" if file.get("computed_md5") else None,
            )
            for file in answer["files"]
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise _unlike_api(url, "figshare") from error


def plain_name(name: str, where: str) -> str:
    """A file's name, refused if it leads elsewhere."""
    if (
        not name
        or name in (".", "..")
        or re.search(r'[/\\:\0<>"|?*]', name)
        or name.startswith(".")
    ):
        raise FetchError(
            shown(where),
            expected="files with plain names",
            found=repr(name),
            hint="do not trust this server; fetch the files by hand",
        )
    return name


def _unlike_api(url: str, kind: str) -> FetchError:
    return FetchError(
        shown(url),
        expected=f"an answer as {kind} gives it",
        found="another one",
        hint="correct the DOI or the server",
    )
