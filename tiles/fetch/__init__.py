"""Fetching tiles: what a repository holds, downloads that resume, checksums, credentials."""
