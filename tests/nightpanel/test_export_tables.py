"""Exports appear whole or not at all; what OGR cannot write is a named error."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from geo.errors import OutputError
from nightpanel.export_tables import export
from nightpanel.outputs import write_table

# In a process of its own: the limit, which acts like a full disk, cannot be lifted again.
LIMITED = """
import signal, sys
from pathlib import Path
import pytest
from geo.errors import OutputError
from nightpanel.export_tables import export
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
folder = Path(sys.argv[1])
export(folder, what="panel", to=folder / "before.gpkg")
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
with pytest.raises(OutputError, match="expected a file that can be written"):
    export(folder, what="panel", to=folder / "after.gpkg")
"""


def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    write_table(pd.DataFrame({"city_id": ["1", "2"] * 500}), tmp_path / "panel.parquet")
    subprocess.run([sys.executable, "-c", LIMITED, str(tmp_path)], check=True, timeout=120)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["before.gpkg", "panel.parquet"]


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    write_table(pd.DataFrame({"city_id": ["1"]}), tmp_path / "panel.parquet")
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="choose another with --to"):
        export(tmp_path, what="panel", to=tmp_path / "file" / "panel.gpkg")
