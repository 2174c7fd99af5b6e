"""Where the tasks of the raster graph run: threads here; processes and clusters in `tiles.cluster`.

Whoever runs them, the tasks are the same pure functions, so results have the same bits.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from dask.base import compute
from dask.callbacks import Callback
from dask.delayed import Delayed, delayed
from dask.threaded import get

from geo.errors import NightpanelError
from geo.stripes import Stripe
from geo.threads import processors
from tiles.sums import TileSums
from tiles.together import TOGETHER

Done = Callable[[str], None]
"""Called with the key of every task that is done."""


class Scheduler(Protocol):
    """Runs the graph of one grid."""

    together: bool
    """Whether a task may sum several tiles together."""

    def hand_out(self, stripes: Sequence[Stripe]) -> Sequence[object]:
        """What may stand for each stripe in the graph.

        Parameters
        ----------
        stripes : sequence of Stripe
            The coverage that the tasks of all tiles on a grid share.

        Returns
        -------
        sequence
            One value a stripe, to be used as argument of delayed tasks.
        """
        ...

    def results(self, sums: Sequence[Delayed], done: Done) -> Iterator[tuple[int, TileSums]]:
        """Compute delayed values.

        Parameters
        ----------
        sums : sequence of Delayed
            One value a tile.
        done : callable
            Called with the key of every task that is done.

        Yields
        ------
        position, result
            In any order, each as soon as may be.
        """
        ...


class Threads:
    """Threads of this process.

    Parameters
    ----------
    threads : int, optional
        How many; by default one for each processor.
    """

    together = True

    def __init__(self, threads: int | None = None) -> None:
        if threads is not None and threads < 1:
            raise ValueError(f"threads is at least 1, not {threads}")
        self.threads = threads or processors()

    def hand_out(self, stripes: Sequence[Stripe]) -> Sequence[object]:
        """As `Scheduler.hand_out`: threads share memory."""
        return [
            delayed(stripe, name=f"coverage-{id(stripe)}", traverse=False) for stripe in stripes
        ]

    def results(self, sums: Sequence[Delayed], done: Done) -> Iterator[tuple[int, TileSums]]:
        """As `Scheduler.results`: some tiles at a time, so that finished ones can be kept.

        If one fails, those that were finished come first and then its error.
        """
        at_once = TILES_PER_THREAD * self.threads
        for first in range(0, len(sums), at_once):
            some = sums[first : first + at_once]
            finished, error = self._compute(some, done)
            for position, tile in enumerate(some, start=first):
                if str(tile.key) in finished:
                    yield position, finished[str(tile.key)]
            if error is not None:
                raise error

    def _compute(
        self, sums: Sequence[Delayed], done: Done
    ) -> tuple[dict[str, TileSums], NightpanelError | None]:
        """Finished tiles by key, and the error that ended the work, if one did."""
        wanted = {str(tile.key) for tile in sums}
        finished: dict[str, TileSums] = {}

        def task_done(key: Any, result: Any, *_: Any) -> None:
            if str(key) in wanted:
                finished[str(key)] = result
            done(str(key))

        try:
            with Callback(posttask=task_done):
                # The function, not its name: for a name, Dask would load distributed, 0.8 s.
                compute(*sums, scheduler=get, num_workers=self.threads)
        except NightpanelError as error:
            return finished, error
        return finished, None


TILES_PER_THREAD = TOGETHER
"""More would keep finished tiles from the store, fewer would let threads wait for the last task; a
multiple of `TOGETHER`, so that tiles that are summed together are asked for together."""
