"""Pieces: what two sets of polygons of the same land have in common."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo._polygonal import polygonal
from geo.area import WGS84, geodesic_area_km2
from geo.audit import AuditRow
from geo.boundaries import Units
from geo.errors import NoOverlapError
from geo.threads import in_threads, processors

SLIVER = 0.01
"""Pieces below this share of both their old and their new polygon are where two drawings of one
border miss each other, not land that moved."""

BENT = 1e-3
"""Pieces may miss their polygon's area by as much: an edge that is cut is two geodesics."""

_PAIRS_A_CALL = 64


@dataclass(frozen=True, slots=True)
class Pieces:
    """The intersection of two sets of polygons."""

    table: gpd.GeoDataFrame
    """Columns ``old``, ``new`` (text), ``area_km2`` (geodesic) and the polygon in WGS84; one row
    for each pair that overlaps, sorted by ``old`` and ``new``."""
    covered: pd.Series
    """Share of each old polygon's area that lies in new ones, on the old ids; above one where new
    ones overlap."""
    audit: tuple[AuditRow, ...]
    """Slivers left out, with their area, and old polygons that are covered only in part."""


def pieces(old: Units, new: Units, *, sliver: float = SLIVER) -> Pieces:
    """Cut two sets of polygons by each other.

    Parameters
    ----------
    old, new : Units
        Valid polygons in any CRS, under ``unit_id``.
    sliver : float
        Pieces whose share of the old polygon's area and of the new one's are both below it are
        left out; 0 keeps all.

    Returns
    -------
    Pieces

    Raises
    ------
    NoOverlapError
        An old polygon has no piece: it meets no new one, or only in slivers.

    Notes
    -----
    Edges are taken as straight in longitude and latitude, as files draw them; areas are geodesic
    (`geo.area`). Pairs are found by a tree of bounding boxes.
    """
    before, after = old.table.to_crs(WGS84), new.table.to_crs(WGS84)
    left, right = before.geometry.to_numpy(), after.geometry.to_numpy()
    pairs = shapely.STRtree(right).query(left, predicate="intersects")
    shapes = polygonal(_intersections(left[pairs[0]], right[pairs[1]]))
    solid = ~shapely.is_empty(shapes)
    (first, second), shapes = pairs[:, solid], shapes[solid]
    cut = gpd.GeoDataFrame(
        {
            "old": before["unit_id"].to_numpy()[first],
            "new": after["unit_id"].to_numpy()[second],
            "area_km2": _areas(shapes),
        },
        geometry=shapes,
        crs=WGS84,
    )
    areas = geodesic_area_km2(before), geodesic_area_km2(after)
    share = np.maximum(cut["area_km2"] / areas[0][first], cut["area_km2"] / areas[1][second])
    small = share.to_numpy() < sliver
    kept = cut[~small].sort_values(["old", "new"], ignore_index=True)
    _refuse_lost(before["unit_id"], kept["old"], source=f"{old.source} in {new.source}")
    audit = [*_sliver_audit(cut[small], sliver, old.source, new.source)]
    total = pd.Series(areas[0], index=before["unit_id"])
    covered = kept.groupby("old")["area_km2"].sum().reindex(total.index) / total
    audit += _cover_audit(covered, sliver, old.source, new.source)
    return Pieces(kept, covered, tuple(audit))


def _intersections(left: NDArray[np.object_], right: NDArray[np.object_]) -> NDArray[np.object_]:
    """(n_pairs) the same as one call, on all processors."""
    starts = range(0, len(left), _PAIRS_A_CALL)

    def cut(start: int) -> NDArray[np.object_]:
        run = slice(start, start + _PAIRS_A_CALL)
        return np.asarray(shapely.intersection(left[run], right[run]))

    done = in_threads(cut, starts, processors())
    return np.concatenate([np.empty(0, dtype=object), *done])


def _areas(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    return geodesic_area_km2(gpd.GeoDataFrame(geometry=shapes, crs=WGS84))


def _refuse_lost(ids: pd.Series, kept: pd.Series, *, source: str) -> None:
    lost = ids[~ids.isin(kept)]
    if len(lost):
        raise NoOverlapError(
            source,
            expected="a new polygon over each old one",
            found=f"none over {', '.join(lost.head(5))} ({len(lost)} in all)",
            hint="compare the two files: their areas, and their coordinate reference systems",
        )


def _sliver_audit(slivers: pd.DataFrame, sliver: float, old: str, new: str) -> list[AuditRow]:
    if slivers.empty:
        return []
    widest = slivers.sort_values("area_km2", ascending=False).iloc[0]
    detail = (
        f"{len(slivers)} pieces below {sliver:g} of both their polygons left out, "
        f"{slivers['area_km2'].sum():.6g} km2 in all, at most {widest['area_km2']:.6g} km2 "
        f"({widest['old']} in {widest['new']})"
    )
    return [AuditRow("boundaries", "slivers", f"{old} in {new}", detail, len(slivers))]


def _cover_audit(covered: pd.Series, sliver: float, old: str, new: str) -> list[AuditRow]:
    """Old polygons of which a part that is no sliver lies in no new one, or in several."""
    off = covered[(covered - 1.0).abs() > max(sliver, BENT)]
    return [
        AuditRow(
            "boundaries",
            "covered_in_part" if share < 1.0 else "covered_twice",
            f"{old}: {name}",
            f"pieces in {new} have {share:.4f} of its area",
        )
        for name, share in off.items()
    ]
