r"""Made-up provinces: a composite of digital indicators, its channels, and what is true of them.

The data-generating process is fixed here and is not changed to suit an estimator; how much exposure
and demand move was set so that the exposure is no weak instrument and demand shows. Thirty
provinces under their real codes (Tibet is left out, as in the paper), 2012 to 2022; every figure is
drawn. With province ``i``, year ``t``, errors ``e`` that follow first-order autoregressions (0.5),
unobserved demand ``u``, sector shares of the base year ``s_ik`` and national shocks ``g_kt``::

    exposure_it = sum_k s_ik g_kt                            (shift-share)
    digital_it  = province + year + 2 exposure_it + u_it + e
    nine indicators, three in each of ai, digital, industry  (exp of digital and of their own noise)
    adei        = composite with entropy weights, in two levels, of the nine
    m_j         = a_j adei + province + year + .02 gdp + e   (innovation, graduates, misallocation)
    slope_it    = direct + region_i + period_t + amplified * pilot_it
    isa         = province + year + slope_it (adei - mean) + sum_j b_j m_j + level * pilot_it
                  + .02 gdp - .01 government + e
    productivity = province + year + theta adei + .1 u_it + e            (demand confounds it)
    green        = province + year + adei + product z(ai) z(digital) + e (more than its parts)

Regions and periods have effects around the mean one, so that over provinces and years ``direct`` is
their average. The tables do not hold ``adei``, ``isa`` or the misallocation themselves: outputs,
value added and employment by sector are such that the indices of a study give them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from panels.cities.places import province_names
from panels.composite import Indicator, Recipe
from panels.composite_scale import composite

Floats = NDArray[np.float64]

TIBET = "54"
REGIONS: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "east": ("11", "12", "13", "21", "31", "32", "33", "35", "37", "44", "46"),
        "central": ("14", "22", "23", "34", "36", "41", "42", "43"),
        "west": ("15", "45", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65"),
    }
)
"""Three regions, National Bureau of Statistics; the files number them 1, 2, 3 in this order."""
INDICATORS: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "ai": ("ai_patents", "ai_firms", "ai_staff"),
        "digital": ("broadband", "mobile", "data_centres"),
        "industry": ("robots", "platforms", "e_commerce"),
    }
)
"""Sub-indices and their indicators."""
STRUCTURE_WEIGHTS = (0.2, 0.1, 1.5)
"""Weights of heavy, light and high-tech output in the advancement of the structure."""
MEDIATORS = ("innovation", "graduates", "misallocation")
SECTORS = 12
PERSISTENCE = 0.5


@dataclass(frozen=True, slots=True)
class ProvinceSpec:
    """What is true of the made-up provinces."""

    years: tuple[int, ...] = tuple(range(2012, 2023))
    """Consecutive calendar years."""
    direct: float = 0.10
    """Effect of the composite on the structure that no mediator carries, on average."""
    a: tuple[float, float, float] = (2.0, 1.0, -0.8)
    """Effect of the composite on innovation, graduates and misallocation."""
    b: tuple[float, float, float] = (0.07, 0.08, -0.10)
    """Effect of each of them on the structure."""
    regions: Mapping[str, float] = field(
        default_factory=lambda: MappingProxyType({"east": 0.12, "central": -0.03, "west": -0.10})
    )
    """How the slope differs by region, before its mean over provinces is taken off."""
    late: float = 0.10
    """How much larger the slope is from ``break_year`` on."""
    break_year: int = 2017
    """First year of the late period."""
    amplified: float = 0.126
    """How much larger a pilot's slope is after designation."""
    level: float = 0.02
    """What designation adds to the structure where the composite is at its mean."""
    waves: Mapping[int, int] = field(
        default_factory=lambda: MappingProxyType({2015: 4, 2017: 5, 2019: 4})
    )
    """How many provinces become pilots in which year."""
    theta: float = 0.40
    """Effect of the composite on productivity."""
    product: float = 0.05
    """Effect of the product of the standardised sub-indices ai and digital on green output."""

    @property
    def indirect(self) -> tuple[float, ...]:
        """What each mediator carries of the effect on the structure."""
        return tuple(one * other for one, other in zip(self.a, self.b, strict=True))

    @property
    def total(self) -> float:
        """Direct effect and what mediators carry."""
        return self.direct + sum(self.indirect)


