"""All tables of the study on the made-up country, with the truth in them: docs/made-up-study.md.

Run ``python docs/scripts/made_up_study.py OUT``. An interrupted run goes on in OUT.
"""

import argparse
from importlib.resources import files
from pathlib import Path

from nightpanel.result_tables import table_text
from nightpanel.run_demo import STUDY, Demo, run_country, write_country
from panels.synthetic import CountrySpec, synthetic_panel

PAGE = Path(__file__).resolve().parents[1] / "made-up-study.md"
DEMO = "repetitions = 3"
"""What the demo's study has, for a short time's sake."""

INTRO = """\
# The six tables where the truth is known

Written by `docs/scripts/made_up_study.py`; not edited by hand.

The study of the demo (`nightpanel/demo_study.toml`) on {cities} made-up cities, 2011 to 2021,
from painted light to tables; {repetitions} repetitions (`nightpanel demo` has
{demo_cities} cities, LightGBM and 3 repetitions). The country (`panels/synthetic.py`) was written
before any estimator and is not changed to suit one: strong city effects move treatment and outcome
together, five controls confound by steps, an interaction and a U; the effect of upgrading is
{theta:g} on average and falls by {slope:g} for each 100 points of digital finance.

Under each estimate stands the truth: the average effect over the city-years of that column's sample
(of its group), which differs between the faithful and the other variants where a split does. First
differences weigh a city's first and last year by half of the others, which moves their target a
little. One draw proves nothing of an estimator: bias and coverage are in `docs/simulation.md`. What
this page shows is that every table of the study comes out of one file, and which of its columns a
reader must not trust.

"""

LAST = """\
## To repeat

```
python docs/scripts/made_up_study.py OUT --cities {cities} --repetitions {repetitions}
```

Nuisance fits: {asked} asked for, {distinct} distinct.
"""


def main() -> None:
    """Draw the country, run its study, or go on with it, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--cities", type=int, default=253)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repetitions", type=int, default=20)
    parser.add_argument("--workers", type=int, default=None, help="Processes that fit; all cores.")
    asked = parser.parse_args()
    folder = asked.out / "country"
    country = synthetic_panel(CountrySpec(n_cities=asked.cities), asked.seed)
    study = folder / "study.toml"
    if not study.exists():
        write_country(country, folder=folder, seed=asked.seed)
    study.write_text(study_text(asked.repetitions), encoding="utf-8")
    demo = run_country(country, study, out=asked.out, workers=asked.workers, quiet=False)
    PAGE.write_text(page(demo, asked), encoding="utf-8")


def study_text(repetitions: int) -> str:
    """The demo's study with another number of repetitions."""
    text = files("nightpanel").joinpath(STUDY).read_text(encoding="utf-8")
    if text.count(DEMO) != 1:
        raise ValueError(f"{STUDY} has not one line {DEMO!r}")
    return text.replace(DEMO, f"repetitions = {repetitions}")


def page(demo: Demo, asked: argparse.Namespace) -> str:
    """The page's text."""
    spec = CountrySpec()
    values = {
        "cities": asked.cities,
        "repetitions": asked.repetitions,
        "asked": demo.estimates.fits.asked,
        "distinct": demo.estimates.fits.distinct,
    }
    intro = INTRO.format(
        demo_cities=spec.n_cities, theta=spec.theta, slope=-spec.moderation, **values
    )
    parts = []
    for table in demo.tables.values():
        title, body = table_text(table).split("\n", 1)
        parts.append(f"## {title}\n\n```\n{body}```\n")
    return intro + "\n".join([*parts, LAST.format(**values)])


if __name__ == "__main__":
    main()
