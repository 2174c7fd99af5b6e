"""`nightpanel fetch`: files of light from repositories and servers."""

from collections.abc import Collection
from pathlib import Path

from tiles.fetch import fetching
from tiles.fetch.credentials import read_credentials
from tiles.fetch.download import Progress


def plan_fetch(
    source: str,
    *,
    to: Path,
    match: str | None = None,
    years: Collection[int] = (),
    server: str | None = None,
    credentials: Path | None = None,
) -> fetching.Plan:
    """What fetching a product, a DOI or an address would do; nothing is written.

    Parameters
    ----------
    source : str
        A product with a DOI, a DOI of Dataverse or figshare, or the address of a file.
    to : Path
        Folder of the files.
    match : str, optional
        Pattern of names, with ``*`` and ``?``.
    years : collection of int
        Years to take, by the product's names; all if empty.
    server : str, optional
        Of the repository, where it is not the known one.
    credentials : Path, optional
        File of credentials; see ``docs/light.md``.

    Returns
    -------
    Plan

    Raises
    ------
    FetchError
        If the source is not known, has no such file, or a file that is there has other bytes than
        its checksum says.
    """
    known = read_credentials(credentials)
    return fetching.plan_fetch(
        source, to, match=match, years=years, credentials=known, server=server
    )


def fetch(plan: fetching.Plan, *, progress: Progress | None = None) -> fetching.Fetched:
    """Fetch what is planned; what is there and right stays, what broke off goes on.

    Parameters
    ----------
    plan : Plan
        From `plan_fetch`; its folder is made if it is not there.
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
    return fetching.fetch(plan, progress=progress)
