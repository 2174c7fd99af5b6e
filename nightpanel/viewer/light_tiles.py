"""Light rasters as picture tiles: of the files that the manifest names, as the run read them."""

import io
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from matplotlib import colormaps
from matplotlib.colors import to_hex
from numpy.typing import NDArray
from PIL import Image
from rasterio.crs import CRS
from rasterio.errors import RasterioError
from rasterio.warp import transform_bounds
from rio_tiler.models import ImageData
from rio_tiler.reader import part

from geo.errors import InputFileError, NightpanelError
from nightpanel.digests import FileDigests
from nightpanel.viewer.colours import OF_LIGHT
from nightpanel.viewer.map_layer import NotShownError
from nightpanel.viewer.tile_box import HALF, LAST_ZOOM, TileBox
from tiles.file_state import FileState, file_state
from tiles.products import PRODUCTS, Product

PIXELS = 256
"""Width and height of a picture."""
MAX_CELLS = 1 << 26
"""Cells that one picture may make the program read: a file without overviews is shown from the zoom
on at which a tile holds fewer."""
SHADES = 255
NOTHING = 255
"""Place in the pictures' palette, after the shades, of what is no observation."""
GEOTIFF = "GTiff"
MERCATOR = CRS.from_epsg(3857)


@dataclass(frozen=True, slots=True)
class LightFile:
    """The light of a product and year, or why it is not shown."""

    product: str
    """Its label in tables."""
    year: int
    """Its year."""
    path: Path
    """The file that the manifest names."""
    digest: str
    """SHA-256 that the run found."""
    why_not: str = ""
    """Why there is no picture of it, for people; empty if there is one."""
    first_zoom: int = 0
    """The coarsest zoom at which it is shown."""
    bounds: tuple[float, float, float, float] = (-180.0, -85.0, 180.0, 85.0)
    """West, south, east and north, degrees."""


