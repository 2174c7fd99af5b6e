"""Linear algebra takes one thread meanwhile, and as many as before afterwards."""

import numpy as np
from threadpoolctl import threadpool_info

from estimation.one_thread import one_thread


def threads() -> list[int]:
    return [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]


def test_one_thread_meanwhile_and_the_rest_afterwards() -> None:
    before = threads()
    assert before
    with one_thread():
        assert set(threads()) == {1}
        np.linalg.inv(np.eye(3))
    assert threads() == before
