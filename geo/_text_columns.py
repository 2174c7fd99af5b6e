"""Text of vector files as bytes, decoded here: GDAL drops what it cannot decode and says nothing.

Text is asked for as ISO-8859-1, which gives every byte a letter, and turned back into bytes. What
the bytes are is stated or guessed (`geo.text_encoding`), and verified either way.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NoReturn

import geopandas as gpd
import pandas as pd
import pyogrio

from geo._dataset import Dataset
from geo._stated_encoding import Stated
from geo.audit import AuditRow
from geo.errors import BoundaryFileError
from geo.text_encoding import UTF8, better, decode, decodes, likely

AS_BYTES = "ISO-8859-1"

Pick = Callable[[Sequence[str]], Sequence[str]]


def read_decoding(
    dataset: Dataset, layer: str, pick: Pick, *, stated: Stated | None, must_be: str | None
) -> tuple[pd.DataFrame | gpd.GeoDataFrame, list[str], list[AuditRow]]:
    """Read a layer whose text may be in any encoding.

    Parameters
    ----------
    dataset : Dataset
    layer : str
    pick : callable
        From the names of columns to those to read.
    stated : Stated or None
        The encoding that somebody states.
    must_be : str or None
        For formats whose text is in one encoding, which.

    Returns
    -------
    table : DataFrame
        Columns as picked, with geometry.
    picked : list of str
    audit : list of AuditRow
        What was guessed, doubted or cut.

    Raises
    ------
    BoundaryFileError
        The text does not decode as stated, or makes sense only in another encoding than the file
        states, or in none.
    """
    fields = layer_info(dataset, layer).fields
    audit: list[AuditRow] = []
    if stated is None:
        codec, audit = _guessed(dataset, _evidence(dataset, layer, fields), must_be)
    else:
        codec = stated.codec
        _verify(dataset, _foreign(fields), stated)
    names = {decode(raw, codec)[0]: raw.decode(AS_BYTES) for raw in fields}
    picked = list(pick(list(names)))
    table = pyogrio.read_dataframe(
        dataset.opens,
        layer=layer,
        columns=[names[name] for name in picked],
        encoding=AS_BYTES,
        use_arrow=False,
        # Malformed rings come back as missing geometry, which the repair refuses by unit.
        on_invalid="ignore",
    )
    if stated is not None:
        texts = _foreign(fields) | _foreign(_texts(table))
        audit += _verify(dataset, texts, stated)
    table = table.rename(columns={raw: name for name, raw in names.items()})
    for name in picked:
        table[name] = _decoded(table[name], codec, dataset, audit)
    return table, picked, audit


@dataclass(frozen=True, slots=True)
class LayerInfo:
    """What GDAL knows of a layer before it is read."""

    driver: str
    """Which of GDAL's drivers reads it."""
    fields: tuple[bytes, ...]
    """Names of its columns, in whatever encoding."""
    features: int
    """How many features the file states that it has."""


def layer_info(dataset: Dataset, layer: str) -> LayerInfo:
    """What GDAL knows of a layer."""
    info = pyogrio.read_info(dataset.opens, layer=layer, encoding=AS_BYTES)
    fields = tuple(_bytes(name) for name in info["fields"])
    return LayerInfo(str(info["driver"]), fields, int(info["features"]))


def refuse(dataset: Dataset, stated: Stated, sample: bytes, found: str | None) -> NoReturn:
    """Raise for text that is not what is stated."""
    shown = repr(decode(sample, found)[0]) if found else repr(sample)
    raise BoundaryFileError(
        dataset.where,
        expected=f"text in {stated.name}, as {stated.by}",
        found=f"bytes that are {found.upper()}, such as {shown}" if found else f"bytes {shown}",
        hint=f'declare encoding = "{found.upper()}" with the units' if found
        else "declare the encoding of the units",
    )  # fmt: skip


def _bytes(text: str) -> bytes:
    return str(text).encode(AS_BYTES)


def _foreign(texts: Iterable[bytes]) -> set[bytes]:
    """Those that are not plain ASCII."""
    return {raw for raw in texts if not raw.isascii()}


def _texts(table: pd.DataFrame) -> set[bytes]:
    """The distinct texts of a table, as bytes."""
    found: set[object] = set()
    for name in table.columns:
        if not pd.api.types.is_numeric_dtype(table[name]) and str(table[name].dtype) != "geometry":
            found.update(table[name].dropna())
    return {_bytes(text) for text in found if isinstance(text, str)}


def _evidence(dataset: Dataset, layer: str, fields: Sequence[bytes]) -> list[bytes]:
    """All distinct texts and names of columns that are not plain ASCII."""
    table = pyogrio.read_dataframe(
        dataset.opens, layer=layer, encoding=AS_BYTES, read_geometry=False, use_arrow=False
    )
    return sorted(_foreign(fields) | _foreign(_texts(table)))


def _guessed(
    dataset: Dataset, texts: Sequence[bytes], must_be: str | None
) -> tuple[str, list[AuditRow]]:
    """The encoding of text of which nobody states any, told in the audit unless all is ASCII."""
    if not texts:
        return UTF8, []
    found = likely(texts)
    if found is None and must_be is not None:
        wrong = next(raw for raw in texts if not decodes([raw], must_be))
        raise BoundaryFileError(
            dataset.where,
            expected=f"text in {must_be.upper()}, as the format has it",
            found=f"bytes that do not decode: {wrong!r}",
            hint="declare the encoding of the units",
        )
    codec = found or AS_BYTES
    sample = decode(texts[0], codec)[0]
    said = "the file states no encoding" if must_be is None else f"the text is no {must_be.upper()}"
    detail = f"{said}; read as {codec.upper()}, such as {sample!r}"
    row = AuditRow("boundaries", "guessed_encoding", dataset.where, detail, len(texts))
    return codec.lower(), [row]


def _verify(dataset: Dataset, texts: set[bytes], stated: Stated) -> list[AuditRow]:
    """Refuse text that is surely not what is stated; a doubt, where the user states it."""
    listed = sorted(texts)
    found = better(listed, stated.codec) if listed else None
    wrong = [raw for raw in listed if not decodes([raw], stated.codec)]
    if not wrong and found is None:
        return []
    sample = (wrong or listed)[0]
    if wrong or not stated.by_user:
        refuse(dataset, stated, sample, found)
    texts_of = [repr(decode(sample, codec)[0]) for codec in (stated.codec, found or stated.codec)]
    detail = (
        f"read as {stated.name}, as declared: {texts_of[0]}; the bytes are whole in {found}, "
        f"as which that is {texts_of[1]}"
    )
    return [AuditRow("boundaries", "doubtful_encoding", dataset.where, detail, len(listed))]


def _decoded(column: pd.Series, codec: str, dataset: Dataset, audit: list[AuditRow]) -> pd.Series:
    """A column with its texts decoded; cut ones get an audit row each."""
    if pd.api.types.is_numeric_dtype(column):
        return column
    values = column.astype(object).tolist()
    known: dict[str, tuple[str, bool]] = {}
    for row, value in enumerate(values, start=1):
        if not isinstance(value, str) or value.isascii():
            continue
        if value not in known:
            known[value] = decode(_bytes(value), codec)
        values[row - 1], cut = known[value]
        if cut:
            detail = f"{column.name}: the text ends inside a character, which is left out"
            audit.append(
                AuditRow(
                    "boundaries", "cut_text", f"{dataset.where}, row {row}", detail,
                    file=dataset.where, row=row, old=repr(_bytes(value)), new=known[value][0],
                )
            )  # fmt: skip
    return pd.Series(values, index=column.index, dtype=column.dtype) if known else column
