"""Fetching files into a folder: what is there and right stays, what is missing comes."""

import fnmatch
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pooch

from geo.errors import FetchError
from tiles.fetch.checksums import NAME, digest, read_checksums, write_checksums
from tiles.fetch.credentials import Credentials
from tiles.fetch.download import PART, Progress, download
from tiles.fetch.repositories import RemoteFile, listed
from tiles.products import PRODUCTS, read_name

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

    Returns
    -------
    Plan

    Raises
    ------
    FetchError
        If the source is not known, has no such file, or a file that is there has other bytes than
        its checksum says.
    """
    product = PRODUCTS.get(source)
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
        chosen = [file for file in chosen if _year(file.name) in years]
    if not chosen:
        raise FetchError(
            source,
            expected=f"files that match {match or 'the years'}",
            found=f"{len(there)} others, as {', '.join(file.name for file in there[:3])}",
            hint="correct --match or --years",
        )
    _require_distinct(source, chosen)
    known = read_checksums(folder)
    files = tuple(_planned(file, folder, known.get(file.name)) for file in chosen)
    return Plan(folder, files, credentials)


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
    """
    pooch.get_logger().setLevel(logging.WARNING)
    folder = plan.folder
    folder.mkdir(parents=True, exist_ok=True)
    known = read_checksums(folder)
    fetched, kept = [], []
    for item in plan.files:
        path = folder / item.file.name
        if item.state == "there":
            kept.append(path)
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
        known = read_checksums(folder) | {item.file.name: digest(path)}
        write_checksums(folder, known)
    return Fetched(folder, tuple(fetched), tuple(kept))


def _planned(file: RemoteFile, folder: Path, known: str | None) -> Planned:
    path, part = folder / file.name, folder / f"{file.name}{PART}"
    if path.exists():
        _check_there(path, file, known)
        return Planned(file, "there", 0)
    have = part.stat().st_size if part.exists() else 0
    left = None if file.size is None else max(file.size - have, 0)
    return Planned(file, "unfinished" if have else "missing", left)


def _check_there(path: Path, file: RemoteFile, known: str | None) -> None:
    """A file that is there must have the bytes of its checksum."""
    expected = f"sha256:{known}" if known else file.checksum
    if expected is None:
        return
    kind, wanted = expected.split(":", 1)
    found = digest(path, kind)
    if found != wanted:
        raise FetchError(
            str(path),
            expected=f"the {kind} {wanted} of {NAME if known else 'the repository'}",
            found=found,
            hint="the file has been changed: move it away and fetch again",
        )


def _year(name: str) -> int | None:
    """The year in a file's name, by the pattern of any product."""
    found = (read_name(name, product) for product in PRODUCTS.values())
    return next((facts.year for facts in found if facts is not None), None)


def _require_distinct(source: str, files: Sequence[RemoteFile]) -> None:
    names = [file.name.lower() for file in files]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise FetchError(
            source,
            expected="files of distinct names",
            found=f"{twice} twice",
            hint="fetch one of them by its address",
        )
