"""İYS's file of a day and its time stamp: fetched, archived, and only then looked at (R61, R62)."""

import hashlib
from datetime import date
from typing import Final

from ledger import clock
from ledger.iys_sync.day_stamp import StampFound, Verify, check_stamp
from ledger.iys_sync.ports import Iys
from ledger.iys_sync.row_root import rows_of, rows_root
from ledger.iys_sync.wire import Agreement
from ledger.recording.day_ports import DayFile, DayFiles
from ledger.values import Discreet
from ledger.vocabulary import BrandCode

FETCHES_MAX: Final = 2
"""A file that has not the stated hash is fetched once more: it may have been cut on its way."""

_HASH_BY_DIGITS: Final = {96: "sha384", 64: "sha256", 128: "sha512"}
"""İYS's own sample names SHA-384 and shows a digest of 64 digits (iys/api.md §15.2)."""


class Filed(Discreet, frozen=True):
    """A file that is archived. `has_stated_hash`: it is the one whose hash İYS states."""

    file: DayFile
    content: bytes
    has_stated_hash: bool
    stamp: StampFound


class Fetcher:
    """Fetches and archives the files of one provider."""

    def __init__(
        self, iys: Iys, files: DayFiles, *, verify: Verify | None, now: clock.Clock
    ) -> None:
        """`verify`: by the roots of İYS's time stamps, None where none are configured."""
        self._iys = iys
        self._files = files
        self._verify = verify
        self._now = now

    def fetch(self, brand_code: BrandCode, day: date, told: Agreement) -> Filed | None:
        """None where İYS gives no file. Raises IysFailure, StoreUnavailable."""
        content = self._iys.day_file(brand_code, day)
        for _ in range(FETCHES_MAX - 1):
            if content is None or has_hash(content, told.hash_value):
                break
            content = self._iys.day_file(brand_code, day)
        if content is None:
            return None
        stamp = self._iys.day_stamp(brand_code, day)
        rows, root = rows_root(rows_of(content))
        file = DayFile(
            brand_code,
            day,
            hashlib.sha384(content).hexdigest(),
            len(content),
            rows,
            root.hex(),
            told.hash_value,
            told.hash_method,
            self._now(),
        )
        self._files.keep_file(file, content)
        if stamp is not None:
            self._files.keep_stamp(file, stamp, file.fetched_at)
        found = check_stamp(stamp, content, told.hash_value, self._verify)
        return Filed(file, content, has_hash(content, told.hash_value), found)


def has_hash(content: bytes, stated: str | None) -> bool:
    """Whether that is the content's hash; by which method, its length tells."""
    method = _HASH_BY_DIGITS.get(len(stated or ""))
    return method is not None and hashlib.new(method, content).hexdigest() == stated
