"""Predictions and tuned settings in the store, so that an interrupted run goes on where it was."""

import numpy as np

from estimation.samples.sample import Floats
from nightpanel.store import Store
from tiles.digest import digest_of
from tiles.made_with import made_with

KIND = "nuisance"
"""Kind of the store's entries for predictions."""
MADE_BY = ("estimation.learning.fold_fit", "estimation.learning.kept_tuning", "estimation.pool")
"""The code that they hang on, beside the libraries that fit and search, which are in addresses."""


class KeptFits:
    """Predictions, and the numbers of tuning, by address, kept in a store.

    Parameters
    ----------
    store : Store
        Where; entries that are damaged are made anew.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._code = made_with(*MADE_BY)

    def get(self, address: str) -> Floats | None:
        """Predictions kept under an address, shape (n,); None if there are none.

        Raises
        ------
        CacheError
            The folder cannot be read.
        """
        found = self._store.get(KIND, self._key(address))
        return None if found is None else np.array(found["predictions"], dtype=np.float64)

    def put(self, address: str, predictions: Floats) -> None:
        """Keep predictions.

        Raises
        ------
        CacheError
            The folder cannot be written or is full.
        """
        self._store.put(KIND, self._key(address), {"predictions": predictions})

    def _key(self, address: str) -> str:
        return digest_of(KIND, self._code, address)
