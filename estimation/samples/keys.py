"""The key of a design whose rows are no city-years; nothing heavy is imported here."""

from collections.abc import Sequence

from estimation.linear.keys import atoms_of, own_effects
from estimation.vocabulary import CLUSTERS, LINEAR
from geo.errors import DesignError


def check_cross_section(
    label: str,
    variants: Sequence[str],
    cluster: Sequence[str],
    effects: tuple[str, ...],
    joined: Sequence[str],
) -> None:
    """Refuse what needs cities or years: variants, clusters, effects and instruments that are made.

    Parameters
    ----------
    label : str
        What an error names.
    variants, cluster, effects
        As in :class:`estimation.designs.Design`.
    joined : sequence of str
        Keys in use that join something by city and year.

    Raises
    ------
    DesignError
    """
    learning = [name for name in variants if name != LINEAR]
    if learning:
        raise DesignError(
            f"{label}, cross_section",
            expected="least squares: other variants take cities' effects out of their years",
            found=f"variants {', '.join(learning)}",
            hint=f'set variants = ["{LINEAR}"]',
        )
    others = [name for name in cluster if name in CLUSTERS and name != "city"]
    if others or len(cluster) > 1:
        raise DesignError(
            f"{label}, cross_section",
            expected="one column of clusters, or none",
            found=f"cluster {' and '.join(cluster)}",
            hint="name one column of the table, or leave cluster out: each row by itself",
        )
    wrong = [name for name in atoms_of(effects) if name in CLUSTERS]
    if own_effects(effects) and wrong:
        raise DesignError(
            f"{label}, cross_section",
            expected="effects of columns of the table, or none",
            found=f"effects of {' and '.join(wrong)}",
            hint="leave effects out: a constant stands in their place",
        )
    if joined:
        raise DesignError(
            f"{label}, cross_section",
            expected="instruments that are columns: rows have no city or year to be joined by",
            found=" and ".join(joined),
            hint="leave cross_section out, name the columns city and year, and set "
            'effects = ["year"]',
        )
