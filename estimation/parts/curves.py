"""Points of a curve as rows."""

from estimation.inference.bands import Band
from estimation.parts.part import Setting
from estimation.results import CurvePoint
from estimation.samples.sample import Floats


def curve_points(
    setting: Setting, band: Band, *, curve: str, along: str, at: Floats
) -> tuple[CurvePoint, ...]:
    """A band as rows, one for each value of the variable.

    Parameters
    ----------
    setting : Setting
    band : Band
        Of m values.
    curve, along : str
        As in :class:`estimation.results.CurvePoint`.
    at : float array, shape (m,)
        The values.

    Returns
    -------
    tuple of CurvePoint
    """
    columns = (
        at, band.estimate, band.std_error,
        band.low, band.high, band.uniform_low, band.uniform_high,
    )  # fmt: skip
    design = setting.design
    return tuple(
        CurvePoint(design.name, setting.variant, curve, design.treatment, along, *map(float, point))
        for point in zip(*columns, strict=True)
    )
