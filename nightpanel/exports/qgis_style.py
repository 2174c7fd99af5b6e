"""Styles as QGIS keeps them (QML): a graduated map of polygons, with the slider's years or without.

Element and attribute names are those of QGIS 3.22 and later, which reads older ones as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

Rgb = tuple[int, int, int]

QGIS_VERSION = "3.22.0"
DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
POLYGONS = "2"
"""QGIS's number for layers of polygons."""
START_AND_END = "2"
"""QGIS's number for layers whose rows have a column with their start and one with their end."""
LABEL_DIGITS = 4

LIGHT: tuple[Rgb, ...] = ((0, 0, 4), (87, 16, 110), (188, 55, 84), (249, 142, 9), (252, 255, 164))
"""From dark to bright: matplotlib's inferno (CC0), even to the eye, also of the colour-blind."""
INEQUALITY: tuple[Rgb, ...] = (
    (255, 255, 178), (254, 204, 92), (253, 141, 60), (240, 59, 32), (189, 0, 38),
)  # fmt: skip
"""From equal to unequal: ColorBrewer's YlOrRd in five classes (Apache-2.0)."""


@dataclass(frozen=True, slots=True)
class Graduated:
    """A map coloured by classes of one column."""

    column: str
    """The column whose values are shown."""
    classes: Sequence[tuple[float, float]]
    """Lower and upper ends, as `nightpanel.exports.class_breaks` makes them."""
    ramp: Sequence[Rgb]
    """Colours from the lowest to the highest class."""
    outlined: bool
    """Whether polygons have an outline; many small ones would be hidden under theirs."""
    years: tuple[str, str] | None = None
    """Columns with the start and end of a row's year, for the temporal slider."""


def qml(style: Graduated) -> str:
    """A style as QGIS's XML.

    Parameters
    ----------
    style : Graduated

    Returns
    -------
    str
        A graduated renderer; polygons in one colour where there is no class.
    """
    categories = "Symbology|Temporal" if style.years else "Symbology"
    root = ET.Element("qgis", version=QGIS_VERSION, styleCategories=categories)
    if style.years:
        root.append(_temporal(*style.years))
    root.append(_renderer(style))
    ET.SubElement(root, "layerGeometryType").text = POLYGONS
    ET.indent(root, space=" ")
    return DOCTYPE + ET.tostring(root, encoding="unicode") + "\n"


def colours(ramp: Sequence[Rgb], number: int) -> list[Rgb]:
    """Evenly spaced colours of a ramp, its ends included; one alone is the middle one."""
    places = [(len(ramp) - 1) * (k / (number - 1) if number > 1 else 0.5) for k in range(number)]
    return [_between(ramp, place) for place in places]


def _between(ramp: Sequence[Rgb], place: float) -> Rgb:
    first = min(int(place), len(ramp) - 2)
    share = place - first
    red, green, blue = (
        round(one + share * (other - one))
        for one, other in zip(ramp[first], ramp[first + 1], strict=True)
    )
    return red, green, blue


def _temporal(start: str, end: str) -> ET.Element:
    return ET.Element(
        "temporal",
        enabled="1",
        mode=START_AND_END,
        startField=start,
        endField=end,
        startExpression="",
        endExpression="",
        durationField="",
        durationUnit="min",
        fixedDuration="0",
        accumulate="0",
        limitMode="0",
    )


def _renderer(style: Graduated) -> ET.Element:
    if not style.classes:
        plain = ET.Element("renderer-v2", {"type": "singleSymbol"} | _DRAWN)
        ET.SubElement(plain, "symbols").append(_symbol("0", (200, 200, 200), outlined=True))
        return plain
    renderer = ET.Element(
        "renderer-v2",
        {"type": "graduatedSymbol", "attr": style.column, "graduatedMethod": "GraduatedColor"}
        | _DRAWN,
    )
    ranges = ET.SubElement(renderer, "ranges")
    symbols = ET.SubElement(renderer, "symbols")
    shades = colours(style.ramp, len(style.classes))
    for place, ((low, high), colour) in enumerate(zip(style.classes, shades, strict=True)):
        label = f"{low:.{LABEL_DIGITS}g}"
        label += "" if low == high else f" - {high:.{LABEL_DIGITS}g}"
        ET.SubElement(
            ranges, "range", lower=repr(low), upper=repr(high), symbol=str(place), label=label,
            render="true",
        )  # fmt: skip
        symbols.append(_symbol(str(place), colour, outlined=style.outlined))
    source = ET.SubElement(renderer, "source-symbol")
    source.append(_symbol("0", shades[-1], outlined=style.outlined))
    renderer.append(_ramp(style.ramp))
    ET.SubElement(renderer, "classificationMethod", id="Quantile")
    return renderer


_DRAWN = {"symbollevels": "0", "enableorderby": "0", "forceraster": "0", "referencescale": "-1"}


def _symbol(name: str, colour: Rgb, *, outlined: bool) -> ET.Element:
    symbol = ET.Element(
        "symbol", type="fill", name=name, alpha="1", clip_to_extent="1", force_rhr="0"
    )
    layer = ET.SubElement(symbol, "layer", {"class": "SimpleFill"}, enabled="1", locked="0")
    layer.set("pass", "0")
    layer.append(
        _options(
            color=_rgba(colour),
            joinstyle="bevel",
            outline_color="128,128,128,255",
            outline_style="solid" if outlined else "no",
            outline_width="0.1",
            outline_width_unit="MM",
            style="solid",
        )
    )
    return symbol


def _ramp(ramp: Sequence[Rgb]) -> ET.Element:
    element = ET.Element("colorramp", type="gradient", name="[source]")
    inner = [f"{place / (len(ramp) - 1)};{_rgba(ramp[place])}" for place in range(1, len(ramp) - 1)]
    element.append(
        _options(
            color1=_rgba(ramp[0]),
            color2=_rgba(ramp[-1]),
            discrete="0",
            rampType="gradient",
            stops=":".join(inner),
        )
    )
    return element


def _options(**values: str) -> ET.Element:
    options = ET.Element("Option", type="Map")
    for name, value in values.items():
        ET.SubElement(options, "Option", type="QString", name=name, value=value)
    return options


def _rgba(colour: Rgb) -> str:
    return ",".join(str(part) for part in (*colour, 255))
