"""The catalogue of indices: formula, range, direction, source and data of each."""

import math
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """What an index is."""

    kind: str
    """Its kind in the study file."""
    title: str
    """What it measures."""
    formula: str
    """How it is computed."""
    low: float
    """Smallest possible value."""
    high: float
    """Largest possible value; infinity if there is none."""
    direction: str
    """What a higher value means."""
    source: str
    """Where the formula comes from."""
    data: str
    """What it is computed from."""

    @property
    def range(self) -> str:
        """The range as text."""
        if math.isinf(self.low):
            return "any"
        end = "any" if math.isinf(self.high) else f"{self.high:g}"
        return f"{self.low:g} to {end}" if end != "any" else f"{self.low:g} or more"


_GAN = "Gan, Zheng and Yu (2011), Economic Research Journal 46(5)"
_HSIEH = "Hsieh and Klenow (2009), Quarterly Journal of Economics 124(4)"
_GUO = "Guo et al. (2020), China Economic Quarterly 19(4)"

CATALOGUE = (
    IndexEntry(
        "uil",
        "industrial upgrading",
        "sum over k = 1..3 of k P_k, P_k = VA_k / sum VA, else the reported share",
        1.0,
        3.0,
        "higher: more of the tertiary sector",
        "Yu and Zhang, equation (2)",
        "value added or shares of three sectors",
    ),
    IndexEntry(
        "advanced_structure",
        "advancement of the structure",
        "VA_3 / VA_2",
        0.0,
        math.inf,
        "higher: more of a service economy",
        f"{_GAN}, TS",
        "value added or shares of three sectors",
    ),
    IndexEntry(
        "rationalisation",
        "deviation from a rational structure",
        "sum over k of (Y_k / Y) ln((Y_k / Y) / (L_k / L)), 0 ln 0 = 0",
        0.0,
        math.inf,
        "LOWER: productivity more equal between sectors",
        f"{_GAN}, TL (a Theil index)",
        "value added and employment of three sectors",
    ),
    IndexEntry(
        "weighted_structure",
        "advancement of the structure, weighted",
        "sum over k of w_k Y_k / sum Y, w_k given, or the mean of r_k / max r over technology and "
        "skill ratios r, pooled over the panel",
        0.0,
        math.inf,
        "higher: more of the sectors with large weights; at most the largest weight",
        "Yang (2026), section 4.1, ISA; the weights' formula is not stated there",
        "output of two or more sectors, and weights or ratios of each",
    ),
    IndexEntry(
        "labour_misallocation",
        "labour misallocation between sectors",
        "sqrt(sum over k of l_k (ln MRPL_k - m)^2), m = sum l_k ln MRPL_k, l_k = L_k / sum L, "
        "MRPL_k = alpha_k VA_k / L_k",
        0.0,
        math.inf,
        "LOWER: marginal revenue products of labour more equal between sectors",
        f"MRPL as in {_HSIEH}; its dispersion over workers",
        "value added and employment of two or more sectors, perhaps labour shares",
    ),
    IndexEntry(
        "labour_misallocation_loss",
        "output forgone by labour misallocation",
        "1 - sum VA / max over L* with sum L* = sum L of sum Z_k L*_k^alpha_k, "
        "Z_k = VA_k / L_k^alpha_k",
        0.0,
        1.0,
        "LOWER: marginal revenue products of labour more equal between sectors",
        f"Vollrath (2009), Journal of Development Economics 88(2); MRPL as in {_HSIEH}",
        "value added, employment and labour shares of two or more sectors",
    ),
    IndexEntry(
        "digital_finance",
        "digital inclusive finance",
        "0.5396 breadth + 0.2970 depth + 0.1634 digitisation",
        -math.inf,
        math.inf,
        "higher: more digital finance",
        f"{_GUO}; weights as the published columns have them",
        "coverage_breadth, usage_depth, digitization_level of PKU-DFIIC",
    ),
    IndexEntry(
        "entropy",
        "composite with entropy weights",
        "sum over groups g of W_g sum over j of w_j x_j; x_j min-max scaled over the whole panel, "
        "1 - x_j if reversed; w_j = (1 - e_j) / sum (1 - e), e_j = - sum p ln p / ln n",
        0.0,
        1.0,
        "higher: more of every indicator in its direction",
        "Zou et al. (2006), doi 10.1016/S1001-0742(06)60032-6; two levels as in Yang",
        "two or more indicators",
    ),
    IndexEntry(
        "equal_min_max",
        "composite with equal weights",
        "as entropy, with w_j = 1 / (indicators of the group) and W_g = 1 / groups",
        0.0,
        1.0,
        "higher: more of every indicator in its direction",
        "OECD and JRC (2008), Handbook on Constructing Composite Indicators",
        "two or more indicators",
    ),
    IndexEntry(
        "equal_standardised",
        "composite of standardised indicators",
        "as equal_min_max, with x_j = (x - mean) / sd over the whole panel, -x_j if reversed",
        -math.inf,
        math.inf,
        "higher: more of every indicator in its direction; 0 is average",
        "OECD and JRC (2008), Handbook on Constructing Composite Indicators",
        "two or more indicators",
    ),
)
"""Every kind of index that a study can ask for."""


def catalogue_table() -> pd.DataFrame:
    """The catalogue as a table.

    Returns
    -------
    pandas.DataFrame
        ``kind``, ``index``, ``formula``, ``range``, ``direction``, ``source``, ``data``.
    """
    rows = [
        (one.kind, one.title, one.formula, one.range, one.direction, one.source, one.data)
        for one in CATALOGUE
    ]
    names = ["kind", "index", "formula", "range", "direction", "source", "data"]
    return pd.DataFrame(rows, columns=names)
