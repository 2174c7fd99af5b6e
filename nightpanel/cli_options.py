"""Options that several commands share, and how those end that name problems."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from geo.errors import NightpanelError
from nightpanel.show import complain

if TYPE_CHECKING:
    from tiles.size_limits import SizeLimits

Out = Annotated[Path, typer.Option("--out", help="Output folder.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress bars, no tables.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
Threads = Annotated[
    int | None, typer.Option("--threads", min=1, help="Threads of this process; all cores.")
]
ProductName = Annotated[
    str | None, typer.Option("--product", help="Light product; read from names if not given.")
]
ProductsFile = Annotated[
    Path | None, typer.Option("--products", help="TOML file of products of your own.")
]
Network = Annotated[bool, typer.Option("--network", help="Tiles may be addresses on web servers.")]
Years = Annotated[list[int] | None, typer.Option("--year", help="Year to take; repeatable.")]
Units = Annotated[Path, typer.Option("--units", help="Vector file of the units.")]
UnitId = Annotated[str, typer.Option("--unit-id", help="Column that identifies a unit.")]
CityId = Annotated[
    str, typer.Option("--city-id", help="Column of the city, or COLUMN:DIGITS of a code.")
]
Layer = Annotated[str | None, typer.Option("--layer", help="Layer of the vector file.")]
Crosswalk = Annotated[
    str | None, typer.Option("--crosswalk", help="City codes, e.g. china-municipalities.")
]
Encoding = Annotated[
    str | None, typer.Option("--encoding", help="Of the vector file's text, e.g. GB18030.")
]
DeclaredDatum = Annotated[
    Literal["WGS84", "GCJ-02", "BD-09"],
    typer.Option("--datum", help="In which the units' coordinates are."),
]
MaxCells = Annotated[float, typer.Option("--max-cells", min=1, help="Cells that a tile may have.")]
MaxMbAtOnce = Annotated[
    float, typer.Option("--max-mb-at-once", min=1, help="Size of a block or stripe.")
]
MaxUnpackedGb = Annotated[
    float, typer.Option("--max-unpacked-gb", min=0.0, help="How large a packed file may become.")
]


def size_limits(cells: float, mb_at_once: float, unpacked_gb: float) -> "SizeLimits":
    """What the three options on the size of tiles say."""
    from tiles.size_limits import SizeLimits  # numpy comes with it

    return SizeLimits.of(cells=cells, mb_at_once=mb_at_once, unpacked_gb=unpacked_gb)


def end_with(problems: Sequence[NightpanelError]) -> None:
    """Print problems, one line each, and end with exit code 1 if there are any."""
    for problem in problems:
        complain(problem)
    if problems:
        raise typer.Exit(1)
