"""Which measurements there are: groups of lines, each a program's task that is repeated.

Within a group the lines alternate, so that whatever else the machine does falls on all of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import Request
from benchmarks.workload import PRODUCT, YEARS, Kind, Workload

OURS = "nightpanel"
KEPT = "nightpanel, results kept"
"""With a result store, which is empty at first: tiles are digested, results written to it."""
EXACT = "exactextract"
ROUGH = "rasterize + bincount"
FLOOR = "bare read"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: a task, or a task on two samples that is scaled to all units."""

    group: str
    """Lines of a group alternate and are compared with each other."""
    name: str
    """The program, and its way if it has several."""
    requests: tuple[Request, ...]
    """One request, or two on samples of units."""
    repetitions: int
    """How often it is run."""
    samples: tuple[int, ...] = ()
    """Units of each request if they are samples: time is a straight line through the two."""
    compared: bool = False
    """Whether its table is compared with exactextract's, in a run that is not counted."""


@dataclass(frozen=True, slots=True)
class Size:
    """How big the benchmark is."""

    units: int = 40_000
    """Units of the workload; a square number."""
    scale: float = 1.0
    """Rows and columns as a share of 4,200 x 5,100."""
    years: int = 29
    """Years of the long runs; one more is added to them."""
    continents: int = 5
    """Continents of the global tile."""
    global_units: int = 50_000
    """Units of the global job."""
    rasterstats: tuple[int, int] = (250, 1000)
    """Samples of units for rasterstats."""
    clip: tuple[int, int] = (100, 400)
    """Samples of units for the loop of clips."""
    kinds: tuple[Kind, ...] = ("float", "integer")
    """Kinds of tiles."""
    repetitions: int = 5
    """Repetitions of what takes seconds."""
    slow: int = 3
    """Repetitions of what takes half a minute and more."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the tiles."""
        return round(4200 * self.scale), round(5100 * self.scale)


FULL = Size()
QUICK = Size(
    units=400,
    scale=1 / 15,
    years=2,
    continents=1,
    global_units=100,
    rasterstats=(20, 40),
    clip=(10, 20),
    kinds=("float",),
    repetitions=1,
    slow=1,
)
"""Only to show that it works: every program's start costs more than its work."""


def lines(size: Size, workload: Workload) -> list[Line]:
    """All lines but those of runs that build on each other and of the global tile.

    Parameters
    ----------
    size : Size
    workload : Workload
        Its files are built as they are named.

    Returns
    -------
    list of Line
    """
    found = _boundaries(size, workload) + _coverage(size, workload)
    for kind in size.kinds:
        found += _one_year(size, workload, kind)
    found += _albers(size, workload)
    for kind in size.kinds:
        found += _years(size, workload, kind)
    return found


def request(
    program: str,
    boundaries: Path,
    tiles: Sequence[Path],
    *,
    task: str = "means",
    kind: Kind = "float",
    options: Mapping[str, str] | None = None,
) -> Request:
    """A request with the product that belongs to a kind of tile."""
    return Request(program, task, boundaries, tuple(tiles), PRODUCT[kind], options or {})


BY_FEATURE = {"strategy": "feature-sequential"}
BY_RASTER = {"strategy": "raster-sequential"}


def _boundaries(size: Size, workload: Workload) -> list[Line]:
    units = workload.units(size.units)
    ours = request("this_program", units, (), task="boundaries")
    checks = request("shapely_checks", units, (), task="boundaries")
    return [
        Line("boundaries", OURS, (ours,), size.repetitions),
        Line("boundaries", "pyogrio and shapely", (checks,), size.repetitions),
    ]


