"""The digest of a bundle that can stand inside it."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Final

RECIPE: Final = (
    "find * -type f ! -path RAPOR.html ! -path RAPOR.pdf ! -path manifest.json ! -path 'imza/*'"
    " -exec sha256sum {} + | LC_ALL=C sort | sha256sum"
)
"""Recomputes `package_digest` in the folder that the bundle was unpacked into (POSIX shell)."""

_LEFT_OUT: Final = frozenset({"RAPOR.html", "RAPOR.pdf", "manifest.json"})
"""The report holds the digest and the manifest that of the report; signatures come afterwards."""


def package_digest(sha256_by_name: Mapping[str, str]) -> str:
    """SHA-256, 64 hex digits, over the lines `<sha256>  <name>` of a bundle's files, sorted.

    Files that cannot be in it are left out here. Names: printable ASCII without a backslash, as
    `sha256sum` writes them as they are.
    """
    lines = (
        f"{digest}  {name}\n"
        for name, digest in sha256_by_name.items()
        if name not in _LEFT_OUT and not name.startswith("imza/")
    )
    return sha256("".join(sorted(lines)).encode("ascii")).hexdigest()
