"""What the processes of `test_kills` do, without the test's own imports.

The server that forks them loads this file once, and with it whatever a run loads without starting a
thread, which its children would not have: code, its digest, the compiler.
"""

import importlib
import os
import signal
import sys
from pathlib import Path
from typing import Any

from geo.compiled import load
from nightpanel.made_by import running_code
from nightpanel.run_study import run

MODULES = [
    "nightpanel.run_lights", "nightpanel.light_files", "nightpanel.kept", "nightpanel.run_panel",
    "nightpanel.run_estimates", "estimation.estimate", "tiles.zonal", "tiles.open_tile",
    "nightpanel.read_back", "openpyxl", "pyarrow.dataset", "pandera.strategies.pandas_strategies",
    "pyfixest.estimation",
]  # fmt: skip


def whole_run(study: Path, out: Path) -> None:
    """Run to the end, in a process of its own."""
    run(study, out=out, threads=2)


def run_until_write(study: Path, out: Path, last: int) -> None:
    """Run until the file that would be moved or removed after ``last`` others, and die there."""
    done = 0

    def count(event: str, _: Any) -> None:
        nonlocal done
        if event in {"os.rename", "os.remove"}:
            if done == last:
                os.kill(os.getpid(), signal.SIGKILL)
            done += 1

    sys.addaudithook(count)
    whole_run(study, out)


for name in MODULES:
    importlib.import_module(name)
running_code()
load()
