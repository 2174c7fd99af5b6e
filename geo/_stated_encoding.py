"""Which encoding a vector file's text is in, as the user or the file itself states it."""

import re
from dataclasses import dataclass

from geo._dataset import Dataset
from geo.audit import AuditRow
from geo.errors import BoundaryFileError
from geo.text_encoding import codec_of, codec_of_dbf

SHAPEFILES = (".shp", ".dbf")
XML = (".kml",)
XML_ENCODING = re.compile(rb"<\?xml[^>]*?\sencoding=[\"']([^\"']+)[\"']")
HEAD = 200


@dataclass(frozen=True, slots=True)
class Stated:
    """An encoding that somebody states."""

    codec: str
    """Python's name."""
    name: str
    """As it was written."""
    by: str
    """Who states it, for errors."""
    by_user: bool
    """Whether it was the user, who is believed where the bytes leave a choice."""


def stated_encoding(
    dataset: Dataset, declared: str | None
) -> tuple[Stated | None, tuple[AuditRow, ...]]:
    """The encoding that the user declares, else the one that the file states.

    Parameters
    ----------
    dataset : Dataset
    declared : str or None
        What the user declares.

    Returns
    -------
    stated : Stated or None
        None for formats whose text is always UTF-8 and for files that state nothing.
    audit : tuple of AuditRow
        A statement that means nothing.

    Raises
    ------
    BoundaryFileError
        If the user names no encoding.
    """
    if declared is not None:
        codec = codec_of(declared)
        if codec is None:
            raise BoundaryFileError(
                f"{dataset.where}, encoding = {declared!r}",
                expected="the name of an encoding",
                found=repr(declared),
                hint="write for example UTF-8, GB18030 or GBK",
            )
        return Stated(codec, declared, "the study declares", by_user=True), ()
    if dataset.suffix in XML:
        return _of_xml(dataset.content()[:HEAD]), ()
    if dataset.suffix in SHAPEFILES:
        return _of_shapefile(dataset)
    return None, ()


def _of_xml(head: bytes) -> Stated | None:
    found = XML_ENCODING.search(head)
    codec = None if found is None else codec_of(found[1].decode("latin-1"))
    if found is None or codec is None:
        return None
    return Stated(codec, found[1].decode("latin-1"), "its first line says", by_user=False)


def _of_shapefile(dataset: Dataset) -> tuple[Stated | None, tuple[AuditRow, ...]]:
    """From the file .cpg, else from the header of the table."""
    written = (dataset.beside(".cpg") or b"").decode("latin-1").strip("\ufeff\0 \r\n\t")
    codec = codec_of(written) if written else None
    if codec is not None:
        return Stated(codec, written, "its .cpg says", by_user=False), ()
    audit: tuple[AuditRow, ...] = ()
    if written:
        detail = f"the .cpg names no encoding that is known: {written[:40]!r}"
        audit = (AuditRow("boundaries", "unknown_encoding", dataset.where, detail),)
    codec = codec_of_dbf(dataset.beside(".dbf") or b"")
    if codec is None:
        return None, audit
    return Stated(codec, codec.upper(), "the header of its .dbf says", by_user=False), audit
