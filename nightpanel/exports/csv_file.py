"""csv: UTF-8, one row of names, texts in quotes, nothing where a value is missing."""

from pathlib import Path

import pyarrow as pa
import pyarrow.csv as arrow_csv

from geo.audit import AuditRow
from nightpanel.exports.formulas import neutralised
from nightpanel.exports.read_again import require_same
from nightpanel.exports.tables import ExportTable

BOM = b"\xef\xbb\xbf"
"""By which Excel knows UTF-8."""


def write_csv(table: ExportTable, path: Path, *, bom: bool, file: str) -> tuple[AuditRow, ...]:
    """Write a table without its geometry; texts that begin like formulas are neutralised.

    Parameters
    ----------
    table : ExportTable
    path : Path
    bom : bool
        Whether the file begins with a byte order mark.
    file : str
        Its final name, for the audit.

    Returns
    -------
    tuple of AuditRow
        Neutralised texts.

    Raises
    ------
    OutputError
        What was read back is not what was written.
    """
    rows, audit = neutralised(table.plain, file=file)
    with path.open("wb") as stream:
        stream.write(BOM if bom else b"")
        arrow_csv.write_csv(rows, stream)
    require_same(path, _read(path, rows.schema), rows)
    return audit


def _read(path: Path, schema: pa.Schema) -> pa.Table:
    return arrow_csv.read_csv(
        path,
        parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(
            column_types=schema,
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
