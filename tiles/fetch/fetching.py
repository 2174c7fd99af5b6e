"""Fetching files into a folder: what is there and right stays, what is missing comes."""

import fnmatch
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pooch

from geo.errors import FetchError, OutputError
from tiles.fetch.checksums import NAME, digest, read_checksums, write_checksums
from tiles.fetch.credentials import Credentials
from tiles.fetch.download import ORIGIN, PART, Progress, download
from tiles.fetch.repositories import RemoteFile, listed
from tiles.fetch.web import size_of
from tiles.products import PRODUCTS, Product, read_name
from tiles.web_address import shown

State = Literal["there", "unfinished", "missing"]


@dataclass(frozen=True, slots=True)
class Planned:
    """A file, and what there is of it."""

    file: RemoteFile
    """The file."""
    state: State
    """Whether it is there, whole and right."""
    bytes_left: int | None
    """What would have to come; None if the size is not known."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What fetching will do."""

    folder: Path
    """Where the files are to be."""
    files: tuple[Planned, ...]
    """The files, those that are there included."""
    credentials: Credentials
    """Of the sites they are on."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What fetching did."""

    folder: Path
    """Where the files are."""
    fetched: tuple[Path, ...]
    """Files that came."""
    kept: tuple[Path, ...]
    """Files that were there."""
    recorded: tuple[Path, ...] = ()
    """Those of the kept ones that had no line in the file of checksums, and have one now."""
    unpacked: tuple[Path, ...] = ()
    """What was unpacked from them."""


def plan_fetch(
    source: str,
    folder: Path,
    *,
    match: str | None = None,
    years: Collection[int] = (),
    credentials: Credentials,
    server: str | None = None,
    user: Iterable[Product] = (),
) -> Plan:
    """What fetching a source would do; nothing is written.

    Parameters
    ----------
    source : str
        A product with a DOI, a DOI, or the address of a file.
    folder : Path
        Where the files are to be.
    match : str, optional
        Pattern of names, with ``*`` and ``?``.
    years : collection of int
        Years to take, by the product's names; all if empty.
    credentials : Credentials
    server : str, optional
        Of the repository, where it is not the known one.
    user : iterable of Product
        Products of the user's own, beside the shipped ones.

    Returns
    -------
    Plan

    Raises
    ------
    FetchError
        If the source is not known, has no such file, or a file that is there has other bytes than
        its checksums say: that of the first download and that of the repository.
    OutputError
        If the folder is none.
    """
    if folder.exists() and not folder.is_dir():
        raise _no_folder(folder, "a file")
    products = {one.name: one for one in (*PRODUCTS.values(), *user)}
    product = products.get(source)
    if product is not None and product.doi is None:
        raise FetchError(
            f"product {source}",
            expected="a product with a DOI",
            found="none: its makers give files to registered users only",
            hint=product.access or "name the addresses of its files",
        )
    doi = product.doi if product is not None and product.doi is not None else source
    there = listed(doi, credentials, server=server)
    chosen = [file for file in there if match is None or fnmatch.fnmatch(file.name, match)]
    if years:
        chosen = [file for file in chosen if _year(file.name, products.values()) in years]
    if not chosen:
        raise FetchError(
            shown(source),
            expected=f"files that match {match or 'the years'}",
            found=f"{len(there)} others, as {', '.join(file.name for file in there[:3])}",
            hint="correct --match or --year",
        )
    _require_distinct(source, chosen)
    known = read_checksums(folder)
    files = (_with_size(file, folder, known, credentials) for file in chosen)
    planned = tuple(_planned(file, folder, known.get(file.name)) for file in files)
    return Plan(folder, planned, credentials)


