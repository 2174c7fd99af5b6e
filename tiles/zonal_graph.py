"""The Dask graph over the rasters of one grid: a task for each stripe, and one to add up a tile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from dask.delayed import Delayed, delayed

from geo.stripes import Stripe
from tiles.digest import digest_of
from tiles.tile import Tile
from tiles.together import add_tile, groups, sum_stripes

STRIPE_TASK = "sum-stripe"


@dataclass(frozen=True, slots=True)
class SumsGraph:
    """What is to be computed."""

    sums: Mapping[int, Delayed]
    """Each tile's sums, by its position; tiles that are summed together follow one another."""
    blocks: Mapping[str, int]
    """How many stripes of tiles a task sums, by the tasks' keys."""


def sums_graph(
    tiles: Sequence[Tile],
    addresses: Sequence[str],
    stripes: Sequence[Stripe],
    nodes: Sequence[object],
    *,
    n_units: int,
    together: bool,
    geodesic: bool,
    rows_at_once: int | None,
) -> SumsGraph:
    """Build the graph of tiles on one grid.

    Parameters
    ----------
    tiles : sequence of Tile
    addresses : sequence of str
        Addresses of their sums, by which tasks are named.
    stripes : sequence of Stripe
        The grid's coverage.
    nodes : sequence
        What stands for each stripe in the graph: `tiles.schedulers.Scheduler.hand_out`.
    n_units : int
    together : bool
        Whether a task may sum several tiles.
    geodesic : bool
    rows_at_once : int, optional

    Returns
    -------
    SumsGraph
    """
    alone = [[position] for position in range(len(tiles))]
    sets = groups(tiles, stripes) if together else alone
    sums: dict[int, Delayed] = {}
    blocks: dict[str, int] = {}
    for positions in sets:
        of_set = [addresses[position] for position in positions]
        token = of_set[0] if len(of_set) == 1 else digest_of(*of_set)
        work = partial(
            sum_stripes,
            tiles=[tiles[position] for position in positions],
            geodesic=geodesic,
            rows_at_once=rows_at_once,
        )
        task = delayed(work, name=f"work-{token}", traverse=False)
        keys = [f"{STRIPE_TASK}-{token}-{part.stripe}" for part in stripes]
        parts = [task(node, dask_key_name=key) for node, key in zip(nodes, keys, strict=True)]
        blocks |= dict.fromkeys(keys, len(positions))
        for place, position in enumerate(positions):
            add = delayed(add_tile, name=f"add-{addresses[position]}")
            key = f"add-stripes-{addresses[position]}"
            sums[position] = add(parts, position=place, n_units=n_units, dask_key_name=key)
    return SumsGraph(sums, blocks)
