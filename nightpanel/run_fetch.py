"""`nightpanel fetch`: files of light from repositories and servers."""

from collections.abc import Collection, Sequence
from pathlib import Path

from tiles.fetch.credentials import read_credentials
from tiles.fetch.download import Progress
from tiles.fetch.fetching import Fetched, Planned, plan
from tiles.fetch.fetching import fetch as fetch_planned


def fetch(
    source: str,
    *,
    to: Path,
    match: str | None = None,
    years: Collection[int] = (),
    server: str | None = None,
    credentials: Path | None = None,
    progress: Progress | None = None,
) -> Fetched:
    """Fetch the files of a product, a DOI or an address; what is there and right stays.

    Parameters
    ----------
    source : str
        A product with a DOI, a DOI of Dataverse or figshare, or the address of a file.
    to : Path
        Folder of the files; made if it is not there.
    match : str, optional
        Pattern of names, with ``*`` and ``?``.
    years : collection of int
        Years to take, by the product's names; all if empty.
    server : str, optional
        Of the repository, where it is not the known one.
    credentials : Path, optional
        File of credentials; see ``docs/light.md``.
    progress : callable, optional
        Called with a file's name, bytes that have come, and bytes in all.

    Returns
    -------
    Fetched

    Raises
    ------
    FetchError
        If a file cannot be fetched, or has other bytes than it must.
    """
    planned = plan_fetch(
        source, to=to, match=match, years=years, server=server, credentials=credentials
    )
    return fetch_all(planned, to=to, credentials=credentials, progress=progress)


def plan_fetch(
    source: str,
    *,
    to: Path,
    match: str | None = None,
    years: Collection[int] = (),
    server: str | None = None,
    credentials: Path | None = None,
) -> list[Planned]:
    """What `fetch` would do; nothing is written. As `fetch`."""
    known = read_credentials(credentials)
    return plan(source, to, match=match, years=years, credentials=known, server=server)


def fetch_all(
    planned: Sequence[Planned],
    *,
    to: Path,
    credentials: Path | None = None,
    progress: Progress | None = None,
) -> Fetched:
    """Fetch what `plan_fetch` planned. As `fetch`."""
    known = read_credentials(credentials)
    return fetch_planned(planned, to, credentials=known, progress=progress)