def fetch(plan: Plan, *, progress: Progress | None = None, wait: float | None = None) -> Fetched:
    """Fetch what is missing.

    Parameters
    ----------
    plan : Plan
        Its folder is made if it is not there.
    progress : callable, optional
        Called for each file with its name, bytes that have come, and bytes in all.
    wait : float, optional
        Seconds before a second try.

    Returns
    -------
    Fetched

    Raises
    ------
    FetchError
        If a file cannot be fetched, or has other bytes than it must; files before it stay.
    OutputError
        If the folder cannot be made, or a file not be written.
    """
    pooch.get_logger().setLevel(logging.WARNING)
    folder = plan.folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _no_folder(folder, error.strerror or str(error)) from error
    known = read_checksums(folder)
    fetched, kept, recorded = [], [], []
    for item in plan.files:
        path = folder / item.file.name
        if item.state == "there":
            kept.append(path)
            if item.file.name not in known:
                recorded.append(path)
                known = _recorded(path)
            continue

        def report(_: str, done: int, total: int, name: str = item.file.name) -> None:
            if progress is not None:
                progress(name, done, total)

        download(
            item.file,
            folder,
            known=known.get(item.file.name),
            credentials=plan.credentials,
            progress=report,
            wait=wait,
        )
        fetched.append(path)
        known = _recorded(path)
    return Fetched(folder, tuple(fetched), tuple(kept), tuple(recorded))


def _recorded(path: Path) -> dict[str, str]:
    """Checksums of a folder with that of a file, which is written to the others."""
    known = read_checksums(path.parent) | {path.name: digest(path)}
    write_checksums(path.parent, known)
    return known


def _with_size(
    file: RemoteFile, folder: Path, known: Mapping[str, str], credentials: Credentials
) -> RemoteFile:
    """A file with its size, for which the server is asked unless a checksum decides already."""
    decided = file.name in known and (folder / file.name).exists()
    if file.size is not None or decided:
        return file
    return replace(file, size=size_of(file.url, credentials))


def _planned(file: RemoteFile, folder: Path, known: str | None) -> Planned:
    path, part = folder / file.name, folder / f"{file.name}{PART}"
    if path.exists():
        _check_there(path, file, known)
        return Planned(file, "there", 0)
    have = part.stat().st_size if part.exists() else 0
    left = None if file.size is None else max(file.size - have, 0)
    return Planned(file, "unfinished" if have else "missing", left)


def _check_there(path: Path, file: RemoteFile, known: str | None) -> None:
    """A file that is there must have the bytes of every checksum that there is of it."""
    if not path.is_file():
        raise _no_folder(path, f"a folder where {file.name} is to be")
    if known is not None and (found := digest(path)) != known:
        raise FetchError(
            str(path),
            expected=f"the sha256 {known} of {NAME}",
            found=found,
            hint="the file has been changed: move it away and fetch again",
        )
    if file.checksum is not None:
        kind, wanted = file.checksum.split(":", 1)
        if (found := digest(path, kind)) != wanted:
            raise FetchError(
                str(path),
                expected=f"the {kind} {wanted} of the repository",
                found=found,
                hint="the file on the server has changed, or is not the one that is here: to have "
                f"the server's, move this one away and take its line out of {NAME}",
            )
    elif known is None and file.size is not None and path.stat().st_size != file.size:
        raise FetchError(
            str(path),
            expected=f"{file.size} bytes, as the server has",
            found=f"{path.stat().st_size}",
            hint="move the file away and fetch again",
        )


def _no_folder(path: Path, found: str) -> OutputError:
    return OutputError(
        str(path), expected="a folder for files", found=found, hint="choose another with --to"
    )


def _year(name: str, products: Iterable[Product]) -> int | None:
    """The year in a file's name, by the pattern of any product."""
    found = (read_name(name, product) for product in products)
    return next((facts.year for facts in found if facts is not None), None)


def _require_distinct(source: str, files: Sequence[RemoteFile]) -> None:
    """Names that differ from each other, and from those of the files that are kept beside."""
    names = [file.name.lower() for file in files]
    taken = next((name for name in names if name == NAME or name.endswith((PART, ORIGIN))), None)
    if taken is not None:
        raise FetchError(
            shown(source),
            expected=f"files whose names are not this program's own, {NAME}, *{PART}, *{ORIGIN}",
            found=taken,
            hint="leave it out with --match, or fetch it by hand into another folder",
        )
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise FetchError(
            shown(source),
            expected="files of distinct names",
            found=f"{twice} twice",
            hint="fetch one of them by its address",
        )
