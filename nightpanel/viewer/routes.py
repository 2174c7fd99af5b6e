"""What the page may ask the server for: addresses, and what is answered under them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Semaphore
from typing import Any

import numpy as np
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from geo.errors import InputFileError, NightpanelError
from nightpanel.viewer.city_facts import city_facts
from nightpanel.viewer.colours import classes_of
from nightpanel.viewer.downloads import Box, Shown, as_csv, as_geopackage, file_name, parsed_box
from nightpanel.viewer.map_layer import MapLayer, NotShownError
from nightpanel.viewer.page_files import TYPES
from nightpanel.viewer.search import find_places
from nightpanel.viewer.shown_folder import ShownFolder
from nightpanel.viewer.tile_box import TileBox

KEPT = {"Cache-Control": "private, max-age=600"}
"""For what the folder's version is in the address of."""
FRESH = {"Cache-Control": "no-store"}
LIGHT = ("mean", "sum")
"""Variables that are amounts of light."""
MVT = "application/vnd.mapbox-vector-tile"
PACKAGE = "application/geopackage+sqlite3"
DOWNLOADS = {"csv": (as_csv, "text/csv"), "gpkg": (as_geopackage, PACKAGE)}
YEAR_DIGITS = 4
AT_ONCE = 2
"""Downloads that are made at a time; rasters that are read at a time."""
Answer = Callable[[Request], Response]


def application(shown: ShownFolder, files: Mapping[str, Path]) -> Starlette:
    """The server of a folder's map; all addresses are for GET.

    Parameters
    ----------
    shown : ShownFolder
    files : mapping of str to Path
        Files of the page by path.

    Returns
    -------
    Starlette
    """
    answers = {
        "/about.json": lambda _: JSONResponse(shown.about(), headers=FRESH),
        "/ready.json": lambda _: JSONResponse({"ready": shown.ready}, headers=FRESH),
        "/values/{layer}": _values,
        "/classes/{layer}": _classes,
        "/places/{layer}": _places,
        "/outlines/{layer}/{z:int}/{x:int}/{y:int}": _outlines,
        "/light/{z:int}/{x:int}/{y:int}": _limited(_light),
        "/search": _search,
        "/city": _city,
        "/download/{layer}.{kind}": _limited(_download),
    }
    routes = [
        Route("/" if name == "index.html" else f"/{name}", _page(path))
        for name, path in files.items()
    ]
    routes += [Route(path, answer) for path, answer in answers.items()]
    handlers: dict[Any, Any] = {NotShownError: _not_shown, NightpanelError: _named}
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.state.shown = shown
    return app


def _page(path: Path) -> Answer:
    def answer(_: Request) -> Response:
        return Response(path.read_bytes(), media_type=TYPES[path.suffix], headers=FRESH)

    return answer


def _limited(answer: Answer) -> Answer:
    """The same, not more than `AT_ONCE` at a time."""
    free = Semaphore(AT_ONCE)

    def limited(request: Request) -> Response:
        with free:
            return answer(request)

    return limited


def _values(request: Request) -> Response:
    """Float64 numbers of a layer's polygons, little endian."""
    asked = (_asked(request, "variable"), _asked(request, "product"), _year(request, "year"))
    values = _layer(request).values(*asked)
    return _bytes(np.ascontiguousarray(values, dtype="<f8").tobytes(), "application/octet-stream")


def _classes(request: Request) -> Response:
    variable = _asked(request, "variable")
    values = _layer(request).all_values(variable, _asked(request, "product"))
    found = classes_of(values, of_light=variable in LIGHT)
    content = {"breaks": found.breaks, "colours": found.colours, "nothing": found.nothing}
    return JSONResponse(content, headers=KEPT)


def _places(request: Request) -> Response:
    """Ids and names of a layer's polygons, in their order."""
    layer = _layer(request)
    content = {"ids": layer.ids, "names": layer.names, "cities": layer.cities}
    return JSONResponse(content, headers=KEPT)


def _outlines(request: Request) -> Response:
    shown: ShownFolder = request.app.state.shown
    future = shown.outlines[_layer(request).name]
    if not future.done():
        raise HTTPException(503, "outlines are being simplified", {"Retry-After": "2"})
    return _bytes(future.result().tile(_box(request)), MVT)


def _light(request: Request) -> Response:
    shown: ShownFolder = request.app.state.shown
    if shown.light is None:
        raise NotShownError("light")
    product, year = _asked(request, "product"), _year(request, "year")
    return _bytes(shown.light.picture(product, year, _box(request)), "image/png")


def _search(request: Request) -> Response:
    shown: ShownFolder = request.app.state.shown
    places = find_places(list(shown.layers.values()), request.query_params.get("q", ""))
    content = [
        {"layer": one.layer, "id": one.id, "name": one.name, "city": one.city, "box": one.box}
        for one in places
    ]
    return JSONResponse(content, headers=FRESH)


def _city(request: Request) -> Response:
    layers = request.app.state.shown.layers
    if "cities" not in layers:
        raise NotShownError("cities")
    facts = city_facts(
        layers["cities"],
        layers.get("townships"),
        city=_asked(request, "id"),
        product=_asked(request, "product"),
        years=_years(request),
    )
    return JSONResponse(facts, headers=KEPT)


def _download(request: Request) -> Response:
    layer, kind = _layer(request), request.path_params["kind"]
    shown = Shown(
        _asked(request, "variable"),
        _asked(request, "product"),
        _years(request),
        _box_asked(request),
    )
    if kind not in DOWNLOADS:
        raise NotShownError(kind)
    make, media_type = DOWNLOADS[kind]
    name = file_name(layer.name, shown, f".{kind}")
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(make(layer, shown), media_type=media_type, headers=FRESH | disposition)


def _layer(request: Request) -> MapLayer:
    layers: Mapping[str, MapLayer] = request.app.state.shown.layers
    name = request.path_params["layer"]
    if name not in layers:
        raise NotShownError(name)
    return layers[name]


def _asked(request: Request, name: str) -> str:
    """What the address asks under a name."""
    found = request.query_params.get(name)
    if found is None:
        raise HTTPException(400, f"expected {name}=... in the address")
    return found


def _year(request: Request, name: str) -> int:
    text = _asked(request, name)
    if not (text.isascii() and text.isdigit() and len(text) <= YEAR_DIGITS):
        raise HTTPException(400, f"expected a year, found {name}={text[:YEAR_DIGITS]}")
    return int(text)


def _years(request: Request) -> tuple[int, ...]:
    """The year, and the other one where two are compared."""
    names = ("year", "other") if request.query_params.get("other") else ("year",)
    return tuple(dict.fromkeys(_year(request, name) for name in names))


def _box_asked(request: Request) -> Box | None:
    text = request.query_params.get("box")
    try:
        return None if text is None else parsed_box(text)
    except ValueError as error:
        raise HTTPException(400, "expected box=west,south,east,north") from error


def _box(request: Request) -> TileBox:
    at = request.path_params
    box = TileBox(at["z"], at["x"], at["y"])
    if not box.exists:
        raise NotShownError("tile")
    return box


def _bytes(content: bytes, media_type: str) -> Response:
    """What a tile holds; 204 where it holds nothing."""
    if not content:
        return Response(status_code=204, headers=KEPT)
    return Response(content, media_type=media_type, headers=KEPT)


def _not_shown(_: Request, error: Exception) -> Response:
    return PlainTextResponse(f"nothing there: {error}\n", 404, FRESH)


def _named(_: Request, error: Exception) -> Response:
    status = 409 if isinstance(error, InputFileError) else 500
    return PlainTextResponse(f"{error}\n", status, FRESH)
