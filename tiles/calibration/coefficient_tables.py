"""The tables of coefficients that come with the program, and where they are from."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

ELVIDGE_2014 = "elvidge-2014"

SHIPPED: Mapping[str, Path] = MappingProxyType(
    {ELVIDGE_2014: Path(__file__).with_name("elvidge2014.csv")}
)
"""Files by name."""

CITATIONS: Mapping[str, str] = MappingProxyType(
    {
        ELVIDGE_2014: "Elvidge et al. 2014, in: Global Urban Monitoring and Assessment through "
        "Earth Observation, CRC Press; only the satellite-years that could be confirmed",
    }
)
"""Where each comes from."""
