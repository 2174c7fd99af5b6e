"""A picture of every figure, and the page that shows them: docs/figures.md.

Run ``python docs/scripts/figures_page.py OUT --benchmark benchmarks/results/light_map.md``. The
demo's country is run into ``OUT/country`` and a staggered adoption with known effects into
``OUT/adoption``, unless they are there; the table of the benchmark goes into the page as it is.
"""

import argparse
import io
import textwrap
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from nightpanel import estimate_file
from nightpanel.output_folder import read_output_folder
from nightpanel.paper_figures.catalogue import FIGURES
from nightpanel.paper_figures.drawn import Drawn, Material, NotDrawn
from nightpanel.paper_figures.save import as_png
from nightpanel.paper_figures.style import paper_style
from nightpanel.paper_figures.words import words_of
from nightpanel.run_demo import demo

DOCS = Path(__file__).resolve().parents[1]
PAGE, PICTURES = DOCS / "figures.md", DOCS / "pictures"
DOTS, COLOURS = 160, 96
"""Dots per inch of the pictures, and how many colours each may have."""
MOST = 600_000
"""Bytes of all pictures together."""

INTRO = """\
# Figures for a paper

Written by `docs/scripts/figures_page.py`; not edited by hand.

The stage `report` of a run, and `nightpanel report OUT`, write `figures/`: every figure that the
output folder has something for, as PDF and as PNG (300 dots per inch), and `figures.txt` with their
captions. Where a part of the run is missing, its figures are not drawn, and `figures.txt` says why.
In Python:

```python
from pathlib import Path

from nightpanel.output_folder import read_output_folder
from nightpanel.paper_figures.write import write_figures

write_figures(read_output_folder(Path("demo-out")), Path("figures"), say=print)
```

* **Style**: one file, `nightpanel/paper_figures/paper.mplstyle`; a user's own matplotlib settings
  play no part. Figures are 7 inches (178 mm) wide, two columns of most journals, or less; no letter
  is under 6 points.
* **Bytes**: the same tables, libraries and fonts give the same bytes: no time, no order by chance.
  All figures appear together or none does.
* **Colours**: Okabe and Ito (2008) for lines, each with a marker or dashes of its own; inferno for
  light and ColorBrewer's YlOrRd for the Gini, as in the GeoPackage. Tests hold neighbours to a
  distance of 10 in CIELAB in eyes with protanopia and deuteranopia (Machado, Oliveira and Fernandes
  2009), and maps to a lightness that only rises or only falls, for printers without colours.
* **Maps**: an equal-area plane of their own, Albers' conic, across the equator Lambert's azimuthal
  one, Equal Earth for the world; classes of about equally many polygons over both years, with zero
  for itself. What 600 dots per inch cannot show is left out, and from 100,000 vertices on polygons
  are pixels in the PDF; letters never are.
* **Chinese names**: letters that the style's font (DejaVu Sans, which comes with matplotlib) lacks
  are drawn in a font of the machine: Noto Sans CJK, Source Han Sans, PingFang, Microsoft YaHei,
  SimHei, WenQuanYi and others, whichever writes most of the names. A city whose name none of them
  writes stands under its code, a design or column under a number, and `figures.txt` says so. In a
  PDF letters are embedded as TrueType; those of compact (OpenType CFF) fonts as outlines, because
  matplotlib's TrueType of them is no valid PDF.
* **Borders**: maps show the polygons that a study was given and no others. Maps of China that are
  published there need an approved base map.

Time of the light maps of a large country, polygons in memory, PDF and PNG written, by
`python -m benchmarks.light_map`:

{benchmark}

The pictures below are those of `nightpanel demo` and of a made-up staggered adoption, with their
captions. Where a study has several figures of a kind, they are numbered: one for each light
product, design, or pair of treatment and outcome. `rolling_windows` (effects of windows of years)
and `structural_paths` (sectors by scenario, where `simulation.parquet` lies in the folder) look
like `marginal_effect` and `gini_over_time`.
"""

ADOPTION = """
[[designs]]
name = "pilots"
outcome = "y"
treatment = "pilot"
variants = ["two_way_fixed_effects"]
checks = []
min_units = 0
adoption = { year = "adopted", window = [-5, 5] }
"""
COHORTS = (2004, 2006, 2009, 0)
"""Years of adoption; 0 for never."""


def write_adoption(folder: Path) -> None:
    """A panel of 80 cities whose effect is 1 at adoption and 0.2 more with each year."""
    rng = np.random.default_rng(5)
    rows = []
    for city in range(80):
        own, adopted = rng.normal(), COHORTS[city % len(COHORTS)]
        for year in range(2000, 2012):
            since = year - adopted if adopted else -1
            effect = 1.0 + 0.2 * since if since >= 0 else 0.0
            y = own + 0.3 * (year - 2000) + effect + rng.normal(scale=0.5)
            rows.append((f"{1101 + city}", year, adopted, y))
    table = pd.DataFrame(rows, columns=["city_id", "year", "adopted", "y"])
    table.to_csv(folder / "panel.csv", index=False)
    (folder / "designs.toml").write_text(ADOPTION, encoding="utf-8")


def prepared(out: Path) -> tuple[Path, Path]:
    """The two output folders, made if they are not there."""
    country, adoption = out / "country", out / "adoption"
    if not (country / "manifest.json").exists():
        demo(out=country, quiet=False)
    if not (adoption / "manifest.json").exists():
        adoption.mkdir(parents=True, exist_ok=True)
        write_adoption(adoption)
        panel, designs = adoption / "panel.csv", adoption / "designs.toml"
        estimate_file(panel=panel, designs=designs, out=adoption)
    return country, adoption


def first_of_each(folder: Path) -> Iterator[tuple[str, Drawn, bytes]]:
    """The first figure of each kind that a folder has something for, as a small picture."""
    shown = read_output_folder(folder)
    words = words_of(shown)
    for kind, draw in FIGURES.items():
        with paper_style(words.font):
            drawing = draw(Material(shown, words))
            if not isinstance(drawing, NotDrawn):
                yield kind, drawing[0], small(as_png(drawing[0].figure, dpi=DOTS))


def small(picture: bytes) -> bytes:
    """A picture in few colours."""
    with io.BytesIO() as stream:
        few = Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS)
        few.save(stream, format="png", optimize=True)
        return stream.getvalue()


def main() -> None:
    """Run what is to be shown, write the pictures and the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--benchmark", type=Path, required=True)
    asked = parser.parse_args()
    PICTURES.mkdir(exist_ok=True)
    parts, done, size = [INTRO.format(benchmark=measured(asked.benchmark))], set[str](), 0
    for folder in prepared(asked.out):
        for kind, drawn, picture in first_of_each(folder):
            if kind in done:
                continue
            done.add(kind)
            size += len(picture)
            name = f"figure_{kind}.png"
            (PICTURES / name).write_bytes(picture)
            title = kind.replace("_", " ").capitalize()
            caption = textwrap.fill(drawn.caption, 100, break_on_hyphens=False)
            parts.append(f"## {title}\n\n![{title}](pictures/{name})\n\n{caption}\n")
    assert size <= MOST, f"pictures of {size} bytes"
    PAGE.write_text("\n".join(parts), encoding="utf-8")


def measured(path: Path) -> str:
    """The table of a benchmark's page."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if line.startswith("|"))


if __name__ == "__main__":
    main()
