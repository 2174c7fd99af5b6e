"""Digests of things by what they print as."""

import hashlib


def digest_of(*parts: object) -> str:
    """SHA-256, in hexadecimal, of the parts' ``repr``, which says all of them."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()
