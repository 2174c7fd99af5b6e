"""Fields of STAC extensions against what their makers define.

The extensions' own schemas are on servers, which a test does not ask; pystac carries those of the
core, which `test_stac` uses. Types and ranges here are written after the tables of fields of
github.com/stac-extensions/projection (v2.0.0) and github.com/stac-extensions/raster (v1.1.0).
"""

import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from rasterio.transform import Affine

from tests.tiles.helpers import BLACK_MARBLE, WriteTile, black_marble
from tiles.catalog import read_catalog
from tiles.stac import write_stac

TEXT_OR_NULL = {"type": ["string", "null"]}
PROJECTION = {
    "type": "object",
    "properties": {
        "proj:code": {"type": ["string", "null"], "pattern": r"^[A-Z]+:\S+$"},
        "proj:wkt2": TEXT_OR_NULL,
        "proj:projjson": {"type": ["object", "null"]},
        "proj:geometry": {"type": "object"},
        "proj:bbox": {"type": "array", "items": {"type": "number"}},
        "proj:centroid": {"type": "object"},
        "proj:shape": {
            "type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2,
        },
        "proj:transform": {
            "type": "array",
            "items": {"type": "number"},
            "oneOf": [{"minItems": size, "maxItems": size} for size in (6, 9)],
        },
    },
    "patternProperties": {"^(?!proj:)": {}},
    "additionalProperties": False,
}  # fmt: skip
NUMBERS = [f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)]
NUMBERS += ["float16", "float32", "float64"]
RASTER = {
    "type": "object",
    "properties": {
        "raster:bands": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "minProperties": 1,
                "properties": {
                    "data_type": {"enum": NUMBERS},
                    "nodata": {"anyOf": [{"type": "number"}, {"enum": ["nan", "inf", "-inf"]}]},
                    "unit": {"type": "string"},
                    "scale": {"type": "number"},
                    "offset": {"type": "number"},
                    "sampling": {"enum": ["area", "point"]},
                    "spatial_resolution": {"type": "number"},
                },
            },
        }
    },
    "required": ["raster:bands"],
    "patternProperties": {"^(?!raster:)": {}},
    "additionalProperties": False,
}


@pytest.fixture
def items(write_tile: WriteTile, tmp_path: Path) -> list[dict[str, Any]]:
    """Items of a plane without a code, of degrees, of floats, and of HDF5."""
    albers = "+proj=aea +lat_1=25 +lat_2=47 +lat_0=0 +lon_0=105 +datum=WGS84 +units=m"
    plane = {"transform": Affine(1000.0, 0.0, 0.0, 0.0, -1000.0, 3.5e6), "crs": albers}
    degrees = {"transform": Affine(0.01, 0.0, 110.0, 0.0, -0.01, 30.0), "crs": "EPSG:4326"}
    name = "VNL_v21_npp_2013_global_vcmcfg_c202205302300.average_masked.dat.tif"
    paths = [
        write_tile(np.eye(8), "DMSP2013.tif", **plane),
        write_tile(
            np.eye(8), "F182012.v4c_web.stable_lights.avg_vis.tif", dtype="uint8", **degrees
        ),
        write_tile(np.eye(8), name, dtype="float32", **degrees),
        black_marble(tmp_path / BLACK_MARBLE.format(29, 1)),
    ]
    written = write_stac(read_catalog(paths).tiles, tmp_path / "stac")
    found = [json.loads(path.read_text()) for path in sorted(written.parent.rglob("*.json"))]
    return [one for one in found if one["type"] == "Feature"]


def test_fields_are_as_their_extensions_define_them(items: list[dict[str, Any]]) -> None:
    assert len(items) == 4
    for item in items:
        for url in item["stac_extensions"]:
            assert url.startswith("https://stac-extensions.github.io/")
        jsonschema.validate(item["properties"], PROJECTION)
        for asset in item["assets"].values():
            jsonschema.validate(asset, PROJECTION)
            jsonschema.validate(asset, RASTER)
    # What the projection extension asks for: at least one way to say the CRS.
    assert all(item["properties"]["proj:wkt2"] for item in items)
    codes = {item["properties"]["proj:code"] for item in items}
    assert codes == {None, "EPSG:4326"}


@pytest.mark.parametrize(
    ("where", "field", "value"),
    [
        ("properties", "proj:shape", [8.5, 8]),
        ("properties", "proj:transform", [1.0, 2.0]),
        ("properties", "proj:code", "4326"),
        ("properties", "proj:epsg", 4326),
        ("asset", "raster:bands", [{"nodata": "none"}]),
        ("asset", "raster:bands", [{"data_type": "bool"}]),
        ("asset", "raster:bands", []),
    ],
)
def test_wrong_fields_are_found(
    items: list[dict[str, Any]], where: str, field: str, value: object
) -> None:
    """The definitions above do tell right from wrong."""
    item = items[0]
    fields = item["properties"] if where == "properties" else item["assets"]["light"]
    fields[field] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(fields, PROJECTION if where == "properties" else RASTER)