@dataclass(frozen=True, slots=True)
class SyntheticProvinces:
    """The made-up provinces' tables, and the truth that no estimator reads."""

    indicators: pd.DataFrame
    """``province`` (two digits), ``year`` and the nine indicators."""
    yearbook: pd.DataFrame
    """``province``, ``year``; output of ``heavy``, ``light``, ``high_tech``; value added ``va_1``
    to ``va_3`` and employment ``workers_1`` to ``workers_3``; ``innovation``, ``graduates``,
    ``productivity``, ``green``, ``gdp_per_capita``, ``capital``, ``fdi``, ``government``."""
    provinces: pd.DataFrame
    """``province``, ``name``, ``region`` (1 east, 2 central, 3 west), ``pilot_year`` (blank for
    provinces that never are pilots); no year."""
    pilots: pd.DataFrame
    """``province``, ``year``, ``pilot`` (0 or 1)."""
    shares: pd.DataFrame
    """``province``, ``sector``, ``share`` of the base year; sums to 1 in a province."""
    shocks: pd.DataFrame
    """``sector``, ``year``, ``shock``: national."""
    exposure: pd.DataFrame
    """``province``, ``year``, ``exposure``: the sum over sectors of share times shock."""
    designed: pd.DataFrame
    """``city_id``, ``year``, ``region``, ``adei``, its sub-indices, ``isa``, ``misallocation`` and
    ``effect``, the province-year's total effect of the composite on the structure."""
    truth: pd.DataFrame
    """``quantity``, ``subject``, ``value``."""


def synthetic_provinces(spec: ProvinceSpec, seed: int) -> SyntheticProvinces:
    """Draw the made-up provinces.

    Parameters
    ----------
    spec : ProvinceSpec
    seed : int
        The same seed gives the same tables.

    Returns
    -------
    SyntheticProvinces
        30 rows a year in each table of provinces and years, ordered by province and year.
    """
    rng = np.random.default_rng(np.random.SeedSequence([20260, seed]))
    codes = tuple(code for code in province_names() if code != TIBET)
    keys = _keys(codes, spec.years)
    shape = (len(codes), len(spec.years))
    shares = rng.dirichlet(np.full(SECTORS, 0.6), size=shape[0])
    shocks = np.cumsum(rng.normal(0.25, 0.5, size=(SECTORS, shape[1])), axis=1)
    exposure = shares @ shocks
    demand = _persistent(rng, shape)
    strength = rng.normal(size=(shape[0], 1))
    digital = 0.8 * strength + _years(rng, shape) + 2.0 * exposure + demand
    digital = digital + 0.5 * _persistent(rng, shape)
    indicators = keys.assign(**_indicators(rng, digital))
    made = _composite(indicators)
    economy = {name: 0.5 * strength + _persistent(rng, shape) for name in ("gdp", "government")}
    pilot_year = _pilot_years(rng, spec, shape[0])
    pilot = (np.asarray(spec.years)[None, :] >= pilot_year[:, None]).astype(np.float64)
    adei = made["adei"].to_numpy().reshape(shape)
    region = np.array([_region(code) for code in codes])
    slope = _slopes(spec, region, pilot, shape)
    outcomes = _outcomes(rng, spec, adei, slope, pilot, economy)
    z = {name: _standard(made[f"adei_{name}"].to_numpy()) for name in ("ai", "digital")}
    together = (z["ai"] * z["digital"]).reshape(shape)
    outcomes["productivity"] = (
        2.0 + strength + _years(rng, shape) + spec.theta * adei + 0.1 * demand
    ) + 0.05 * _persistent(rng, shape)
    outcomes["green"] = (
        1.0 + strength + _years(rng, shape) + adei + spec.product * together
    ) + 0.1 * _persistent(rng, shape)
    effect = slope + sum(spec.indirect)
    designed = keys.rename(columns={"province": "city_id"}).assign(
        region=np.repeat(region, shape[1]),
        **{str(name): made[name].to_numpy() for name in made},
        isa=outcomes["isa"].ravel(),
        misallocation=outcomes["misallocation"].ravel(),
        effect=effect.ravel(),
    )
    return SyntheticProvinces(
        indicators=indicators,
        yearbook=_yearbook(rng, keys, outcomes, economy),
        provinces=_provinces(codes, region, pilot_year, last=spec.years[-1]),
        pilots=keys.assign(pilot=pilot.ravel().astype(np.int64)),
        shares=_shares(codes, shares),
        shocks=_shocks(spec.years, shocks),
        exposure=keys.assign(exposure=exposure.ravel()),
        designed=designed,
        truth=_truth(spec, designed, pilot.ravel()),
    )


def recipe() -> Recipe:
    """The composite: entropy weights in two levels, pooled."""
    parts = [Indicator(column, group) for group, names in INDICATORS.items() for column in names]
    return Recipe("adei", tuple(parts))


