"""What a run cost: time of reading, adding and writing, and memory."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nightpanel.run_lights import Lights


@dataclass(frozen=True, slots=True)
class Effort:
    """Time and memory of a run; sums, but for the peak."""

    read: float = 0.0
    """Reading and decoding tiles, in seconds of one thread."""
    add: float = 0.0
    """Checking and adding their values, in seconds of one thread."""
    write: float = 0.0
    """Writing outputs, in seconds of wall time."""
    tiles_read: int = 0
    """Tiles that were read."""
    tiles_kept: int = 0
    """Tiles whose sums came from the store."""
    peak_bytes: int = 0
    """Largest resident set of this process."""
    worker_peak_bytes: int = 0
    """Largest resident set of any worker process that read tiles; 0 if none did."""

    @classmethod
    def of(cls, value: Any, *, write: float) -> "Effort":
        """The effort of a stage's result, if it tells of one, and of writing it."""
        cost = getattr(value, "effort", None)
        if cost is None:
            return cls(write=write)
        result: Lights = value
        read = result.tiles_read
        return cls(cost.read, cost.add, write, read, len(result.tiles) - read)

    def __add__(self, other: "Effort") -> "Effort":
        return Effort(
            read=self.read + other.read,
            add=self.add + other.add,
            write=self.write + other.write,
            tiles_read=self.tiles_read + other.tiles_read,
            tiles_kept=self.tiles_kept + other.tiles_kept,
            peak_bytes=max(self.peak_bytes, other.peak_bytes),
            worker_peak_bytes=max(self.worker_peak_bytes, other.worker_peak_bytes),
        )
