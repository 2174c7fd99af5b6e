"""`nightpanel fetch`: files of light from repositories and servers."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from geo.errors import FetchError
from tiles.fetch import fetching
from tiles.fetch.checksums import NAME
from tiles.fetch.credentials import read_credentials
from tiles.fetch.download import Progress
from tiles.products import read_products
from tiles.unpack import is_packed, unpack_beside

MAX_UNPACKED_GB = 34.0


def plan_fetch(
    source: str,
    *,
    to: Path,
    match: str | None = None,
    years: Collection[int] = (),
    server: str | None = None,
    credentials: Path | None = None,
    products: Path | None = None,
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
    products : Path, optional
        TOML file of products of the user's own.

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
    own = () if products is None else read_products(products)
    return fetching.plan_fetch(
        source, to, match=match, years=years, credentials=known, server=server, user=own
    )


def fetch(
    plan: fetching.Plan,
    *,
    progress: Progress | None = None,
    unpack: bool = False,
    max_unpacked_gb: float = MAX_UNPACKED_GB,
) -> fetching.Fetched:
    """Fetch what is planned; what is there and right stays, what broke off goes on.

    Parameters
    ----------
    plan : Plan
        From `plan_fetch`; its folder is made if it is not there.
    progress : callable, optional
        Called with a file's name, bytes that have come, and bytes in all.
    unpack : bool
        Whether files that are packed are unpacked beside themselves, an archive's members into a
        folder of its name; those that were fetched before, too.
    max_unpacked_gb : float
        Gigabytes that a packed file may have when it is unpacked.

    Returns
    -------
    Fetched

    Raises
    ------
    FetchError
        If a file cannot be fetched, or has other bytes than it must, or its unpacked form has the
        name of another file.
    TileUnreadableError, TileSizeError
        If it cannot be unpacked.
    """
    done = fetching.fetch(plan, progress=progress)
    if not unpack:
        return done
    there = [*done.fetched, *done.kept]
    packed = [path for path in there if is_packed(path)]
    for path in packed:
        _require_room_for(path, there)
    max_bytes = int(max_unpacked_gb * 1e9)
    files = [file for path in packed for file in unpack_beside(path, max_bytes=max_bytes)]
    return replace(done, unpacked=tuple(files))


def _require_room_for(path: Path, there: Collection[Path]) -> None:
    """What a file is unpacked to must not take the place of a fetched one."""
    target = path.with_suffix("")
    if target in there or target.name == NAME:
        raise FetchError(
            str(path),
            expected="a packed file whose place is free when it is unpacked",
            found=f"{target.name} beside it",
            hint="fetch one of them with --match, or into another folder",
        )
