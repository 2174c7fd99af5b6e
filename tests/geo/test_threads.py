"""Threads: order kept, and work cut into runs that leave nothing out."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.threads import at_most, blocks, in_threads, processors, runs


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_order_in_order_out(threads):
    with ThreadPoolExecutor(2) as pool:
        for own in (None, pool):
            assert in_threads(lambda k: k * k, range(50), threads, pool=own) == [
                k * k for k in range(50)
            ]


def test_the_first_error_is_raised():
    def fail(piece: int) -> None:
        raise ValueError(piece)

    with pytest.raises(ValueError, match="3"):
        in_threads(fail, [3, 4, 5], 2)


@given(st.integers(0, 100), st.integers(1, 30))
def test_blocks_run_from_first_to_last(n, size):
    assert [k for block in blocks(n, size) for k in range(n)[block]] == list(range(n))
    assert all(0 < block.stop - block.start <= size for block in blocks(n, size))


@given(st.lists(st.integers(0, 20), max_size=30), st.integers(1, 40))
def test_runs_hold_every_item_once_and_about_as_many_members(counts, size):
    starts = np.cumsum([0, *counts])
    got = runs(starts, size)
    assert [k for run in got for k in range(*run)] == list(range(len(counts)))
    assert all(one[1] == other[0] for one, other in pairwise(got))
    for first, end in got:
        # A run is closed by the item that fills it; items without members cost nothing.
        assert starts[end] - starts[first] < size + 2 * max(counts)


def test_a_process_can_be_held_to_fewer_threads():
    there = processors()
    with at_most(1):
        assert processors() == 1
        with at_most(None):
            assert processors() == there
        assert processors() == 1
    with at_most(there + 5):
        assert processors() == there
    assert processors() == there
