"""What the satellite saw: products, catalogue, and the Dask pipeline over rasters."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tiles.cube import open_cube

__all__ = ["open_cube"]


def __getattr__(name: str) -> Any:
    """Load xarray with the first cube."""
    if name != "open_cube":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from tiles.cube import open_cube

    return open_cube
