"""The store gives back what was put, or nothing; never something else, whoever else is writing."""

import os
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from inspect import getsource
from pathlib import Path
from typing import IO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from geo.errors import CacheError
from nightpanel.drafts import PREFIX, clear_drafts, write_whole
from nightpanel.store import Store, entry_paths

KEY = "0123456789abcdef"
OTHER = "fedcba9876543210"
SMALL = {"light": np.array([1.5, np.nan, -0.0]), "unit": np.array([3, 1], dtype=np.int32)}

types = st.sampled_from(["bool", "i1", "<i4", "<i8", "<u2", "<f4", "<f8", ">f8", "<U5", "<M8[ns]"])
arrays = types.flatmap(lambda t: npst.arrays(t, npst.array_shapes(min_dims=0, min_side=0)))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.checked(tmp_path / "cache")


def same(one: np.ndarray, other: np.ndarray) -> bool:
    return (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())


@given(content=st.dictionaries(st.text(max_size=8), arrays, max_size=4))
def test_arrays_come_back_as_they_were_put(
    content: dict[str, np.ndarray], tmp_path_factory: pytest.TempPathFactory
) -> None:
    store = Store.checked(tmp_path_factory.getbasetemp() / "any arrays")
    store.put("tile", KEY, content)
    back = store.get("tile", KEY)
    assert back is not None
    assert list(back) == list(content)
    assert all(same(back[name], array) for name, array in content.items())


@pytest.mark.parametrize(
    "array",
    [np.arange(12.0)[::3], np.arange(12.0).reshape(3, 4).T, np.asfortranarray(np.eye(3, 5))],
    ids=["strided", "transposed", "fortran"],
)
def test_arrays_in_any_order_come_back_by_value(store: Store, array: np.ndarray) -> None:
    store.put("tile", KEY, {"a": array})
    back = store.get("tile", KEY)
    assert back is not None
    np.testing.assert_array_equal(back["a"], array)


def test_bytes_come_back(store: Store) -> None:
    store.put_bytes("cities", KEY, b"")
    store.put_bytes("cities", OTHER, bytes(range(256)))
    empty, full = store.get_bytes("cities", KEY), store.get_bytes("cities", OTHER)
    assert empty is not None
    assert bytes(empty) == b""
    assert full is not None
    assert bytes(full) == bytes(range(256))
    assert store.get_bytes("cities", "0" * 16) is None


def test_what_comes_back_is_one_buffer_that_cannot_be_written(store: Store) -> None:
    store.put("tile", KEY, SMALL)
    back = store.get("tile", KEY)
    assert back is not None
    first, second = (array.__array_interface__["data"] for array in back.values())
    assert second[0] - first[0] == 64  # the alignment: both lie in what was read
    assert all(array.flags.aligned for array in back.values())
    with pytest.raises(ValueError, match="read-only"):
        back["light"][0] = 0.0


def test_equal_arrays_make_equal_files(store: Store) -> None:
    store.put("tile", KEY, SMALL)
    (path,) = entry_paths(store.folder)
    first = path.read_bytes()
    store.put("tile", KEY, SMALL)
    assert path.read_bytes() == first


@pytest.mark.parametrize("damage", ["flipped bit", "truncated", "longer", "zeros to the end"])
def test_damage_at_any_byte_is_noticed(store: Store, damage: str) -> None:
    store.put("tile", KEY, SMALL)
    (path,) = entry_paths(store.folder)
    whole = path.read_bytes()
    for position in range(len(whole)):
        head, byte, tail = whole[:position], whole[position], whole[position + 1 :]
        damaged = {
            "flipped bit": head + bytes([byte ^ 1 << position % 8]) + tail,
            "truncated": head,
            "longer": whole + bytes(position + 1),
            "zeros to the end": head + bytes(len(whole) - position),
        }[damage]
        path.write_bytes(damaged)
        back = store.get("tile", KEY)
        assert back is None or damaged == whole, f"{damage} at {position} went unnoticed"
    assert store.damaged == {"tile": [KEY]}


def test_a_damaged_entry_is_removed_and_made_anew(store: Store) -> None:
    store.put("tile", KEY, SMALL)
    (path,) = entry_paths(store.folder)
    path.write_bytes(b"no entry")
    assert store.get("tile", KEY) is None
    assert not path.exists()
    assert store.found == {}
    store.put("tile", KEY, SMALL)
    assert store.get("tile", KEY) is not None
    assert store.damaged == {"tile": [KEY]}


def test_an_entry_under_another_name_is_none(store: Store) -> None:
    store.put("tile", KEY, SMALL)
    (path,) = entry_paths(store.folder)
    for kind, key in (("tile", OTHER), ("coverage", KEY)):
        target = store.folder / kind / key
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(path.read_bytes())
        assert store.get(kind, key) is None
    assert store.damaged == {"coverage": [KEY], "tile": [OTHER]}


