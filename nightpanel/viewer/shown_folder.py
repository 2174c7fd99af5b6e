"""An output folder as the map shows it: layers, outlines by zoom, light, and what is not there."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np

from geo.errors import CacheError
from nightpanel.city_labels import city_labels
from nightpanel.digests import FileDigests
from nightpanel.inputs import own_product
from nightpanel.manifest import CACHE
from nightpanel.output_folder import OutputFolder
from nightpanel.store import Store
from nightpanel.study_lights import ProductSection
from nightpanel.viewer.light_tiles import LightTiles, light_tiles
from nightpanel.viewer.map_layer import MapLayer, city_layer, township_layer, without_outline
from nightpanel.viewer.zoom_shapes import ZoomShapes, needs_simplifying, zoom_shapes

FIRST_VARIABLE = {"cities": "gini", "townships": "mean"}
"""What a layer shows unless asked for something else."""
NAMED = 5
"""Places that a message names."""


@dataclass(frozen=True, slots=True)
class ShownFolder:
    """What the map knows of an output folder."""

    name: str
    """The folder's name."""
    digest: str
    """What tells its map from others'."""
    layers: Mapping[str, MapLayer]
    """``cities`` and ``townships``, those that there are."""
    outlines: Mapping[str, "Future[ZoomShapes]"]
    """Polygons by layer, while they are made and after."""
    light: LightTiles | None
    """Light rasters; None without a lights stage."""
    messages: tuple[str, ...]
    """What is not there, for people."""

    @property
    def ready(self) -> bool:
        """Whether all polygons are made."""
        return all(future.done() for future in self.outlines.values())

    def about(self) -> dict[str, Any]:
        """What the page asks first, as JSON knows it."""
        boxes = [layer.boxes for layer in self.layers.values()]
        whole = np.concatenate(boxes) if boxes else np.array([[-180.0, -60.0, 180.0, 75.0]])
        return {
            "name": self.name,
            "version": self.digest[:16],
            "box": [*whole[:, :2].min(axis=0).tolist(), *whole[:, 2:].max(axis=0).tolist()],
            "layers": [_layer(layer) for layer in self.layers.values()],
            "light": [] if self.light is None else _light(self.light),
            "messages": list(self.messages),
        }


def shown_folder(folder: OutputFolder, *, cache: Path | None = None) -> ShownFolder:
    """Read what the map shows; polygons are simplified in threads of their own.

    Parameters
    ----------
    folder : OutputFolder
    cache : Path, optional
        Where simplified polygons are kept; the output folder's cache if not given. A folder that
        cannot be written is done without.

    Returns
    -------
    ShownFolder

    Raises
    ------
    OutputError
        The shapes cannot be read.
    """
    record = folder.stages.get("lights", {})
    labels = city_labels(folder)
    found = (city_layer(folder, labels), township_layer(folder))
    layers = {layer.name: layer for layer in found if layer is not None}
    store = _store(cache or folder.path / CACHE, layers)
    digest = hashlib.sha256(repr(sorted(record.get("files", {}).items())).encode()).hexdigest()
    outlines = {
        name: _in_background(
            partial(zoom_shapes, layer.polygons, name=name, digest=digest, store=store)
        )
        for name, layer in layers.items()
    }
    light = _light_tiles(folder, store) if record else None
    return ShownFolder(
        name=folder.path.resolve().name,
        digest=digest,
        layers=layers,
        outlines=outlines,
        light=light,
        messages=_messages(folder, layers, light),
    )


def _in_background(work: Callable[[], ZoomShapes]) -> "Future[ZoomShapes]":
    """What comes of work in a thread for which the program does not wait when it ends."""
    future: Future[ZoomShapes] = Future()

    def do() -> None:
        try:
            future.set_result(work())
        except Exception as error:  # noqa: BLE001  whoever asks for the result gets it
            future.set_exception(error)

    Thread(target=do, daemon=True).start()
    return future


def _store(place: Path, layers: Mapping[str, MapLayer]) -> Store | None:
    """The cache; none where there is none yet and nothing large enough to begin one."""
    if not (place.is_dir() or any(needs_simplifying(one.polygons) for one in layers.values())):
        return None
    try:
        return Store.checked(place)
    except CacheError:
        return None


def _light_tiles(folder: OutputFolder, store: Store | None) -> LightTiles:
    record = folder.stages["lights"]
    own = [
        own_product(ProductSection.model_validate(one))
        for one in record["settings"].get("products", ())
    ]
    brightest: dict[str, float] = {}
    if folder.units is not None:
        means = folder.units.groupby("product")["mean"].max()
        brightest = {str(name): float(value) for name, value in means.items()}
    return light_tiles(record, own=own, brightest=brightest, digests=FileDigests(store))


def _layer(layer: MapLayer) -> dict[str, Any]:
    names = [column.name for column in layer.variables]
    wanted = FIRST_VARIABLE[layer.name]
    return {
        "name": layer.name,
        "count": len(layer.ids),
        "first": wanted if wanted in names else next(iter(names), ""),
        "variables": [
            {"name": one.name, "label": one.label, "unit": one.unit, "text": one.text}
            for one in layer.variables
        ],
        "products": [
            {"name": name, "years": list(years)} for name, years in layer.years.items() if years
        ],
    }


def _light(light: LightTiles) -> list[dict[str, Any]]:
    return [
        {
            "product": product,
            "unit": brightness.unit,
            "legend": brightness.legend(),
            "ends": brightness.ends,
            "years": [
                {
                    "year": file.year,
                    "why_not": file.why_not,
                    "first_zoom": file.first_zoom,
                    "box": list(file.bounds),
                }
                for file in sorted(light.files.values(), key=lambda one: one.year)
                if file.product == product
            ],
        }
        for product, brightness in sorted(light.brightness.items())
    ]


def _messages(
    folder: OutputFolder, layers: Mapping[str, MapLayer], light: LightTiles | None
) -> tuple[str, ...]:
    """What is not there, and what follows from that."""
    found = [f"This folder does not hold {part}." for part in folder.missing]
    if not layers:
        found.append("There is nothing to draw: no townships or cities with outlines and numbers.")
    elif not any(years for layer in layers.values() for years in layer.years.values()):
        found.append("There is nothing to colour: the tables hold no year.")
    lost = without_outline(folder, layers.get("cities")) if layers else []
    if lost:
        more = f" and {len(lost) - NAMED} more" if len(lost) > NAMED else ""
        said = ("1 city has", "is") if len(lost) == 1 else (f"{len(lost)} cities have", "are")
        found.append(
            f"{said[0]} numbers and no outline, and {said[1]} not drawn: "
            f"{', '.join(lost[:NAMED])}{more}."
        )
    if folder.stages.get("lights", {}).get("settings", {}).get("lights", {}).get("steps"):
        found.append("Light is shown as its files have it; the numbers are of calibrated light.")
    if light is not None:
        reasons = Counter(file.why_not for file in light.files.values() if file.why_not)
        found += [
            f"Light of {number} of {len(light.files)} years is not shown: {why}."
            for why, number in sorted(reasons.items())
        ]
    return tuple(found)
