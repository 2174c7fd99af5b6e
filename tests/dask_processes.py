"""A Dask scheduler and workers as a user starts them: processes of Dask's own commands."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from distributed import Client

DASK = Path(sys.executable).with_name("dask")
PATIENCE = 60.0


@dataclass
class DaskProcesses:
    """A scheduler on the loopback address and the workers that a test has started."""

    folder: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return str(json.loads(self._file.read_text(encoding="utf-8"))["address"])

    @property
    def _file(self) -> Path:
        return self.folder / "scheduler.json"

    def start_scheduler(self, env: Mapping[str, str] | None = None) -> None:
        self._start("scheduler", "--port", "0", "--scheduler-file", str(self._file), env=env)
        deadline = time.monotonic() + PATIENCE
        while not self._file.is_file() or not self._file.read_text(encoding="utf-8").endswith("}"):
            assert time.monotonic() < deadline, "the scheduler has not started"
            time.sleep(0.05)

    def start_worker(
        self,
        name: str,
        *,
        threads: int = 1,
        nanny: bool = False,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        """A worker, which may not be there at once."""
        words = ["--nthreads", str(threads), "--memory-limit", "0", "--name", name]
        words += ["--nanny" if nanny else "--no-nanny", "--local-directory", str(self.folder)]
        self._start("worker", self.address, *words, cwd=cwd, env=env)

    def wait_for_workers(self, number: int) -> None:
        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(number, timeout=PATIENCE)

    def workers(self) -> dict[str, int]:
        """Address and process of the workers; a nanny is none."""
        with Client(self.address, set_as_default=False) as client:
            return dict(client.run(os.getpid))

    def eventually(self, happens: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + PATIENCE
        while not happens() and time.monotonic() < deadline:
            time.sleep(0.1)
        return happens()

    def stop(self) -> None:
        found = [psutil.Process(one.pid) for one in self.processes if one.poll() is None]
        for process in [child for one in found for child in one.children(recursive=True)] + found:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        for one in self.processes:
            one.wait(timeout=PATIENCE)

    def _start(
        self,
        command: str,
        *words: str,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        log = (self.folder / f"{command}-{len(self.processes)}.log").open("wb")
        with log:
            self.processes.append(
                subprocess.Popen(
                    [DASK, command, *words, "--host", "127.0.0.1", "--dashboard-address", ":0"],
                    stdout=log,
                    stderr=log,
                    cwd=cwd,
                    env={**os.environ, **(env or {})},
                )
            )


@contextmanager
def dask_processes(
    folder: Path, *, env: Mapping[str, str] | None = None
) -> Iterator[DaskProcesses]:
    """A scheduler without workers; everything that was started is ended."""
    started = DaskProcesses(folder)
    try:
        started.start_scheduler(env)
        yield started
    finally:
        started.stop()
