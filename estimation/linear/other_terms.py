"""A design with other terms in the place of its treatment."""

from dataclasses import replace

from estimation.designs import Design


def with_terms(design: Design, terms: tuple[str, ...]) -> Design:
    """The design's own regression of its outcome on other terms.

    Parameters
    ----------
    design : Design
    terms : tuple of str
        Columns of the sample, one or more.

    Returns
    -------
    Design
        Outcome, controls, effects, clusters and errors stay; what is told of the treatment alone
        (groups, channels, adoption ...) is not asked of other terms.
    """
    return replace(
        design,
        treatment=terms[0],
        joint=terms[1:],
        groups=None,
        along=None,
        project_on=None,
        mediators=None,
        adoption=None,
        composite_of=None,
        windows=None,
        standardised=False,
        checks=(),
    )
