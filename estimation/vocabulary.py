"""The names that designs are written in: variants, learners, checks, ways to cluster."""

from collections.abc import Mapping
from types import MappingProxyType

VARIANTS = (
    "faithful",
    "first_difference",
    "within",
    "correlated_random_effects",
    "difference_dictionary",
    "within_dictionary",
    "two_way_fixed_effects",
)
"""Every way a design can be estimated, in the order in which estimates are listed."""

LINEAR = "two_way_fixed_effects"
"""The variant without a learner."""

DICTIONARIES = ("difference_dictionary", "within_dictionary")
"""Variants whose nuisance functions are linear in a dictionary of functions of the controls."""

LEARNERS = (
    "gradient_boosting",
    "xgboost",
    "lightgbm",
    "random_forest",
    "lasso",
    "ridge",
    "linear",
)
"""Names of the learners; :mod:`estimation.learning.learners` builds them."""

LINEAR_LEARNERS = ("lasso", "ridge", "linear")
"""Those that are linear in their features."""

CHECKS = ("city_effects", "influence", "placebo", "fake_timing", "sensitivity")
"""Names of the checks that a design may ask for."""

CLUSTERS = ("city", "province", "year")
"""Ways to cluster that are no column of the panel."""

RECOMMENDED = "first_difference"
"""The variant that passes most processes of the simulation protocol, with its learner of
:data:`OWN_LEARNERS`. What ``docs/simulation.csv`` says; a test holds both together."""

LEAST_BIASED = "within_dictionary"
"""The variant with the smallest bias in most of the processes that no estimator passes; in all of
these controls act nonlinearly."""

OWN_LEARNERS: Mapping[str, str] = MappingProxyType(
    {
        "faithful": "gradient_boosting",
        "first_difference": "ridge",
        "within": "ridge",
        "correlated_random_effects": "ridge",
        "difference_dictionary": "ridge",
        "within_dictionary": "ridge",
    }
)
"""The learner of a variant where a design names none: the papers' for ``faithful``, for each other
the one with which it passes most processes, the simplest of equals."""

EFFECT = "effect"
"""The part of a design's own terms."""

SLOPES = "slopes"
"""The part of terms that tell how the treatment's slope differs by labels."""

DETAILS = ("event_study", "calendar", SLOPES)
"""Parts whose rows are in the table of estimates, but not among those shown side by side: curves
show them, or they are there for the sake of others."""
