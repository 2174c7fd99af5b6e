"""What several tests of the structural model start from."""

from pathlib import Path

import numpy as np
import pytest

from estimation.structural.paths import Paths, paths
from tests.estimation.structural.data import chinese_wage_gaps


@pytest.fixture(scope="session")
def xi(data_dir: Path) -> np.ndarray:
    """China's wage gaps, shape (29, 2)."""
    return chinese_wage_gaps(data_dir)


@pytest.fixture
def moving() -> Paths:
    """60 periods in which wage gaps and rates move."""
    t = np.arange(60)
    return paths(
        60,
        xi_m=1.3 + 0.2 * np.sin(t / 3),
        xi_s=1.8 - 0.01 * t,
        s=0.4 - 0.001 * t,
        s_H=0.01 + 0.0002 * t,
    )
