"""Progress bars on the standard error stream; nothing when it is no terminal or quiet is asked."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Report = Callable[[int, int], None]
"""Called with (done, total)."""

NamedReport = Callable[[str, int, int], None]
"""Called with what is counted, (done, total)."""


@contextmanager
def progress_bars(*names: str, quiet: bool = False) -> Iterator[NamedReport]:
    """Bars for one long piece of work, each with its rate and the time left.

    Parameters
    ----------
    *names : str
        What is counted.
    quiet : bool
        No bars at all.

    Yields
    ------
    callable
        To be called with a name, the number done and the total.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda _name, _done, _total: None
        return
    # Most commands show no bars; rich takes a tenth of a second to load.
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        """How many are done in a second."""

        def render(self, task: Task) -> Text:
            return Text("" if task.speed is None else f"{task.speed:.3g}/s")

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks = {name: bars.add_task(name, total=None) for name in names}
        yield lambda name, done, total: bars.update(tasks[name], completed=done, total=total)


@contextmanager
def progress_bar(name: str, *, quiet: bool = False) -> Iterator[Report]:
    """One bar, as `progress_bars`.

    Yields
    ------
    callable
        To be called with the number done and the total.
    """
    with progress_bars(name, quiet=quiet) as report:
        yield lambda done, total: report(name, done, total)