@dataclass(frozen=True, slots=True)
class Brightness:
    """What numbers mean as shades, the same for all years of a product."""

    product: Product | None
    """Its contract; None for one that neither the program nor the study describes."""
    top: float
    """The value of the brightest shade; what is above has it, too."""
    unit: str
    """Unit of the numbers; empty if nobody says."""
    ends: bool = True
    """Whether no value is above ``top``."""

    def shades(self, values: NDArray[np.float64]) -> NDArray[np.uint8]:
        """Shades from 0 to 254: square roots, so that faint light is seen beside bright."""
        share = np.sqrt(np.clip(values, 0.0, self.top) / self.top)
        return np.asarray(np.rint(share * (SHADES - 1)), dtype=np.uint8)

    def seen(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which numbers are observations."""
        known = np.isfinite(values)
        if self.product is None:
            return known & (values >= 0)
        fill = np.isin(values, np.asarray(self.product.fill_values, dtype=np.float64))
        return known & ~fill & (values >= self.product.valid_min)

    def legend(self, number: int = 6) -> list[tuple[float, str]]:
        """Values with their colours, ascending."""
        shares = np.linspace(0.0, 1.0, number)
        colours = colormaps[OF_LIGHT]
        return [(float(share**2 * self.top), to_hex(colours(float(share)))) for share in shares]


@dataclass(frozen=True, slots=True)
class LightTiles:
    """Pictures of light."""

    files: Mapping[tuple[str, int], LightFile]
    """By product and year."""
    brightness: Mapping[str, Brightness]
    """By product."""
    digests: FileDigests
    """Which bytes are whose; remembers."""
    checked: dict[Path, FileState] = field(default_factory=dict)
    """Files whose digest was right, and what they looked like then."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    """Held while a file is digested."""

    def picture(self, product: str, year: int, box: TileBox) -> bytes:
        """A png of a tile.

        Parameters
        ----------
        product, year
            A key of ``files``.
        box : TileBox

        Returns
        -------
        bytes
            Empty where the file holds nothing there, or the zoom is too coarse for it.

        Raises
        ------
        NotShownError
            There is no such product and year.
        InputFileError
            The file cannot be shown, is gone, or is another than the run read.
        """
        file = self.files.get((product, year))
        if file is None:
            raise NotShownError(f"{product} {year}")
        self.require_same(file)
        if box.zoom < file.first_zoom:
            return b""
        try:
            with rasterio.open(file.path, driver=GEOTIFF) as dataset:
                if not _touches(dataset, box):
                    return b""
                image = part(
                    dataset, box.bounds, height=PIXELS, width=PIXELS, dst_crs=MERCATOR, indexes=1
                )
        except RasterioError as error:
            raise _wrong(file, str(error)) from error
        return _png(image, self.brightness[product])

    def require_same(self, file: LightFile) -> None:
        """Refuse a file that cannot be shown or is not the one that the run read.

        Raises
        ------
        InputFileError
        """
        if file.why_not:
            raise _wrong(file, file.why_not)
        try:
            state = file_state(file.path)
        except NightpanelError as error:
            raise _wrong(file, "no such file") from error
        with self.lock:
            if self.checked.get(file.path) == state:
                return
            if self.digests.of([file.path], watched=False)[file.path] != file.digest:
                raise _wrong(file, "a file that has changed since the run")
            self.checked[file.path] = state


def light_tiles(
    record: Mapping[str, Any],
    *,
    own: Sequence[Product] = (),
    brightest: Mapping[str, float],
    digests: FileDigests,
    max_cells: int = MAX_CELLS,
) -> LightTiles:
    """What there is of light.

    Parameters
    ----------
    record : mapping
        The manifest's record of the lights stage.
    own : sequence of Product
        Products of the study.
    brightest : mapping of str to float
        The brightest unit by product, where a product states no value at which it ends.
    digests : FileDigests
    max_cells : int
        As `MAX_CELLS`.

    Returns
    -------
    LightTiles
        Years whose light is not in a GeoTIFF of its own on this machine say why they are not shown.
    """
    inputs = record.get("inputs", {})
    files = [_light_file(tile, inputs, max_cells) for tile in record.get("tiles", ())]
    contracts = {product.name: product for product in (*PRODUCTS.values(), *own)}
    brightness = {
        label: _brightness(contracts.get(label.split(" ")[0]), brightest.get(label, 0.0))
        for label in {file.product for file in files}
    }
    return LightTiles({(file.product, file.year): file for file in files}, brightness, digests)


def _light_file(tile: Mapping[str, Any], inputs: Mapping[str, str], max_cells: int) -> LightFile:
    path = Path(tile["path"])
    digest = str(tile["sha256"] or "")
    file = (str(tile["product"]), int(tile["year"]), path, digest)
    if "://" in tile["path"] or tile["path"].startswith("/vsi"):
        return LightFile(*file, "it lies on the network")
    if not path.is_file():
        return LightFile(*file, "the file is not there any more")
    if inputs.get(tile["path"], digest) != digest:
        return LightFile(*file, "the run made it of several files")
    try:
        with rasterio.open(path, driver=GEOTIFF) as dataset:
            if dataset.crs is None:
                return LightFile(*file, "the file does not say where it lies")
            return LightFile(
                *file,
                first_zoom=_first_zoom(dataset, max_cells),
                bounds=transform_bounds(dataset.crs, "EPSG:4326", *dataset.bounds, densify_pts=21),
            )
    except RasterioError:
        return LightFile(*file, "it is no GeoTIFF as it lies there: packed, or of another format")


def _first_zoom(dataset: Any, max_cells: int) -> int:
    """The coarsest zoom at which a tile makes GDAL read no more cells than that."""
    cells = dataset.width * dataset.height
    if dataset.overviews(1) or cells <= max_cells:
        return 0
    left, bottom, right, top = transform_bounds(
        dataset.crs, MERCATOR, *dataset.bounds, densify_pts=21
    )
    density = cells / ((right - left) * (top - bottom))
    sizes = ((zoom, 2 * HALF / 2**zoom) for zoom in range(LAST_ZOOM))
    return next((zoom for zoom, size in sizes if size**2 * density <= max_cells), LAST_ZOOM)


def _touches(dataset: Any, box: TileBox) -> bool:
    left, bottom, right, top = transform_bounds(
        dataset.crs, MERCATOR, *dataset.bounds, densify_pts=21
    )
    west, south, east, north = box.bounds
    return bool(left < east and right > west and bottom < north and top > south)


def _brightness(product: Product | None, brightest: float) -> Brightness:
    ends = None if product is None else product.saturation
    top = ends or (brightest if np.isfinite(brightest) and brightest > 0 else 1.0)
    unit = "" if product is None else product.unit
    return Brightness(product, float(top), unit, ends=bool(ends))


def _png(image: ImageData, brightness: Brightness) -> bytes:
    values = image.array.data[0].astype(np.float64)
    hidden = np.ma.getmaskarray(image.array)[0] | ~brightness.seen(values)
    if hidden.all():
        return b""
    shades = brightness.shades(np.where(hidden, 0.0, values))
    picture = Image.fromarray(np.where(hidden, np.uint8(NOTHING), shades))
    picture.putpalette(_palette())
    stream = io.BytesIO()
    picture.save(stream, "png", transparency=NOTHING)
    return stream.getvalue()


def _palette() -> bytes:
    """Red, green and blue of every shade, and of what is seen through."""
    colours = colormaps[OF_LIGHT](np.linspace(0.0, 1.0, SHADES))[:, :3]
    return bytes(np.rint(255 * colours).astype(np.uint8).tobytes()) + bytes(3)


def _wrong(file: LightFile, found: str) -> InputFileError:
    return InputFileError(
        f"{file.path.name}, light of {file.year}",
        expected="the GeoTIFF that the run read",
        found=found,
        hint="restore the file, or run the study again",
    )
