"""What an xlsx file may be before anything of it is parsed.

An xlsx file is a zip of XML. A few kilobytes of either can promise gigabytes: members that unpack
to thousands of times their size, and entities that expand into each other ("billion laughs"). No
program writes such tables, so both are refused by their look, without unpacking or expanding.
"""

import zipfile
from pathlib import Path, PurePosixPath
from typing import IO
from xml.parsers import expat

from geo.errors import TableFileError

_OLE = b"\xd0\xcf\x11\xe0"
_ZIP = b"PK"
MAX_MEMBERS = 10_000
MAX_UNPACKED = 1 << 29
"""Bytes that all members unpack to."""
MAX_RATIO = 100
"""Bytes unpacked per byte stored; sheets of numbers unpack to 5 to 15 times their size."""
FREE_BYTES = 32 << 20
"""Up to so many bytes unpacked, no ratio is absurd."""
_CHUNK = 1 << 14


def require_workbook(file: Path) -> None:
    """Refuse what is no xlsx file, or one that was made to do harm.

    Parameters
    ----------
    file : Path

    Raises
    ------
    TableFileError
        It is another format in disguise, is encrypted, holds too much, names members outside
        itself, or declares entities.
    """
    _refuse_disguise(file)
    with zipfile.ZipFile(file) as book:
        members = book.infolist()
        _refuse_sizes(file, members)
        for member in members:
            _refuse_path(file, member)
        if "xl/workbook.xml" not in book.namelist():
            raise _refused(
                file, "a workbook", "a zip without one", "name the table, not the archive around it"
            )
        for member in members:
            # Whatever its name: a relationship may lead to any member.
            with book.open(member) as stream:
                if _declares_entities(stream):
                    raise _refused(
                        file,
                        "a workbook without document types or entities",
                        f"one declared in {member.filename}",
                        "do not trust the file; ask who made it",
                    )


def _refused(file: Path, expected: str, found: str, hint: str) -> TableFileError:
    return TableFileError(str(file), expected=expected, found=found, hint=hint)


def _refuse_disguise(file: Path) -> None:
    with file.open("rb") as stream:
        start = stream.read(512)
    if start.startswith(_ZIP):
        return
    if start.startswith(_OLE):
        raise _refused(
            file,
            "an xlsx workbook",
            "an older xls workbook, or one with a password",
            f"rename it to {file.stem}.xls, or take the password off in Excel",
        )
    text = start.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if text.startswith(b"<"):
        kind = "a web page (html)" if b"<html" in text or b"<table" in text else "xml"
        raise _refused(
            file,
            "an xlsx workbook",
            f"{kind} under this ending",
            "open it in Excel or LibreOffice and save it as xlsx",
        )
    if start and b"\x00" not in start and (b"," in start or b"\t" in start or b";" in start):
        raise _refused(
            file,
            "an xlsx workbook",
            "text with separators under this ending",
            f"rename it to {file.stem}.csv",
        )


def _refuse_sizes(file: Path, members: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(member.file_size for member in members)
    stored = max(1, file.stat().st_size)
    if len(members) > MAX_MEMBERS:
        raise _refused(
            file, f"at most {MAX_MEMBERS:,} members", f"{len(members):,}", "save the table anew"
        )
    absurd = unpacked > FREE_BYTES and unpacked > MAX_RATIO * stored
    if unpacked > MAX_UNPACKED or absurd:
        raise _refused(
            file,
            f"a workbook of at most {MAX_UNPACKED >> 20} MB unpacked, {MAX_RATIO} times its size",
            f"{unpacked >> 20} MB, {unpacked // stored} times its size",
            "do not open it unless you know who made it; save the table alone in a new file",
        )
    if any(member.flag_bits & 1 for member in members):
        raise _refused(
            file, "a workbook without a password", "encrypted members", "take the password off"
        )


def _refuse_path(file: Path, member: zipfile.ZipInfo) -> None:
    path = PurePosixPath(member.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        raise _refused(
            file,
            "members inside the workbook",
            f"the path {member.filename!r}",
            "do not trust the file; ask who made it",
        )


class _SeenEnough(Exception):  # noqa: N818  (no error: it ends the parse)
    """The root element or a document type has begun."""


def _declares_entities(stream: IO[bytes]) -> bool:
    """Whether an XML stream has a document type, which comes before its root element or never.

    Expat is asked rather than the bytes, because it knows every encoding that a parser would.
    """
    found = False

    def doctype(*_: object) -> None:
        nonlocal found
        found = True
        raise _SeenEnough

    def root(*_: object) -> None:
        raise _SeenEnough

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = root
    try:
        while chunk := stream.read(_CHUNK):
            parser.Parse(chunk, False)
    except (_SeenEnough, expat.ExpatError):
        # What is no XML is named by the reader that needs it.
        return found
    return False