def test_used_entries_are_known_by_kind(store: Store) -> None:
    store.put("tile", OTHER, SMALL)
    store.put("tile", f"{KEY}-12", SMALL)
    assert store.get("tile", OTHER) is not None
    assert store.get("coverage", KEY) is None
    assert store.used == {"tile": [f"{KEY}-12", OTHER]}
    assert store.found == {"tile": [OTHER]}


def test_reading_counts_as_use(store: Store) -> None:
    store.put("tile", KEY, SMALL)
    (path,) = entry_paths(store.folder)
    os.utime(path, (0, 0))
    assert Store(store.folder).get("tile", KEY) is not None
    assert path.stat().st_mtime > 0


@pytest.mark.parametrize(
    ("kind", "key"), [("../tile", KEY), ("tile", "../../x"), ("tile", "a"), ("", KEY)]
)
def test_a_name_that_is_no_kind_or_digest_is_refused(store: Store, kind: str, key: str) -> None:
    with pytest.raises(ValueError, match="no kind and key"):
        store.put(kind, key, SMALL)


def test_objects_are_refused_and_leave_nothing(store: Store) -> None:
    with pytest.raises(TypeError, match="'names' of type object"):
        store.put("tile", KEY, {"light": np.ones(3), "names": np.array([None])})
    assert list((store.folder / "tile").iterdir()) == []


def test_a_large_entry_is_neither_copied_when_put_nor_twice_when_read(store: Store) -> None:
    array = np.arange(1 << 20, dtype=np.float64)
    tracemalloc.start()
    store.put("coverage", KEY, {"a": array})
    assert tracemalloc.get_traced_memory()[1] < 0.1 * array.nbytes
    tracemalloc.reset_peak()
    back = store.get("coverage", KEY)
    assert tracemalloc.get_traced_memory()[1] < 1.1 * array.nbytes
    tracemalloc.stop()
    assert back is not None


def test_a_folder_that_is_a_file_is_a_named_error(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    folder.write_text("no folder", encoding="utf-8")
    for use in (
        lambda: Store.checked(folder),
        lambda: Store(folder).put("tile", KEY, SMALL),
        lambda: Store(folder).get("tile", KEY),
    ):
        with pytest.raises(CacheError, match=r"cache: expected .*--cache") as caught:
            use()
        assert "\n" not in str(caught.value)


def test_a_killed_writer_leaves_no_entry_and_its_draft_is_cleared(store: Store) -> None:
    assert _started(_killed_half_way, store.folder).wait() == -signal.SIGKILL
    (draft,) = store.folder.glob(f"{PREFIX}*")
    assert draft.stat().st_size == 1 << 20
    assert list(entry_paths(store.folder)) == []
    assert clear_drafts(store.folder) == 0  # too young to tell from one just made
    os.utime(draft, (0, 0))
    Store.checked(store.folder)
    assert not draft.exists()


def test_a_draft_that_is_being_written_is_left_alone(store: Store) -> None:
    def write(stream: IO[bytes]) -> None:
        stream.write(b"whole")
        (draft,) = store.folder.glob(f"{PREFIX}*")
        os.utime(draft, (0, 0))
        Store.checked(store.folder)
        assert draft.exists()

    write_whole(store.folder / "x", write)
    assert (store.folder / "x").read_bytes() == b"whole"


def test_runs_at_once_write_and_read_one_key(store: Store) -> None:
    writers = [_started(_put_often, store.folder) for _ in range(3)]
    seen = 0
    while any(writer.poll() is None for writer in writers):
        back = store.get("tile", KEY)
        if back is not None:
            seen += 1
            np.testing.assert_array_equal(back["a"], np.arange(200_000))
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert seen > 0
    assert store.damaged == {}
    assert [path.name for path in (store.folder / "tile").iterdir()] == [KEY]


def _killed_half_way(folder: Path) -> None:
    import os
    import signal
    from typing import IO

    from nightpanel.drafts import write_whole

    def half(stream: IO[bytes]) -> None:
        stream.write(bytes(1 << 20))
        os.kill(os.getpid(), signal.SIGKILL)

    write_whole(folder / "0123456789abcdef", half)


def _put_often(folder: Path) -> None:
    import numpy as np

    from nightpanel.store import Store

    for _ in range(60):
        Store(folder).put("tile", "0123456789abcdef", {"a": np.arange(200_000)})


def _started(function: Callable[[Path], None], folder: Path) -> "subprocess.Popen[bytes]":
    """A function that imports what it needs, in a process of its own."""
    call = f"{function.__name__}(Path({str(folder)!r}))"
    script = f"from pathlib import Path\n{getsource(function)}\n{call}"
    return subprocess.Popen([sys.executable, "-c", script])
