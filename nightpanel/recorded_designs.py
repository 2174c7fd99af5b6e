"""Designs as the manifest records them: every key as it held, variations with what they inherit."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from estimation.designs import Design


def design_records(designs: Sequence[Design]) -> list[dict[str, Any]]:
    """Designs as JSON knows them, in their order.

    Parameters
    ----------
    designs : sequence of Design

    Returns
    -------
    list of dict
        The fields of `Design`; sets are sorted lists.
    """
    return [
        {
            key: sorted(value) if isinstance(value, frozenset) else value
            for key, value in one.items()
        }
        for one in map(asdict, designs)
    ]
