"""The study file's sections on linear fixed effects."""

from estimation.linear.keys import Windows
from nightpanel.study_section import ValueSection


class WindowsSection(ValueSection):
    """Windows of years, in each of which linear fixed effects are estimated."""

    width: int
    """Years of a window."""
    step: int = 1
    """Years from one window's start to the next."""

    def made(self) -> Windows:
        """The estimation room's value."""
        return Windows(self.width, self.step)