def _keys(codes: Sequence[str], years: Sequence[int]) -> pd.DataFrame:
    return pd.DataFrame(
        {"province": np.repeat(np.asarray(codes, dtype=object), len(years)),
         "year": np.tile(np.asarray(years, dtype=np.int64), len(codes))}
    ).astype({"province": "str"})  # fmt: skip


def _persistent(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    """First-order autoregression over the years with unit variance."""
    noise = np.clip(rng.normal(size=shape), -2.5, 2.5)
    path = np.empty(shape)
    path[:, 0] = noise[:, 0]
    for year in range(1, shape[1]):
        path[:, year] = (
            PERSISTENCE * path[:, year - 1] + np.sqrt(1.0 - PERSISTENCE**2) * noise[:, year]
        )
    return path


def _years(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    """A trend that all provinces share, with noise of its own each year (1, T)."""
    trend: Floats = np.linspace(-0.5, 0.5, shape[1]) + 0.1 * rng.normal(size=shape[1])
    return trend[None, :]


def _standard(values: Floats) -> Floats:
    standard: Floats = (values - values.mean()) / values.std()
    return standard


def _indicators(rng: np.random.Generator, digital: Floats) -> dict[str, Floats]:
    """Positive and skewed, as counts per head are; each group has noise of its own, too."""
    z = _standard(digital)
    found = {}
    for names in INDICATORS.values():
        group = 0.6 * _persistent(rng, digital.shape)
        for name in names:
            own = 0.4 * _persistent(rng, digital.shape)
            found[name] = np.exp(3.0 + 0.35 * (z + group + own)).ravel()
    return found


def _composite(indicators: pd.DataFrame) -> pd.DataFrame:
    """The composite and its sub-indices by province and year."""
    table = indicators.rename(columns={"province": "city_id"})
    return composite(table, recipe(), where="adei").values


def _region(code: str) -> int:
    return next(at for at, codes in enumerate(REGIONS.values(), start=1) if code in codes)


def _pilot_years(rng: np.random.Generator, spec: ProvinceSpec, count: int) -> Floats:
    """The year in which each province becomes a pilot; infinite for those that never do."""
    years = np.full(count, np.inf)
    waves = np.repeat(list(spec.waves), list(spec.waves.values()))
    years[rng.permutation(count)[: len(waves)]] = waves
    return years


def _slopes(
    spec: ProvinceSpec, region: NDArray[np.int64], pilot: Floats, shape: tuple[int, int]
) -> Floats:
    """Effect of the composite that no mediator carries, by province and year."""
    of_region = np.array([spec.regions[name] for name in REGIONS])[region - 1]
    late = (np.asarray(spec.years) >= spec.break_year).astype(np.float64) * spec.late
    base = (of_region - of_region.mean())[:, None] + (late - late.mean())[None, :]
    return np.broadcast_to(spec.direct + base, shape) + spec.amplified * pilot


def _outcomes(
    rng: np.random.Generator,
    spec: ProvinceSpec,
    adei: Floats,
    slope: Floats,
    pilot: Floats,
    economy: Mapping[str, Floats],
) -> dict[str, Floats]:
    """The structure and what carries the effect on it (provinces x years each)."""
    shape = adei.shape
    means, noise = (1.8, 1.2, 0.9), (0.15, 0.10, 0.06)
    found = {}
    for name, a, mean, size in zip(MEDIATORS, spec.a, means, noise, strict=True):
        own = 0.1 * np.clip(rng.normal(size=(shape[0], 1)), -2.0, 2.0)
        years = 0.1 * _years(rng, shape)
        e = size * np.clip(_persistent(rng, shape), -3.0, 3.0)
        found[name] = mean + a * (adei - adei.mean()) + own + years + 0.02 * economy["gdp"] + e
    own = 0.03 * np.clip(rng.normal(size=(shape[0], 1)), -2.0, 2.0)
    isa = 0.56 + own + 0.04 * _years(rng, shape) + slope * (adei - adei.mean())
    for name, b, mean in zip(MEDIATORS, spec.b, means, strict=True):
        isa = isa + b * (found[name] - mean)
    isa = isa + spec.level * pilot + 0.02 * economy["gdp"] - 0.01 * economy["government"]
    found["isa"] = isa + 0.015 * np.clip(_persistent(rng, shape), -3.0, 3.0)
    return found


def _yearbook(
    rng: np.random.Generator,
    keys: pd.DataFrame,
    outcomes: Mapping[str, Floats],
    economy: Mapping[str, Floats],
) -> pd.DataFrame:
    """Outputs, value added and employment that give the designed indices exactly, and controls."""
    isa, misallocation = outcomes["isa"].ravel(), outcomes["misallocation"].ravel()
    size = 1e4 * np.exp(rng.normal(0.0, 0.2, size=isa.size))
    heavy, light, high = STRUCTURE_WEIGHTS
    share_light = rng.uniform(0.3, 0.7, size=isa.size) * (high - isa) / (high - light)
    share_high = (isa - heavy + (heavy - light) * share_light) / (high - heavy)
    workers = rng.dirichlet([6.0, 8.0, 10.0], size=isa.size)
    lean = np.array([-1.0, 0.2, 0.8]) - (workers * [-1.0, 0.2, 0.8]).sum(axis=1, keepdims=True)
    spread = np.sqrt((workers * lean**2).sum(axis=1, keepdims=True))
    value = workers * np.exp(misallocation[:, None] * lean / spread)
    value = value / value.sum(axis=1, keepdims=True)
    sectors = {f"va_{k + 1}": size * value[:, k] for k in range(3)}
    sectors |= {f"workers_{k + 1}": 0.2 * size * workers[:, k] for k in range(3)}
    return keys.assign(
        heavy=size * (1.0 - share_light - share_high),
        light=size * share_light,
        high_tech=size * share_high,
        **sectors,
        **{name: outcomes[name].ravel() for name in ("innovation", "graduates")},
        **{name: outcomes[name].ravel() for name in ("productivity", "green")},
        gdp_per_capita=np.exp(10.8 + 0.4 * economy["gdp"]).ravel(),
        capital=np.exp(2.1 + 0.2 * rng.normal(size=isa.size)),
        fdi=np.exp(0.6 + 0.5 * rng.normal(size=isa.size)),
        government=(22.5 + 4.0 * economy["government"]).ravel(),
    )


def _provinces(
    codes: Sequence[str], region: NDArray[np.int64], pilot_year: Floats, *, last: int
) -> pd.DataFrame:
    names = province_names()
    years = pd.array([None if year > last else int(year) for year in pilot_year], dtype="Int64")
    return pd.DataFrame(
        {"province": list(codes), "name": [names[code] for code in codes], "region": region,
         "pilot_year": years}
    )  # fmt: skip


def _shares(codes: Sequence[str], shares: Floats) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "province": np.repeat(np.asarray(codes, dtype=object), SECTORS),
            "sector": np.tile(_sector_names(), len(codes)),
            "share": shares.ravel(),
        }
    ).astype({"province": "str", "sector": "str"})


