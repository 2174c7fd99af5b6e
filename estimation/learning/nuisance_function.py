"""A nuisance function: what is predicted from what, on which folds, by which learner; its address.

Two functions with one address have the same predictions, bit for bit: the address is a digest of
everything that makes them.
"""

from dataclasses import dataclass, field
from hashlib import blake2b
from importlib import import_module

import numpy as np
from numpy.typing import NDArray

from estimation.learning.folds import Fold
from estimation.learning.learner_spec import LearnerSpec
from estimation.samples.sample import Floats

_MODULES = {"xgboost": "xgboost", "lightgbm": "lightgbm"}
"""Modules of the learners that are not scikit-learn's."""


@dataclass(frozen=True, slots=True, eq=False)
class NuisanceFunction:
    """A target to predict out of fold from features, in one repetition of cross-fitting."""

    target: Floats
    """What is predicted, shape (n,)."""
    features: Floats
    """From what, shape (n, p)."""
    folds: tuple[Fold, ...]
    """Rows to train on and rows to predict; the latter partition the rows."""
    learner: LearnerSpec
    """By what."""
    seed: int
    """The learner's seed."""
    where: str
    """Design, variant and target, for errors."""


@dataclass(slots=True)
class Addresses:
    """Addresses of nuisance functions; an array that many of them share is digested once.

    Arrays are told by identity, and kept alive so that none takes another's place.
    """

    _seen: dict[int, tuple[object, bytes]] = field(default_factory=dict)

    def of(self, function: NuisanceFunction) -> str:
        """The address of a nuisance function: 32 hexadecimal digits."""
        whole = blake2b(digest_size=16)
        whole.update(self._array(function.target))
        whole.update(self._array(function.features))
        for train, test in function.folds:
            whole.update(self._array(train))
            whole.update(self._array(test))
        made_by = f"{function.learner.text}|{function.seed}|{_library(function.learner)}"
        whole.update(made_by.encode())
        return whole.hexdigest()

    def _array(self, values: NDArray[np.generic]) -> bytes:
        known = self._seen.get(id(values))
        if known is None:
            content = np.ascontiguousarray(values)
            digest = blake2b(f"{content.dtype.str}{content.shape}".encode(), digest_size=16)
            digest.update(content.data)
            known = self._seen[id(values)] = (values, digest.digest())
        return known[1]


def _library(learner: LearnerSpec) -> str:
    """The library of a learner and its version."""
    # The module's: the package may be called xgboost or xgboost-cpu.
    name = _MODULES.get(learner.name, "scikit-learn")
    module = import_module(_MODULES.get(learner.name, "sklearn"))
    return f"{name} {module.__version__}"
