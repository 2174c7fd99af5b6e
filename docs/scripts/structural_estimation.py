"""The page on calibration and estimation of the structural model: what the data can say.

Run ``python docs/scripts/structural_estimation.py``: it prints the page, writes
docs/structural-estimation.md and needs ``NIGHTPANEL_DATA``. A minute or two of one core.
"""

import argparse
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from docs.scripts.structural_model import DATA, ROOT, markdown
from estimation.structural.calibration import CalibratedB, calibrate_B, with_B
from estimation.structural.demand_parameters import NAMES, DemandParameters
from estimation.structural.demand_system import Observations, implied
from estimation.structural.fgnls import Fgnls, estimate_fgnls
from estimation.structural.identification import (
    BOUND_SHARE,
    CONDITION_NUMBER,
    ERROR_BOUND,
    SPREAD,
    IdentificationReport,
    identification_report,
)
from estimation.structural.monte_carlo import monte_carlo
from estimation.structural.nls import Box, Problem
from estimation.structural.paths import paths
from estimation.structural.published import (
    ALPHA_M,
    ALPHA_M_PRINTED,
    ALPHA_S,
    BETA,
    OMEGA,
    SIGMA_M,
    SIGMA_S,
    published,
)
from estimation.structural.simulate import simulate
from estimation.structural.synthetic_prices import at_truth, moving_prices
from panels.producer_services import table_1
from panels.sectors import SectorData, load_etd, read_etd
from panels.wage_gaps import wage_gaps

PAGE = ROOT / "docs" / "structural-estimation.md"
TEMPLATE = Path(__file__).with_name("structural_estimation_template.md")
FREE = NAMES[:-1]
"""What is estimated: epsilon is held at 0, as in the paper."""
LEVELS = (0.8, 1.0, 1.2)
NOISES = (0.001, 0.005, 0.02)
DRAWS = 200


def point(alpha_M: float) -> DemandParameters:
    """Table 2 with a weight of manufacturing."""
    return DemandParameters(SIGMA_M, SIGMA_S, alpha_M, ALPHA_S, OMEGA)


def observations(data: SectorData) -> Observations:
    """What the system sees of an economy: (28), (29) with prices after aggregation."""
    ln_p, gaps = np.log(data.prices), wage_gaps(data, BETA)
    return Observations(
        ln_p[:, 0] - ln_p[:, 1],
        ln_p[:, 2] - ln_p[:, 1],
        gaps["xi_m"].to_numpy(np.float64),
        gaps["xi_s"].to_numpy(np.float64),
        data.labour[:, :2],
        BETA,
        data.years,
    )


def calibrations(data: SectorData) -> tuple[pd.DataFrame, CalibratedB]:
    """Productivities that meet employment of the first year, by their level."""
    gaps = wage_gaps(data, BETA)
    xi = {name: gaps[name].to_numpy(np.float64) for name in ("xi_m", "xi_s")}
    first = float(xi["xi_m"][0]), float(xi["xi_s"][0])
    rows, made = [], None
    for level in LEVELS:
        made = calibrate_B(published(), data.labour[0], level=level, xi=first)
        run = simulate(with_B(published(), made), paths(60, **xi))
        rows.append({
            "level": level,
            **{f"B_{sector}": b for sector, b in zip("mxs", made.B, strict=True)},
            **{f"L_{sector}, 60": one for sector, one in zip("mxs", run.labour[-1], strict=True)},
        })  # fmt: skip
    assert made is not None
    return pd.DataFrame(rows), made


def estimates(fitted: Fgnls) -> pd.DataFrame:
    """The three stages beside Table 2."""
    rows = []
    for fit in (fitted.one_step, fitted.two_step, fitted.iterated):
        values = dict(zip(NAMES, fit.estimate.vector(), strict=True))
        errors = dict(zip(NAMES, fit.std_errors, strict=True))
        told = {name: f"{values[name]:.3f} ({_error(errors[name])})" for name in FREE}
        held = {"rmse L_m": float(fit.rmse[0]), "rmse L_x": float(fit.rmse[1])}
        ends = {"on a bound": ", ".join(fit.on_bound) or "none"}
        rows.append({"stage": fit.stage, **told, **held, **ends})
    return pd.DataFrame(rows)


def _error(value: float) -> str:
    return "bound" if np.isnan(value) else f"{value:.2g}"


def fit_at(seen: Observations, at: DemandParameters) -> tuple[float, float]:
    """Root mean squared differences of both shares at a point."""
    off = implied(at.unbounded(), seen).labour - seen.labour
    rmse = np.sqrt((off**2).mean(axis=0))
    return float(rmse[0]), float(rmse[1])


