"""A full disk and a read-only one: a named error, nothing by halves, and a rerun that goes on.

The disks are small file systems in memory, mounted in a namespace of their own that ends with the
test's process; permissions would not do, since they do not bind root.
"""

import subprocess
import sys
from collections.abc import Callable
from inspect import getsource
from pathlib import Path

import pytest

from nightpanel.store import Store

OWN_MOUNTS = ("unshare", "--map-root-user", "--mount", "sh", "-ec")
FULL = "mount -t tmpfs -o size=1m none {folder}"
READ_ONLY = "mount -t tmpfs -o size=1m,ro none {folder}"
TURNED_READ_ONLY = "mount --bind {folder} {folder} && mount -o remount,ro,bind {folder}"

OnDisk = Callable[[Callable[[Path], None], str], None]


@pytest.fixture
def on_disk(tmp_path: Path) -> OnDisk:
    """Runs a function, which imports what it needs, on a folder that is a disk of its own."""
    try:
        tried = subprocess.run([*OWN_MOUNTS, "mount -t tmpfs none /mnt"], check=False)
    except FileNotFoundError:
        pytest.skip("there is no unshare here")
    if tried.returncode:
        pytest.skip("processes may not mount disks of their own here")

    def run(function: Callable[[Path], None], mount: str) -> None:
        folder = tmp_path / "disk"
        folder.mkdir(exist_ok=True)
        shell = f'{mount.format(folder=folder)} && exec "$0" -c "$1"'
        words = [*OWN_MOUNTS, shell, sys.executable, _script(function, folder)]
        subprocess.run(words, check=True, timeout=120)

    return run


def test_a_store_on_a_full_disk(on_disk: OnDisk) -> None:
    on_disk(_store_on_a_full_disk, FULL)


def test_a_new_store_on_a_read_only_disk(on_disk: OnDisk) -> None:
    on_disk(_new_store_on_a_read_only_disk, READ_ONLY)


def test_a_store_whose_disk_turned_read_only(on_disk: OnDisk, tmp_path: Path) -> None:
    store = Store.checked(tmp_path / "disk")
    store.put_bytes("tile", "0" * 16, b"kept")
    store.put_bytes("tile", "1" * 16, b"damaged")
    (store.folder / "tile" / ("1" * 16)).write_bytes(b"damaged")
    on_disk(_store_on_a_read_only_disk, TURNED_READ_ONLY)


def test_outputs_on_a_full_disk(on_disk: OnDisk) -> None:
    on_disk(_outputs_on_a_full_disk, FULL)


def test_outputs_on_a_read_only_disk(on_disk: OnDisk) -> None:
    on_disk(_outputs_on_a_read_only_disk, READ_ONLY)


def test_a_store_whose_files_may_not_grow(tmp_path: Path) -> None:
    # The same without a disk of its own: the limit on a process's files acts like a full disk.
    script = _script(_store_with_limited_files, tmp_path)
    subprocess.run([sys.executable, "-c", script], check=True, timeout=120)


def _store_on_a_full_disk(folder: Path) -> None:
    import numpy as np
    import pytest

    from geo.errors import CacheError
    from nightpanel.store import Store

    cache, small, large = folder / "cache", {"a": np.arange(5e4)}, {"a": np.arange(1e5)}
    store = Store.checked(cache)
    store.put("tile", "0" * 16, small)
    for _ in range(2):
        with pytest.raises(CacheError, match="found No space left on device; free space") as caught:
            store.put("tile", "1" * 16, large)
        assert str(caught.value).startswith(str(cache))
        assert str(caught.value).endswith("choose another with --cache")
        assert [path.name for path in (cache / "tile").iterdir()] == ["0" * 16]
    assert store.get("tile", "1" * 16) is None
    (cache / "tile" / ("0" * 16)).unlink()
    store.put("tile", "1" * 16, large)
    assert store.get("tile", "1" * 16)["a"][-1] == 99_999


def _new_store_on_a_read_only_disk(folder: Path) -> None:
    import pytest

    from geo.errors import CacheError
    from nightpanel.store import Store

    for cache in (folder, folder / "cache"):
        with pytest.raises(CacheError, match="Read-only file system"):
            Store.checked(cache)


def _store_on_a_read_only_disk(folder: Path) -> None:
    import pytest

    from geo.errors import CacheError
    from nightpanel.run_cache import prune_cache
    from nightpanel.store import Store

    store = Store(folder)
    assert bytes(store.get_bytes("tile", "0" * 16)) == b"kept"
    assert store.get_bytes("tile", "1" * 16) is None
    with pytest.raises(CacheError, match="Read-only file system"):
        Store.checked(folder)
    with pytest.raises(CacheError, match="Read-only file system"):
        store.put_bytes("tile", "2" * 16, b"new")
    with pytest.raises(CacheError, match="Read-only file system"):
        prune_cache(folder, all=True)


def _outputs_on_a_full_disk(folder: Path) -> None:
    import geopandas as gpd
    import numpy as np
    import pandas as pd
    import pyogrio
    import pytest
    import shapely

    from geo.errors import OutputError
    from nightpanel.outputs import staged, write_table

    out = folder / "out"
    table = pd.DataFrame({"a": np.arange(40_000.0) ** 2})
    layer = gpd.GeoDataFrame(table, geometry=shapely.points(np.ones((40_000, 2))), crs=4326)

    def write(rows: int) -> None:
        with staged(out) as staging:
            write_table(table.head(rows), staging / "a.parquet")
            pyogrio.write_dataframe(layer.head(rows), staging / "a.gpkg", driver="GPKG")

    write(10)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    assert set(before) == {"a.parquet", "a.gpkg"}
    for ballast in (0, 500_000):  # fails in the GeoPackage, then in the table
        (folder / "ballast").write_bytes(bytes(ballast))
        with pytest.raises(OutputError, match="found No space left on device; free") as caught:
            write(40_000)
        assert str(caught.value).startswith(str(out))
        assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    (folder / "ballast").unlink()
    write(20)
    assert len(pd.read_parquet(out / "a.parquet")) == 20


def _outputs_on_a_read_only_disk(folder: Path) -> None:
    import pytest

    from geo.errors import OutputError
    from nightpanel.outputs import check_writable

    for out in (folder, folder / "new" / "out"):
        with pytest.raises(OutputError, match="Read-only file system"):
            check_writable(out)


def _store_with_limited_files(folder: Path) -> None:
    import resource

    import pytest

    from geo.errors import CacheError
    from nightpanel.store import Store

    store = Store.checked(folder)
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, most))
    with pytest.raises(CacheError, match="File too large"):
        store.put_bytes("tile", "0" * 16, bytes(1 << 20))
    assert list((folder / "tile").iterdir()) == []
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    store.put_bytes("tile", "0" * 16, bytes(1 << 20))
    assert store.get_bytes("tile", "0" * 16) is not None


def _script(function: Callable[[Path], None], folder: Path) -> str:
    call = f"{function.__name__}(Path({str(folder)!r}))"
    return f"from pathlib import Path\n{getsource(function)}\n{call}"
