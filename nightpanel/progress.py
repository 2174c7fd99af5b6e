"""Progress bars on the standard error stream; nothing when it is no terminal or quiet is asked."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Report = Callable[[int, int], None]
"""Called with (done, total)."""


@contextmanager
def progress_bar(label: str, *, quiet: bool = False) -> Iterator[Report]:
    """A bar for one long piece of work.

    Parameters
    ----------
    label : str
        What is being done.
    quiet : bool
        No bar at all.

    Yields
    ------
    callable
        To be called with the number done and the total.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(label, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)
