"""The report: all sections of an output folder in one file that needs nothing else."""

import base64
import hashlib
from collections.abc import Callable
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from plotly.offline import get_plotlyjs

from nightpanel.html_report.embedded import script_json
from nightpanel.html_report.section import Section
from nightpanel.html_report.sections import (
    audit,
    checks,
    city_map,
    diagnostics,
    effect_curves,
    forest,
    heterogeneity,
    light,
    methods,
    panel,
    sensitivity,
    specification_curve,
    what_was_run,
)
from nightpanel.output_folder import OutputFolder

SECTIONS: tuple[Callable[[OutputFolder], Section], ...] = (
    what_was_run.section,
    light.section,
    city_map.section,
    panel.section,
    forest.section,
    specification_curve.section,
    heterogeneity.section,
    effect_curves.marginal_effects,
    effect_curves.event_study,
    diagnostics.section,
    sensitivity.section,
    checks.section,
    audit.section,
    methods.section,
)
"""The sections in order."""
SCRIPTS = ("unpack.js", "page.js", "charts.js", "records.js", "map.js", "city.js")
"""The page's own scripts, in the order in which they run."""
HERE = "nightpanel.html_report"


def sections_of(folder: OutputFolder) -> tuple[Section, ...]:
    """All sections of the report; those that lack something say so.

    Parameters
    ----------
    folder : OutputFolder
    """
    return tuple(make(folder) for make in SECTIONS)


def report_html(folder: OutputFolder) -> str:
    """The report as one page.

    Parameters
    ----------
    folder : OutputFolder

    Returns
    -------
    str
        HTML with styles, scripts and data inside; the same text for the same folder. Its security
        policy lets no other script run and no request leave.
    """
    sections = sections_of(folder)
    kinds = {part.kind for section in sections for part in section.parts}
    scripts = [_asset(name) for name in SCRIPTS]
    if "chart" in kinds:
        scripts.insert(0, get_plotlyjs())
    scripts = [_closed(script) for script in scripts]
    return _environment().get_template("report.html.j2").render(
        title=f"nightpanel report: {_name(folder)}",
        name=_name(folder),
        sections=sections,
        style=_asset("report.css"),
        scripts=scripts,
        hashes=" ".join(f"'sha256-{_digest(script)}'" for script in scripts),
    )  # fmt: skip


def _name(folder: OutputFolder) -> str:
    return folder.path.resolve().name


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["script_json"] = script_json
    return made


def _asset(name: str) -> str:
    return files(HERE).joinpath("assets", name).read_text(encoding="utf-8")


def _closed(script: str) -> str:
    """A script that does not end its own element."""
    return "\n" + script.replace("</script", r"<\/script") + "\n"


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
