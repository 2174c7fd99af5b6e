"""Which designs ask the same of the data, though they learn in other ways."""

import json
from collections.abc import Mapping
from typing import Any

OF_LEARNING = frozenset(
    {"name", "variation_of", "variants", "learner", "settings", "tune", "repetitions", "folds",
     "seed", "checks"}
)  # fmt: skip
"""Settings of a design that do not change what is asked of the data."""


def questions(stages: Mapping[str, Any]) -> dict[str, str]:
    """What every design asks, as a text that is the same for designs that ask the same.

    Parameters
    ----------
    stages : mapping
        ``stages`` of a manifest.

    Returns
    -------
    dict of str to str
        By the design's name; empty where a run did not record its designs.
    """
    recorded = stages.get("estimates", {}).get("designs") or ()
    return {str(one.get("name")): _asked(one) for one in recorded if isinstance(one, dict)}


def _asked(settings: Mapping[str, Any]) -> str:
    kept = {key: value for key, value in settings.items() if key not in OF_LEARNING}
    return json.dumps(kept, sort_keys=True, default=str)
