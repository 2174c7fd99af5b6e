"""`nightpanel clip`, as a user types it."""

from pathlib import Path

import numpy as np
import rasterio

from tests.nightpanel.light.helpers import Command, city_light, write


def test_clip_writes_a_file_for_each_city_and_year(
    command: Command, tiles: Path, units: Path, tmp_path: Path
) -> None:
    out = tmp_path / "clips"
    words = ("--units", units, "--unit-id", "code", "--city-id", "code:4", "--out", out)
    done = command("clip", f"{tiles}/*.tif", *words)
    assert done.returncode == 0, done.stderr
    assert len(list(out.iterdir())) == 4 * 3
    light = rasterio.open(tiles / "DMSP-like2014.tif").read(1)
    kept = [rasterio.open(path).read(1, masked=True).sum() for path in out.glob("*_2014.tif")]
    assert sum(kept) == light.sum()
    one = command("clip", f"{tiles}/*2013.tif", *words[:-1], tmp_path / "one", "--only", "4501")
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["4501_dmsp-like-china_2013.tif"]
    assert one.returncode == 0
    wrong = command("clip", f"{tiles}/*2013.tif", *words, "--only", "9999")
    assert (wrong.returncode, wrong.stderr.startswith("BoundaryColumnError")) == (1, True)


def test_clips_appear_together_or_not_at_all(
    command: Command, tiles: Path, units: Path, tmp_path: Path
) -> None:
    out = tmp_path / "clips"
    words = ("--units", units, "--unit-id", "code", "--city-id", "code:4", "--out", out)
    assert command("clip", f"{tiles}/*2013.tif", *words).returncode == 0
    before = {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}
    write(tiles / "DMSP-like2013.tif", np.where(city_light(1) > 0, 9, 0))
    last = tiles / "DMSP-like2015.tif"
    last.write_bytes(last.read_bytes()[:1500])
    done = command("clip", f"{tiles}/*.tif", *words)
    assert (done.returncode, "DMSP-like2015.tif" in done.stderr) == (1, True)
    assert {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()} == before


def test_a_year_that_is_there_twice_is_clipped_as_asked(
    command: Command, tiles: Path, units: Path, tmp_path: Path
) -> None:
    write(tiles / "DMSP2013.tif", city_light(2))
    words = ("--units", units, "--unit-id", "code", "--city-id", "code:4", "--only", "4501")
    refused = command("clip", f"{tiles}/*2013.tif", *words, "--out", tmp_path / "none")
    assert (refused.returncode, "--several" in refused.stderr) == (1, True)
    out = tmp_path / "one"
    done = command(
        "clip",
        f"{tiles}/*2013.tif",
        *words,
        "--several",
        "prefer",
        "--prefer",
        "dmsp",
        "--out",
        out,
    )
    assert done.returncode == 0, done.stderr
    (clipped,) = out.iterdir()
    alone = tmp_path / "alone"
    assert command("clip", tiles / "DMSP2013.tif", *words, "--out", alone).returncode == 0
    assert clipped.read_bytes() == (alone / clipped.name).read_bytes()
    large = command("clip", f"{tiles}/*2014.tif", *words, "--max-cells", "100", "--out", out)
    assert (large.returncode, "--max-cells" in large.stderr) == (1, True)
