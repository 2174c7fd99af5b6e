"""What is kept between runs: coverages and tiles' sums, as named arrays under their addresses."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from geo.stripes import Stripe
from geo.window import Window
from tiles.overlaps import Overlap
from tiles.sums import Breaches, Effort, TileSums
from tiles.unit_years import GridFit

Arrays = Mapping[str, NDArray[Any]]


class ArrayStore(Protocol):
    """Keeps named arrays; what it returns is what was put, or nothing."""

    def get(self, kind: str, key: str) -> Arrays | None:
        """The arrays under a key, or None."""
        ...

    def put(self, kind: str, key: str, arrays: Arrays) -> None:
        """Keep arrays under a key."""
        ...


class NoStore:
    """A store that keeps nothing."""

    def get(self, kind: str, key: str) -> Arrays | None:  # noqa: ARG002
        """None."""
        return None

    def put(self, kind: str, key: str, arrays: Arrays) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """How units lie on a grid, and which stripes they touch."""

    fit: GridFit
    """Flags of units."""
    overlap: Overlap
    """Cells that units share out twice."""
    stripes: tuple[int, ...]
    """The bands that some unit touches."""


def put_sums(store: ArrayStore, key: str, sums: TileSums) -> None:
    """Keep a tile's sums; those of a tile that breaks its contract are not kept."""
    if not sums.breaches.count:
        store.put("tile", key, {"sums": sums.sums})


def get_sums(store: ArrayStore, key: str, *, n_units: int) -> TileSums | None:
    """A tile's sums, if they are kept."""
    arrays = store.get("tile", key)
    if arrays is None or arrays["sums"].shape[0] != n_units:
        return None
    return TileSums(arrays["sums"], Breaches(), Effort())


def put_fitted(store: ArrayStore, key: str, fitted: Fitted) -> None:
    """Keep how units lie on a grid."""
    fit, overlap = fitted.fit, fitted.overlap
    store.put(
        "grid",
        key,
        {
            "area_error": fit.area_error,
            "flags": np.column_stack([fit.mismatch, fit.outside, fit.partly_outside]),
            "overlap": np.asarray([overlap.cells, overlap.largest], dtype=np.float64),
            "stripes": np.asarray(fitted.stripes, dtype=np.int64),
        },
    )


def get_fitted(store: ArrayStore, key: str) -> Fitted | None:
    """How units lie on a grid, if it is kept."""
    arrays = store.get("grid", key)
    if arrays is None:
        return None
    cells, largest = arrays["overlap"].tolist()
    return Fitted(
        fit=GridFit(arrays["area_error"], *arrays["flags"].T),
        overlap=Overlap(int(cells), largest),
        stripes=tuple(arrays["stripes"].tolist()),
    )


def put_stripe(store: ArrayStore, key: str, part: Stripe) -> None:
    """Keep a stripe of a coverage."""
    window = part.window
    edges = (window.first_row, window.end_row, window.first_col, window.end_col)
    store.put(
        "coverage",
        stripe_key(key, part.stripe),
        {
            "window": np.asarray(edges, dtype=np.int64),
            "spans": np.asarray(part.spans, dtype=np.int64),
            "units": part.units,
            "indptr": part.indptr,
            "cells": part.cells,
            "shares": part.shares,
            "covered": part.covered,
        },
    )


def get_stripe(store: ArrayStore, key: str, stripe: int) -> Stripe | None:
    """A stripe of a coverage, if it is kept."""
    arrays = store.get("coverage", stripe_key(key, stripe))
    if arrays is None:
        return None
    return Stripe(
        stripe=stripe,
        window=Window(*arrays["window"].tolist()),
        spans=tuple((first, end) for first, end in arrays["spans"].tolist()),
        units=arrays["units"],
        indptr=arrays["indptr"],
        cells=arrays["cells"],
        shares=arrays["shares"],
        covered=arrays["covered"],
    )


def stripe_key(coverage: str, stripe: int) -> str:
    """Address of one stripe of a coverage."""
    return f"{coverage}-{stripe}"
