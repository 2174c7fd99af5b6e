"""nightpanel on local worker processes, as the option ``--workers`` has it."""

import atexit
from contextlib import ExitStack
from functools import partial

from benchmarks.programs import Job, Task
from benchmarks.programs.this_program import read_inputs, year_table
from tiles.cluster import cluster
from tiles.zonal import ZonalResult, zonal


def means(job: Job) -> Task[ZonalResult]:
    """The unit-year table by ``options["workers"]`` processes that run before the time starts.

    Units and headers are read before too: the time is that of coverage, reading and adding.
    """
    units, catalog = read_inputs(job)
    running = ExitStack()
    atexit.register(running.close)
    workers = running.enter_context(cluster(workers=int(job.options["workers"])))
    run = partial(zonal, units, catalog, scheduler=workers)
    return Task(run, lambda result: year_table(job.tiles, result.unit_years))