def _coverage(size: Size, workload: Workload) -> list[Line]:
    units, tiles = workload.units(size.units), workload.tiles("float", YEARS[:1])
    ours = request("this_program", units, tiles, task="coverage")
    entries = request("this_program", units, tiles, task="coverage_entries")
    by_feature = request("exact_extract", units, tiles, task="coverage", options=BY_FEATURE)
    by_raster = request("exact_extract", units, tiles, task="coverage", options=BY_RASTER)
    return [
        Line("coverage", OURS, (ours,), size.repetitions, compared=True),
        Line("coverage", f"{OURS}, runs of whole cells written out", (entries,), size.repetitions),
        Line("coverage", f"{EXACT}, by feature", (by_feature,), size.slow, compared=True),
        Line("coverage", f"{EXACT}, by raster", (by_raster,), size.slow),
    ]


def _one_year(size: Size, workload: Workload, kind: Kind) -> list[Line]:
    group = f"one year, {kind}"
    units, tiles = workload.units(size.units), workload.tiles(kind, YEARS[:1])

    def line(
        name: str, program: str, repetitions: int, task: str = "means", **options: str
    ) -> Line:
        asked = request(program, units, tiles, task=task, kind=kind, options=options)
        return Line(group, name, (asked,), repetitions, compared=task == "means")

    def sampled(name: str, program: str, samples: tuple[int, int]) -> Line:
        asked = tuple(
            request(program, workload.units(size.units, sample=sample), tiles, kind=kind)
            for sample in samples
        )
        return Line(group, name, asked, size.slow, samples=samples, compared=True)

    return [
        line(OURS, "this_program", size.repetitions),
        line(KEPT, "this_program", size.repetitions, "means_kept"),
        line(FLOOR, "bare_read", size.repetitions, "read"),
        line(ROUGH, "rasterize_bincount", size.repetitions),
        line(f"{ROUGH}, as usually written", "rasterize_bincount", size.slow, "means_as_usual"),
        line(f"{EXACT}, by raster", "exact_extract", size.slow, **BY_RASTER),
        line(f"{EXACT}, by feature", "exact_extract", size.slow, **BY_FEATURE),
        line("xvec, exact", "xvec_zonal", size.slow, method="exactextract"),
        line("xvec, rasterize", "xvec_zonal", size.slow, method="rasterize"),
        sampled("rasterstats", "raster_stats", size.rasterstats),
        sampled("rioxarray clip", "clip_loop", size.clip),
    ]


def _albers(size: Size, workload: Workload) -> list[Line]:
    group = "one year, integer, tiles in Albers"
    units, tiles = workload.units(size.units), workload.tiles("albers", YEARS[:1])
    asked = [
        (OURS, request("this_program", units, tiles, kind="albers")),
        (ROUGH, request("rasterize_bincount", units, tiles, kind="albers")),
        (
            f"{EXACT}, by raster",
            request("exact_extract", units, tiles, kind="albers", options=BY_RASTER),
        ),
    ]
    return [Line(group, name, (one,), size.slow, compared=True) for name, one in asked]


def _years(size: Size, workload: Workload, kind: Kind) -> list[Line]:
    group = f"{size.years} years, {kind}"
    units, tiles = workload.units(size.units), workload.tiles(kind, YEARS[: size.years])
    ours = request("this_program", units, tiles, kind=kind)
    kept = request("this_program", units, tiles, task="means_kept", kind=kind)
    floor = request("bare_read", units, tiles, task="read", kind=kind)
    rough = request("rasterize_bincount", units, tiles, kind=kind)
    by_raster = request("exact_extract", units, tiles, kind=kind, options=BY_RASTER)
    by_feature = request("exact_extract", units, tiles, kind=kind, options=BY_FEATURE)
    all_years = f"{EXACT}, all years in one call"
    return [
        Line(group, OURS, (ours,), size.repetitions),
        Line(group, KEPT, (kept,), size.repetitions),
        Line(group, FLOOR, (floor,), size.repetitions),
        Line(group, ROUGH, (rough,), size.slow),
        Line(group, f"{all_years}, by raster", (by_raster,), size.slow),
        Line(group, f"{all_years}, by feature", (by_feature,), 1),
    ]
