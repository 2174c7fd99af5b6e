"""Tables as text: encodings and separators, declared or found, and always said."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from geo.audit import AuditRow
from geo.errors import TableFileError
from geo.text_encoding import GB18030, better, codec_of, likely
from panels.tables.cells import plain
from panels.tables.raw_cells import MAX_COLUMNS, MAX_ROWS, RawCells, numbered, require_small

SEPARATORS = (",", ";", "\t")
"""Separators that are looked for."""

_SHOWN = {",": "comma", ";": "semicolon", "\t": "tab"}
_PROBED_ROWS = 200
_BOMS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_UTF16 = frozenset({"utf-16", "utf-16-le", "utf-16-be"})


def open_text(file: Path, *, encoding: str | None = None, separator: str | None = None) -> RawCells:
    """The cells of a csv file.

    Parameters
    ----------
    file : Path
    encoding : str, optional
        When left out: as a byte order mark says, else UTF-8, else GB 18030 if that makes sense.
    separator : str, optional
        The one of `SEPARATORS` that cuts most rows into equally many cells when left out.

    Returns
    -------
    RawCells

    Raises
    ------
    TableFileError
        The file is too large, or its bytes are not in the encoding declared, or in none that can
        be found.
    """
    require_small(file)
    data = file.read_bytes()
    _refuse_other_formats(file, data)
    text, audit = _decoded(file, data, encoding)
    if text.count("\n") > MAX_ROWS:
        raise TableFileError(
            str(file),
            expected=f"a table of at most {MAX_ROWS:,} lines",
            found=f"{text.count(chr(10)):,}",
            hint="remove the blank ones, or cut it into several files",
        )
    if separator is None:
        separator, guessed = _separator(text)
        if guessed:
            detail = f"cells are separated by {_SHOWN[separator]}"
            audit.append(AuditRow("panel", "guessed_separator", str(file), detail, file=str(file)))
    cells = numbered(enumerate(_records(file, text, separator), start=1), str(file))
    return RawCells(cells, str(file), is_text=True, separator=separator, audit=tuple(audit))


def _records(file: Path, text: str, separator: str) -> Iterator[list[str]]:
    """Rows of cells; a quote that swallows other rows is refused."""
    own: list[str] = []

    def lines() -> Iterator[str]:
        for line in _lines(file, text, separator):
            own.append(line)
            yield line

    reader = csv.reader(lines(), delimiter=separator)
    first = 1
    while True:
        last, own[:] = list(own), []
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            raise _open_quote(file, first, str(error)) from error
        if len(own) > 1 and any(separator in one and "\n" in _one_break(one) for one in cells):
            found = f"a cell with the separator and line breaks, lines {first} to {reader.line_num}"
            raise _open_quote(file, first, found)
        yield cells
        first = reader.line_num + 1
    # A row more is a row of its own unless a quote is still open.
    if last and len(list(csv.reader([*last, "end"], delimiter=separator))) == 1:
        raise _open_quote(file, first - len(last), "a quote that is open at the end of the file")


def _one_break(cell: str) -> str:
    return cell.replace("\r", "\n")


def _open_quote(file: Path, line: int, found: str) -> TableFileError:
    return TableFileError(
        f"{file}: line {line}",
        expected="quotes that are closed before the end of their line",
        found=found,
        hint="remove the stray quote; or the separator or the line break from a cell that means it",
    )


def _lines(file: Path, text: str, separator: str) -> Iterator[str]:
    """Lines of the text; one of nothing but separators is refused before it becomes cells."""
    for number, line in enumerate(io.StringIO(text, newline=""), start=1):
        if line.count(separator) >= MAX_COLUMNS:
            raise TableFileError(
                str(file),
                expected=f"at most {MAX_COLUMNS:,} cells in a line",
                found=f"{line.count(separator) + 1:,} in line {number}",
                hint="check the file and its separator",
            )
        yield line


def _refuse_other_formats(file: Path, data: bytes) -> None:
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        ending = ".xlsx" if data.startswith(b"PK") else ".xls"
        raise TableFileError(
            str(file),
            expected="text",
            found="an Excel workbook",
            hint=f"rename it to {file.stem}{ending}",
        )


def _decoded(file: Path, data: bytes, declared: str | None) -> tuple[str, list[AuditRow]]:
    marked = next((name for bom, name in _BOMS.items() if data.startswith(bom)), None)
    if declared is not None:
        codec = _codec(file, declared)
        told = _strict(file, data, codec).removeprefix("\ufeff")
        return told, _doubt(file, data, codec, declared, told)
    if marked is not None:
        return _strict(file, data, marked).removeprefix("\ufeff"), []
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError:
        pass
    if likely([data]) is None:
        raise TableFileError(
            str(file),
            expected="text in UTF-8 or GB 18030",
            found="bytes that make sense in neither",
            hint='declare the file\'s encoding, such as encoding = "big5" or "utf-16-le"',
        )
    text = _strict(file, data, GB18030)
    detail = f"not UTF-8; decoded as gb18030: check the names, such as {_sample(text)}"
    return text, [AuditRow("panel", "guessed_encoding", str(file), detail, file=str(file))]


def _codec(file: Path, declared: str) -> str:
    codec = codec_of(declared)
    if codec is None:
        raise TableFileError(
            f"{file}: encoding",
            expected="the name of an encoding",
            found=repr(declared),
            hint="try utf-8 or gb18030",
        )
    return codec


def _doubt(file: Path, data: bytes, codec: str, declared: str, text: str) -> list[AuditRow]:
    """A row where bytes are declared something that they surely are not."""
    other = None if data.isascii() or codec in _UTF16 else better([data], codec)
    if other is None:
        return []
    detail = (
        f"read as {declared}, as declared: {_sample(text)}; the bytes are whole in {other}, as "
    )
    detail += f"which that is {_sample(data.decode(other, 'ignore'))}"
    return [AuditRow("panel", "doubtful_encoding", str(file), detail, file=str(file))]


def _strict(file: Path, data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        at = f"the bytes {data[error.start : error.start + 4].hex(' ')} at {error.start}"
        other = likely([data])
        other = None if other == encoding else other
        raise TableFileError(
            str(file),
            expected=f"text in {encoding}",
            found=at
            if other is None
            else f"{at}; as {other} it reads {_sample(data.decode(other, 'ignore'))}",
            hint="declare the encoding that the file has"
            if other is None
            else f'if that is right, declare encoding = "{other}"',
        ) from error


def _sample(text: str) -> str:
    foreign = [plain(line) for line in text.splitlines() if any(ord(char) > 0x7F for char in line)]
    return repr(foreign[0][:40] if foreign else "")


def _separator(text: str) -> tuple[str, bool]:
    """The separator, and whether it is another than the comma."""
    lines = [line for line in text[: 1 << 20].splitlines() if line.strip()][:_PROBED_ROWS]
    best = max(SEPARATORS, key=lambda one: _agreement(lines, one))
    return best, best != ","


def _agreement(lines: list[str], separator: str) -> tuple[int, int]:
    """How many lines have the commonest number of cells above one, and that number."""
    try:
        counts = Counter(len(cells) for cells in csv.reader(lines, delimiter=separator))
    except csv.Error:  # a cell without end
        return 0, 0
    counts.pop(1, None)
    if not counts:
        return 0, 0
    width, agree = max(counts.items(), key=lambda item: (item[1], item[0]))
    return agree, width
