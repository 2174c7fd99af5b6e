"""One measurement's process: import a program, time one task, save its table if asked to."""

import json
import sys
import time
from importlib import import_module
from pathlib import Path

from benchmarks.programs import Job


def main() -> None:
    """Run the request that is the only argument; print what was measured as JSON."""
    asked = json.loads(sys.argv[1])
    job = Job(
        boundaries=Path(asked["boundaries"]),
        tiles=tuple(Path(tile) for tile in asked["tiles"]),
        product=asked["product"],
        options=asked["options"],
    )
    program = import_module(f"benchmarks.programs.{asked['program']}")
    task = getattr(program, asked["task"])(job)
    start, busy = time.perf_counter(), time.process_time()
    result = task.run()
    seconds, cpu = time.perf_counter() - start, time.process_time() - busy
    if asked["table"] is not None:
        task.table(result).to_parquet(asked["table"])
    print(json.dumps({"seconds": seconds, "cpu": cpu}))


if __name__ == "__main__":
    main()
