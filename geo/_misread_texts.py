"""Ids and names of units that were read wrongly before they were stored: told, never changed."""

from collections.abc import Mapping, Sequence

from geo.audit import AuditRow
from geo.text_encoding import misread


def misread_rows(texts: Mapping[str, Sequence[str]], *, source: str) -> list[AuditRow]:
    """One audit row for every text that some program read in another encoding than its own.

    Parameters
    ----------
    texts : mapping of str to sequence of str, (n_units,)
        By what they are; ``unit_id`` among them.
    source : str
        The file.
    """
    return [
        AuditRow(
            "boundaries",
            "misread_text",
            f"{source}, unit {texts['unit_id'][found.position]!r}",
            f"{kind}: left as it is; "
            + (f"it reads {found.meant!r} in its own encoding" if found.meant else "it is lost"),
            file=source,
            row=found.position + 1,
            old=found.text,
            new=found.text,
        )
        for kind, listed in texts.items()
        for found in misread(listed)
    ]
