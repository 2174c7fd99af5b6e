"""The error tree: every named problem in the input, from every room.

An error is one line that says where, what was expected, what was found and what to do. The command
line prints that line and exits with 1; nothing else of the program's errors reaches a user.
"""


class NightpanelError(Exception):
    """A named problem in what the user handed over.

    Parameters
    ----------
    where : str
        The file, and in it the key, column or position.
    expected : str
        What a correct input has there.
    found : str
        What is there, with the offending value.
    hint : str
        What to do about it, as an imperative.
    """

    def __init__(self, where: str, *, expected: str, found: str, hint: str) -> None:
        self.where = where
        self.expected = expected
        self.found = found
        self.hint = hint
        super().__init__(where, expected, found, hint)

    def __reduce__(self) -> tuple[object, ...]:
        """Rebuild from the four parts, so that errors survive the trip from a worker."""
        return _rebuild, (type(self), self.where, self.expected, self.found, self.hint)

    def __str__(self) -> str:
        line = f"{self.where}: expected {self.expected}, found {self.found}; {self.hint}"
        return " ".join(line.split())


def _rebuild(
    kind: type[NightpanelError], where: str, expected: str, found: str, hint: str
) -> NightpanelError:
    return kind(where, expected=expected, found=found, hint=hint)


class GridError(NightpanelError):
    """A tile's grid cannot be used (rotated, without extent, of mixed sign)."""


class MissingCrsError(NightpanelError):
    """A tile or a boundary file does not say its coordinate reference system."""


class NoOverlapError(NightpanelError):
    """No unit touches the grid."""


class BoundaryFileError(NightpanelError):
    """A boundary file is missing, unreadable or empty."""


class BoundaryColumnError(NightpanelError):
    """A boundary file lacks a named column, or a city code cannot be cut from it."""


class DuplicateUnitError(NightpanelError):
    """A unit id occurs more than once, or is empty."""


class GeometryError(NightpanelError):
    """A geometry is empty, not polygonal or beyond repair."""


class DatumError(NightpanelError):
    """Boundaries cannot be brought to WGS84, or which datum they are in cannot be told."""


class TilingError(NightpanelError):
    """Units count more land twice, or leave out more, than the study allows."""


class InequalityDomainError(NightpanelError):
    """A light value is negative or not finite where an index of inequality needs it."""


class TileMissingError(NightpanelError):
    """A tile that the study names does not exist, or a pattern matches no file."""


class TileUnreadableError(NightpanelError):
    """A tile is truncated, damaged or no raster at all."""


class TileSizeError(NightpanelError):
    """A tile promises more cells, or more memory, than the limits allow."""


class TilePathError(NightpanelError):
    """A tile's path leads to a network or a virtual file system that the study does not allow."""


class TileNameError(NightpanelError):
    """No product or no year can be read from a tile's name."""


class DuplicateYearError(NightpanelError):
    """Two tiles claim the same product and year."""


class MissingYearError(NightpanelError):
    """A year of the study has no tile."""


class ProductError(NightpanelError):
    """A product is unknown or its contract is inconsistent."""


class ContractError(NightpanelError):
    """Values of a tile break its product's contract."""


class CalibrationError(NightpanelError):
    """Light cannot be calibrated as asked: coefficients, regions or an overlap are missing."""


class FetchError(NightpanelError):
    """Files cannot be fetched: no server, no right to them, or other bytes than before."""


class TableFileError(NightpanelError):
    """A yearbook or panel file is missing, unreadable, empty or of unknown format."""


class TableColumnError(NightpanelError):
    """A table lacks a mapped column, or a column's values are of the wrong kind."""


class CodeError(NightpanelError):
    """A city code cannot be read as text of the declared length."""


class CrosswalkError(NightpanelError):
    """A crosswalk's weights do not sum to one, or it cannot say where a division belongs."""


class DuplicateCityYearError(NightpanelError):
    """A (city, year) key occurs more than once."""


class SharesError(NightpanelError):
    """Sector shares do not add up to one."""


class SectorDataError(NightpanelError):
    """A file of sector data lacks a sector, variable, country or year, or mixes units."""


class DomainError(NightpanelError):
    """A transformation meets a value outside its domain, such as the log of zero."""


class JoinError(NightpanelError):
    """Two tables share no key."""


class ExposureError(NightpanelError):
    """Shares or shocks of a shift-share exposure are missing, repeated or out of range."""


class DesignError(NightpanelError):
    """A design names a column, learner or variant that does not exist, or cannot be estimated."""


class SampleError(NightpanelError):
    """A design's sample is empty or too small to estimate."""


class StructuralError(NightpanelError):
    """A parameter, path or state of the structural model lies outside its domain."""


class EquilibriumError(StructuralError):
    """The structural model has no equilibrium that can be found, stored or confirmed."""


class StudyFileError(NightpanelError):
    """A study, designs or scenario file is missing, is no TOML, or has an unknown or wrong key."""


class OutputError(NightpanelError):
    """An output folder or file cannot be written, or lacks the part that was asked for."""


class CacheError(NightpanelError):
    """The cache folder cannot be used: read-only, full, or no folder at all."""


class InputFileError(NightpanelError):
    """An input file is missing, cannot be read, or changes during a run."""


class TileChangedError(NightpanelError):
    """A tile changed while it was read."""


class SchedulerError(NightpanelError):
    """A Dask scheduler or its workers are not there, run other code, or were lost too often."""


class ViewError(NightpanelError):
    """The map cannot be shown: its address is not to be had, or a part of its page is absent."""
