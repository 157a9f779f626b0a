"""Which paths of the log ask for no key."""

from typing import Final

LOG: Final = "/v1/log"
ENTRIES: Final = "entries/"


def is_open(path: str) -> bool:
    """Whether a path is one of those: all of the log's but its entries."""
    return path.startswith(f"{LOG}/") and f"/tile/{ENTRIES}" not in path
