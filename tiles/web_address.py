"""Addresses on the web: no secret stands in one, and none is printed."""

from urllib.parse import urlsplit

from geo.errors import NightpanelError


def shown(address: str) -> str:
    """An address as errors may print it.

    Parameters
    ----------
    address : str

    Returns
    -------
    str
        Scheme, host and path; ``?...`` for a query, which may hold a signature or a token.
    """
    scheme, slashes, rest = address.partition("://")
    if not slashes:
        return address
    ends = [rest.find(mark) for mark in "?#" if mark in rest]
    plain = rest[: min(ends)] if ends else rest
    # A password may hold a slash: all before the last @ goes, at the price of a path that has one.
    return f"{scheme}://{plain.rpartition('@')[2]}{'?...' if ends else ''}"


def check_address(address: str, *, error: type[NightpanelError], query: bool = True) -> None:
    """Refuse an address that is none, or that holds what is not for everybody's eyes.

    Parameters
    ----------
    address : str
    error : type of NightpanelError
        What is raised.
    query : bool
        Whether it may have a query: an address that becomes part of tables and manifests may not.

    Raises
    ------
    NightpanelError
        Of that type.
    """
    try:
        parts = urlsplit(address)
        port, host = parts.port, parts.hostname
    except ValueError as wrong:
        raise _bad(address, error, "an address", "a text that is none", "correct it") from wrong
    if not host or port == 0:
        raise _bad(address, error, "the address of a file on a server", "no host", "correct it")
    if parts.username is not None or parts.password is not None:
        raise _bad(
            address,
            error,
            "an address without a user's name or password",
            "one before the host",
            "give credentials to 'nightpanel fetch' by --credentials: docs/light.md says how",
        )
    if parts.query and not query:
        raise _bad(
            address,
            error,
            "an address without a query, which would stand in tables and manifests",
            "one",
            "leave it out, or fetch the file first: 'nightpanel fetch' keeps queries to itself",
        )


def _bad(
    address: str, error: type[NightpanelError], expected: str, found: str, hint: str
) -> NightpanelError:
    return error(shown(address), expected=expected, found=found, hint=hint)
