"""Credentials of sites that need them: from the environment or from a private file, nowhere else.

They are never part of a study, a manifest, a log or an error, and go to the host they are for
alone.
"""

import os
import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from geo.errors import FetchError

ENVIRONMENT = "NIGHTPANEL_TOKEN_"
"""Before the host in capital letters, all but letters and digits as ``_``: its bearer token."""

KEYS = {"token", "header"}


@dataclass(frozen=True, slots=True)
class Credentials:
    """Headers by host; what they hold is not shown."""

    _headers: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)

    def headers(self, url: str) -> dict[str, str]:
        """What to send to the host of an address, over an encrypted connection or to this machine.

        Parameters
        ----------
        url : str

        Returns
        -------
        dict of str to str
            Empty for a host without credentials.

        Raises
        ------
        FetchError
            If they would travel in the clear.
        """
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        found = dict(self._headers.get(host, {}))
        token = os.environ.get(ENVIRONMENT + re.sub(r"[^A-Z0-9]", "_", host.upper()))
        if token and not found:
            found = {"Authorization": f"Bearer {token}"}
        if found and parts.scheme != "https" and host not in ("127.0.0.1", "localhost", "::1"):
            raise FetchError(
                host,
                expected="https for a site that is given credentials",
                found=f"{parts.scheme}",
                hint="name the address with https://",
            )
        return found


def read_credentials(path: Path | None) -> Credentials:
    """Credentials of a file.

    Parameters
    ----------
    path : Path, optional
        TOML with a table for each host, ``token`` in it, and ``header`` where it is not to be sent
        as a bearer token. None for those of the environment alone.

    Returns
    -------
    Credentials

    Raises
    ------
    FetchError
        If others than its owner may read the file, or it is not of that form.
    """
    if path is None:
        return Credentials()
    try:
        mode = path.stat().st_mode
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise _bad(path, "a readable file", type(error).__name__) from error
    except tomllib.TOMLDecodeError as error:
        # The parser's words may quote the file.
        raise _bad(path, "TOML", "something else") from error
    if stat.S_IMODE(mode) & 0o077:
        raise FetchError(
            str(path),
            expected="a file that only its owner may read",
            found=f"permissions {stat.S_IMODE(mode):o}",
            hint=f"chmod 600 {path}",
        )
    headers = {}
    for host, table in tables.items():
        if not isinstance(table, dict) or not set(table) <= KEYS or not table.get("token"):
            raise _bad(path, f"a table [{host!r}] with token, and header if needed", "others")
        name = str(table.get("header", "Authorization"))
        token = str(table["token"])
        headers[host.lower()] = {name: f"Bearer {token}" if name == "Authorization" else token}
    return Credentials(headers)


def _bad(path: Path, expected: str, found: str) -> FetchError:
    return FetchError(
        str(path), expected=expected, found=found, hint="correct the file of credentials"
    )
