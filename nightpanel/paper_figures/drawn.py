"""What drawing gives: a figure with its caption, or the reason why there is none."""

from dataclasses import dataclass

from matplotlib.figure import Figure

from nightpanel.output_folder import OutputFolder
from nightpanel.paper_figures.words import Words


@dataclass(frozen=True, slots=True)
class Material:
    """What figures are drawn from."""

    folder: OutputFolder
    """The output folder."""
    words: Words
    """What stands for its names."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One figure."""

    figure: Figure
    """As matplotlib has it, not yet saved."""
    caption: str
    """What a reader must know to read it: sample, interval, rules of choice."""


@dataclass(frozen=True, slots=True)
class NotDrawn:
    """A figure that an output folder has nothing for."""

    reason: str
    """What it lacks."""


Drawing = tuple[Drawn, ...] | NotDrawn
"""Figures of one kind, at least one, or none with the reason."""
