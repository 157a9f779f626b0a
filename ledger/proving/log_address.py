"""A log that is served over HTTP (c2sp.org/tlog-tiles), as a source of its files."""

import re
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Final, Self

import httpx

from ledger.proving.log_folder import CopyRefused, CopyStep

TIMEOUT_SECONDS: Final = 60.0
"""For each wait: to connect, to hear the next piece."""
ATTEMPTS_MAX: Final = 4
PAUSE_SECONDS: Final = 0.5
PAUSE_SECONDS_MAX: Final = 60.0
BUSY: Final = frozenset({429, 502, 503, 504})

_PREFIX: Final = re.compile(r"https?://[^\s?#@]+")
_KEY: Final = re.compile(r"[!-~]{1,512}")
_ENTRIES: Final = "tile/entries/"


class LogAddress:
    """Implements LogSource; use it as a context manager. `key`: an auditor's, for the entries.

    Raises ValueError: the prefix is no URL, the key no printable word.
    """

    def __init__(
        self,
        prefix: str,
        key: str | None,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not _PREFIX.fullmatch(prefix) or (key is not None and not _KEY.fullmatch(key)):
            raise ValueError("prefix must be http[s]://HOST[:PORT]/PATH, key a printable word")
        self._sleep = sleep
        self._prefix = prefix.rstrip("/")
        self._authorization = {} if key is None else {"Authorization": f"Bearer {key}"}
        # A file is taken as it is: what was packed on the way could grow beyond every bound.
        headers = {"Accept-Encoding": "identity"}
        self._http = httpx.Client(timeout=TIMEOUT_SECONDS, headers=headers, transport=transport)

    def __enter__(self) -> Self:
        self._http.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def read(self, path: str, bytes_max: int) -> bytes | None:
        """See LogSource. What may pass is tried again."""
        pause_seconds = PAUSE_SECONDS
        for attempts_left in reversed(range(ATTEMPTS_MAX)):
            try:
                return self._once(path, bytes_max)
            except _Again as again:
                if not attempts_left:
                    raise again.failure from again.__cause__
                named = again.pause_seconds
                self._sleep(min(pause_seconds if named is None else named, PAUSE_SECONDS_MAX))
                pause_seconds *= 2
        raise AssertionError("the last attempt returns or raises")

    def _once(self, path: str, bytes_max: int) -> bytes | None:
        # The key goes only where it is asked for.
        headers = self._authorization if path.startswith(_ENTRIES) else {}
        try:
            with self._http.stream("GET", f"{self._prefix}/{path}", headers=headers) as response:
                if response.status_code == HTTPStatus.OK:
                    return _content(response, path, bytes_max)
        except (httpx.HTTPError, httpx.InvalidURL) as lost:
            told = f"{path}: {type(lost).__name__}"
            raise _Again(CopyRefused(CopyStep.SOURCE, told)) from lost
        status = response.status_code
        if status == HTTPStatus.NOT_FOUND:
            return None
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise CopyRefused(CopyStep.KEY, f"{status} {path}")
        failure = CopyRefused(CopyStep.SOURCE, f"{status} {path}")
        if status in BUSY:
            told = response.headers.get("retry-after", "")
            raise _Again(failure, float(told) if told.isascii() and told.isdigit() else None)
        raise failure


class _Again(Exception):
    """It failed and may be tried again after a pause, if the source named one."""

    def __init__(self, failure: CopyRefused, pause_seconds: float | None = None) -> None:
        super().__init__(str(failure))
        self.failure = failure
        self.pause_seconds = pause_seconds


def _content(response: httpx.Response, path: str, bytes_max: int) -> bytes:
    content = bytearray()
    for piece in response.iter_raw():
        content += piece
        if len(content) > bytes_max:
            raise CopyRefused(CopyStep.LENGTH, path)
    return bytes(content)
