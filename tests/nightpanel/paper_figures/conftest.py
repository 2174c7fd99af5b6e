"""An output folder made by hand, and what figures are drawn from it."""

from collections.abc import Iterator

import pytest

from nightpanel.output_folder import OutputFolder
from nightpanel.paper_figures.drawn import Material
from nightpanel.paper_figures.style import paper_style
from nightpanel.paper_figures.words import words_of
from tests.nightpanel.paper_figures.made_up import whole_folder


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> OutputFolder:
    """Read only."""
    return whole_folder(tmp_path_factory.mktemp("made"))


@pytest.fixture
def material(made: OutputFolder) -> Iterator[Material]:
    """In the style of all figures."""
    words = words_of(made)
    with paper_style(words.font):
        yield Material(made, words)
