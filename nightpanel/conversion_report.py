"""The report on a conversion: one page of figures, its numbers as text and tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from nightpanel.conversion_file import StoredConversion
from nightpanel.outputs import write_csv
from tiles.calibration.conversion_fit import Fitted
from tiles.calibration.conversion_quality import Errors, Quality
from tiles.calibration.viirs_to_dmsp import log_radiance
from tiles.write_tile import write_tile

REPORT = ("report.txt", "report.png", "bias_by_decile.csv", "seam.csv", "residuals_*.tif")
"""Names of what `write_report` writes."""
DOTS = 20_000
"""Cells that the scatter shows, evenly taken; all count elsewhere."""


def write_report(folder: Path, fitted: Fitted, judged: Quality, stored: StoredConversion) -> None:
    """Write the figure, the text, the tables and the map of residuals.

    Parameters
    ----------
    folder : Path
        An existing folder.
    fitted : Fitted
    judged : Quality
    stored : StoredConversion
    """
    (folder / "report.txt").write_text("\n".join(_lines(fitted, judged, stored)) + "\n")
    write_csv(judged.deciles, folder / "bias_by_decile.csv")
    write_csv(judged.seam, folder / "seam.csv")
    for one, found in zip(fitted.overlaps, fitted.held_out, strict=True):
        residual = (found - one.dn).astype(np.float32)
        write_tile(folder / f"residuals_{one.year}.tif", residual, one.grid)
    _draw(folder / "report.png", fitted, judged)


def report_files(folder: Path) -> list[str]:
    """Names of the files of an earlier report in a folder, which would be about other tiles.

    Parameters
    ----------
    folder : Path
        Need not be there.

    Returns
    -------
    list of str
    """
    found = [path for pattern in REPORT for path in folder.glob(pattern)]
    return sorted(path.name for path in found if path.is_file())


def _lines(fitted: Fitted, judged: Quality, stored: StoredConversion) -> Iterator[str]:
    conversion = fitted.conversion
    curve = conversion.curve
    yield "VIIRS to DMSP-like light"
    yield f"years of the overlap: {', '.join(str(one.year) for one in fitted.overlaps)}"
    yield (
        f"DN = {curve.a:.4f} + {curve.b:.4f} / (1 + exp(-{curve.c:.4f} (log(1 + radiance) - "
        f"{curve.d:.4f}))), at most {conversion.ceiling:g}, dark below {conversion.threshold:g}"
    )
    low, high = asdict(fitted.bounds.low), asdict(fitted.bounds.high)
    within = ", ".join(f"{name} from {low[name]:.4g} to {high[name]:.4g}" for name in low)
    yield f"looked for {within}; none is at a bound"
    yield f"kernel: standard deviation {conversion.sigma_km:g} km"
    for width, error in sorted(judged.tried_km.items()):
        yield f"  tried {width:g} km: rmse {error:.3f} DN on folds that the curve did not see"
    if len(judged.tried_km) > 1:
        widths = ", ".join(f"{width:g}" for width in fitted.widths_km)
        yield f"  chosen without each fold in turn: {widths} km; held-out errors are of these"
    yield _errors("held out by blocks", judged.held_out)
    yield _errors("in sample", judged.in_sample)
    yield "bias by decile of observed DN (first line: dark cells), held out:"
    yield judged.deciles.to_string(index=False, float_format=lambda value: f"{value:.3f}")
    yield "seam, over cells, held out:"
    yield judged.seam.to_string(index=False, float_format=lambda value: f"{value:.4f}")
    yield "files:"
    for name, digest in stored.fitted_on["files"].items():
        yield f"  {digest}  {name}"


def _errors(what: str, errors: Errors) -> str:
    return (
        f"{what}: {errors.cells} cells, rmse {errors.rmse:.3f}, mean absolute {errors.mae:.3f}, "
        f"bias {errors.bias:+.3f} DN, R2 {errors.r2:.3f}"
    )


@contextmanager
def _axes(path: Path) -> Iterator[Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11.0, 8.5), layout="constrained")
    FigureCanvasAgg(figure)
    yield figure.subplots(2, 2)
    figure.savefig(path, dpi=120, metadata={"Software": None})


def _draw(path: Path, fitted: Fitted, judged: Quality) -> None:
    with _axes(path) as axes:
        _scatter(axes[0, 0], fitted)
        _bias(axes[0, 1], judged)
        _seam(axes[1, 0], judged)
        _residuals(axes[1, 1], fitted)


def _scatter(axis: Any, fitted: Fitted) -> None:
    conversion = fitted.conversion
    x, dn = [], []
    for one in fitted.overlaps:
        x.append(log_radiance(one.radiance, one.grid, sigma_km=conversion.sigma_km)[one.seen])
        dn.append(one.dn[one.seen])
    every_x, every_dn = np.concatenate(x), np.concatenate(dn)
    step = max(every_x.size // DOTS, 1)
    axis.plot(every_x[::step], every_dn[::step], ".", markersize=2, alpha=0.3, color="0.5")
    line = np.linspace(every_x.min(), every_x.max(), 300)
    axis.plot(line, np.minimum(conversion.curve(line), conversion.ceiling), color="C3")
    axis.set(xlabel="log(1 + radiance), nW/cm2/sr", ylabel="DN", title="cells and fitted curve")


def _bias(axis: Any, judged: Quality) -> None:
    table = judged.deciles
    axis.axhline(0.0, color="0.7")
    axis.plot(table["observed"], table["bias"], "o-")
    axis.set(xlabel="observed DN, mean of decile", ylabel="bias, DN", title="bias, held out")


def _seam(axis: Any, judged: Quality) -> None:
    table = judged.seam
    place = np.arange(len(table))
    for k, (name, colour) in enumerate((("dmsp", "C0"), ("converted", "C1"))):
        axis.bar(place + 0.38 * k - 0.19, table[f"gini_{name}"], 0.36, label=name, color=colour)
        for at, mean in zip(place, table[f"mean_{name}"], strict=True):
            axis.text(at + 0.38 * k - 0.19, 0.02, f"mean {mean:.2f}", rotation=90, ha="center")
    axis.set_xticks(place, [str(int(year)) for year in table["year"]])
    axis.legend()
    axis.set(ylabel="Gini over cells", title="the seam, held out")


def _residuals(axis: Any, fitted: Fitted) -> None:
    one, found = fitted.overlaps[-1], fitted.held_out[-1]
    shown = axis.imshow(found - one.dn, cmap="RdBu_r", vmin=-20, vmax=20, interpolation="nearest")
    axis.figure.colorbar(shown, ax=axis, label="DN")
    axis.set(title=f"found minus observed, {one.year}", xticks=[], yticks=[])
