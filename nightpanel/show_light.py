"""What the commands on light products print."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from nightpanel.show import print_table, say
from tiles.grid_shift import shift_text

if TYPE_CHECKING:
    from nightpanel.run_conversion import ConversionRun
    from nightpanel.run_tiles import TileReport
    from tiles.clip import Clip
    from tiles.fetch.fetching import Plan
    from tiles.tile_facts import TileFacts


def show_tiles(report: "TileReport") -> None:
    """What files are: names and grids, then values, then changes."""
    facts = report.facts
    if not facts:
        return
    print_table(pd.DataFrame([_what(one) for one in facts]), title="Tiles")
    print_table(pd.DataFrame([_values(one) for one in facts]), title="Values")
    changes = [_change(one) for one in facts if one.before is not None]
    if changes:
        print_table(pd.DataFrame(changes), title="Against the year before")
    for one in facts:
        shift = "" if one.before is None else shift_text(one.tile, one.before)
        for note in (*one.tile.notes, *([shift] if shift else [])):
            say(f"Note: {one.tile.name}: {note}")


def _what(one: "TileFacts") -> dict[str, object]:
    tile = one.tile
    fill = ", ".join(f"{value:g}" for value in tile.fill_values)
    return {
        "file": tile.name,
        "product": tile.product.name,
        "year": str(tile.year),
        "satellite": tile.facts.variant or "-",
        "grid": tile.grid.grid_id,
        "cells": f"{tile.grid.shape[0]} x {tile.grid.shape[1]}",
        "dtype": tile.dtype,
        "nodata declared": "none" if tile.nodata is None else f"{tile.nodata:g}",
        "nodata used": fill or ("NaN" if tile.dtype.startswith("float") else "none"),
    }


def _values(one: "TileFacts") -> dict[str, object]:
    counts = one.counts
    valid = max(counts.valid, 1)
    saturated = f"{counts.saturated / valid:.4f}" if one.tile.product.saturation else "-"
    return {
        "file": one.tile.name,
        "unit": one.tile.product.unit,
        "low": f"{counts.low:g}" if counts.valid else "-",
        "high": f"{counts.high:g}" if counts.valid else "-",
        "zero": f"{counts.zero / valid:.4f}",
        "saturated": saturated,
        "fill": f"{(counts.cells - counts.valid) / counts.cells:.4f}",
        "sum of light": f"{counts.light:.6g}",
    }


def _change(one: "TileFacts") -> dict[str, object]:
    return {
        "file": one.tile.name,
        "before": "" if one.before is None else one.before.name,
        "change of the sum": "-" if math.isnan(one.jump) else f"{one.jump:+.2%}",
        "correlation": _number(one.correlation),
    }


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.4f}"


def show_plan(plan: "Plan") -> None:
    """Files with sizes, and what there is of them."""
    rows = [
        {
            "file": one.file.name,
            "MB": "?" if one.file.size is None else f"{one.file.size / 1e6:.1f}",
            "state": one.state,
            "MB to come": "?" if one.bytes_left is None else f"{one.bytes_left / 1e6:.1f}",
        }
        for one in plan.files
    ]
    print_table(pd.DataFrame(rows), title="Files")
    known = [one.bytes_left for one in plan.files if one.bytes_left is not None]
    files = sum(one.state != "there" for one in plan.files)
    say(f"To come: {sum(known) / 1e6:.1f} MB in {files} files")


def show_clips(written: Sequence["Clip"]) -> None:
    """How many clips there are of each product and year, with their sums."""
    table = pd.DataFrame(
        [(one.product, str(one.year), one.cells, one.light) for one in written],
        columns=["product", "year", "cells", "light"],
    )
    grouped = table.groupby(["product", "year"], as_index=False)
    sums = grouped.agg(clips=("cells", "size"), cells=("cells", "sum"), light=("light", "sum"))
    print_table(sums, title="Clips")


def show_conversion(result: "ConversionRun") -> None:
    """The curve, its errors, and the seam."""
    conversion = result.stored.conversion
    curve = conversion.curve
    say(
        f"DN = {curve.a:.4f} + {curve.b:.4f} / (1 + exp(-{curve.c:.4f} (log(1 + radiance) - "
        f"{curve.d:.4f}))), kernel {conversion.sigma_km:g} km"
    )
    if result.quality is None:
        return
    for what, errors in (
        ("held out", result.quality.held_out),
        ("in sample", result.quality.in_sample),
    ):
        say(
            f"{what}: rmse {errors.rmse:.2f} DN, bias {errors.bias:+.2f}, R2 {errors.r2:.3f} over "
            f"{errors.cells} cells"
        )
    print_table(result.quality.deciles, title="Bias by decile of observed DN, held out")
    print_table(result.quality.seam, title="Seam, over cells, held out")