def _shocks(years: Sequence[int], shocks: Floats) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "sector": np.repeat(_sector_names(), len(years)),
            "year": np.tile(np.asarray(years, dtype=np.int64), SECTORS),
            "shock": shocks.ravel(),
        }
    ).astype({"sector": "str"})


def _sector_names() -> NDArray[np.object_]:
    return np.array([f"s{one:02d}" for one in range(1, SECTORS + 1)], dtype=object)


def _truth(spec: ProvinceSpec, designed: pd.DataFrame, pilot: Floats) -> pd.DataFrame:
    """Everything that a design may be held to."""
    effect, late = designed["effect"], designed["year"] >= spec.break_year
    centred = designed["adei"] - designed["adei"].mean()
    treated = pilot > 0
    rows = [
        ("total_effect", "average", float(effect.mean())),
        ("direct_effect", "average", float(effect.mean()) - sum(spec.indirect)),
        *zip(["indirect_effect"] * 3, MEDIATORS, spec.indirect, strict=True),
        *zip(["effect_on_mediator"] * 3, MEDIATORS, spec.a, strict=True),
        *zip(["effect_of_mediator"] * 3, MEDIATORS, spec.b, strict=True),
        *(
            ("total_effect", name, float(effect[designed["region"] == at].mean()))
            for at, name in enumerate(REGIONS, start=1)
        ),
        ("total_effect", f"until {spec.break_year - 1}", float(effect[~late].mean())),
        ("total_effect", f"from {spec.break_year}", float(effect[late].mean())),
        ("pilot_amplifies", "slope", spec.amplified),
        ("pilot_adds", "level at the mean of adei", spec.level),
        (
            "pilot_effect",
            "average over designated province-years",
            float((spec.level + spec.amplified * centred)[treated].mean()),
        ),
        ("effect_on_productivity", "adei", spec.theta),
        ("effect_on_green", "adei", 1.0),
        ("effect_on_green", "ai x digital", spec.product),
        ("effect_on_isa", "ai x digital", 0.0),
    ]
    return pd.DataFrame(rows, columns=["quantity", "subject", "value"])