def judged(report: IdentificationReport) -> pd.DataFrame:
    """What a report says of each parameter."""
    rows = []
    assert report.monte_carlo is not None
    for at, name in enumerate(report.local.names):
        profile = next(one for one in report.profiles if one.name == name)
        low = "open" if profile.open_low else f"{profile.low:.3f}"
        high = "open" if profile.open_high else f"{profile.high:.3f}"
        place = NAMES.index(name)
        rows.append({
            "parameter": name,
            "truth": float(report.at.vector()[place]),
            "Cramer-Rao bound": float(report.local.error_bounds_natural[at]),
            "95 % profile interval": f"{low} to {high}",
            "Monte-Carlo mean": float(report.monte_carlo.mean[place]),
            "Monte-Carlo sd": float(report.monte_carlo.sd[place]),
            "draws on a bound": float(report.monte_carlo.bound_share[place]),
        })  # fmt: skip
    return pd.DataFrame(rows)


def recovery(seen: Observations, truth: DemandParameters, draws: int) -> pd.DataFrame:
    """Mean and spread of the elasticities where prices move, by the noise of shares."""
    exact = estimate_fgnls(seen).one_step.estimate
    rows: list[Mapping[str, float]] = [
        {"noise sd": 0.0, "sigma_M": exact.sigma_M, "its sd": 0.0, "sigma_S": exact.sigma_S,
         "sd of it": 0.0}
    ]  # fmt: skip
    for sd in NOISES:
        found = monte_carlo(Problem(seen), truth, sd**2 * np.eye(2), draws=draws)
        means, spreads = found.mean, found.sd
        rows.append(
            {"noise sd": sd, "sigma_M": float(means[0]), "its sd": float(spreads[0]),
             "sigma_S": float(means[1]), "sd of it": float(spreads[1])}
        )  # fmt: skip
    return pd.DataFrame(rows)


def page(file: Path, draws: int) -> str:
    """The page's text."""
    data = load_etd(file, "CHN")
    seen = observations(data)
    levels, calibrated = calibrations(data)
    truth = point(ALPHA_M)
    noise = NOISES[0] ** 2 * np.eye(2)
    design = identification_report(Problem(at_truth(seen, truth)), truth, noise, draws=draws)
    moving = moving_prices(seen, truth)
    able = identification_report(Problem(moving), truth, noise, draws=draws)
    fitted = estimate_fgnls(seen)
    printed = design.local, point(ALPHA_M_PRINTED)
    own_fit, printed_fit = fit_at(seen, truth), fit_at(seen, printed[1])
    ratios = np.exp([seen.log_price_m, seen.log_price_s])
    return TEMPLATE.read_text(encoding="utf-8").format(
        table_1=markdown(table_1(read_etd(file)).drop(columns=["gdp_per_capita"])),
        levels=markdown(levels),
        labour_1990=", ".join(f"{share:.3f}" for share in data.labour[0]),
        roots=1 + len(calibrated.others),
        nearest=_ratios(calibrated.root.ln_ratios),
        others="; ".join(_ratios(one.ln_ratios) for one in calibrated.others) or "none",
        low_m=ratios[0].min(),
        high_m=ratios[0].max(),
        low_s=ratios[1].min(),
        high_s=ratios[1].max(),
        estimates=markdown(estimates(fitted)),
        box_elasticity="{:g} to {:g}".format(*Box().elasticity),
        box_weight="{:g} to {:g}".format(*Box().weight),
        starts=fitted.starts,
        optima=fitted.optima,
        at_best=fitted.at_best,
        rounds=fitted.iterated.rounds,
        own_m=own_fit[0],
        own_x=own_fit[1],
        printed_m=printed_fit[0],
        printed_x=printed_fit[1],
        noise=NOISES[0],
        draws=draws,
        singular=", ".join(f"{one:.2g}" for one in design.local.singular_values_natural),
        condition=design.local.condition_number,
        weak=design.verdict,
        judged=markdown(judged(design)),
        able_singular=", ".join(f"{one:.2g}" for one in able.local.singular_values_natural),
        able_condition=able.local.condition_number,
        able=able.verdict,
        able_judged=markdown(judged(able)),
        recovery=markdown(recovery(moving, truth, draws)),
        limit_condition=CONDITION_NUMBER,
        limit_error=ERROR_BOUND,
        limit_bound=100.0 * BOUND_SHARE,
        limit_spread=SPREAD,
    )


def _ratios(pair: tuple[float, float]) -> str:
    return f"({pair[0]:.2f}, {pair[1]:.2f})"


def main() -> None:
    """Print the page and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--page", type=Path, default=PAGE)
    given = parser.parse_args()
    text = page(Path(os.environ["NIGHTPANEL_DATA"]) / DATA, given.draws)
    print(text)
    given.page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
