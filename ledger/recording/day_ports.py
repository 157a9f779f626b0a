"""The days of a brand as İYS files them: values, and who keeps them (R57, R61; design.md §6, §10).

A day is Turkish, the one of a movement's `creationDate`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from ledger.values import Discreet, Value
from ledger.vocabulary import BrandCode, SeenHow


class Moved(Discreet, frozen=True, gc=False):
    """A movement that İYS showed, in İYS's own words and spelling; texts are empty where İYS shows
    none. `recipient`: None where the person was erased; `of`: the `seq` of our act it answers."""

    position: int
    creation_date: str
    transaction_id: str
    recipient: str | None
    recipient_type: str
    channel: str
    status: str
    consent_date: str
    source: str
    how: SeenHow
    of: int | None


class DayCount(Value, frozen=True, gc=False):
    """A day's movements of one recipient type and channel that one side made: `HS`, the provider,
    or `IYS`, the recipients. Each ONAY and RET counts, whatever stood before it; İYS's own
    `approval` and `rejection` count changes only, its `total` is this one."""

    recipient_type: str
    channel: str
    side: str
    granted: int
    refused: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.granted + self.refused


class DayState(StrEnum):
    """Where a day stands. Nothing but EQUAL is ever agreed to."""

    EQUAL = "equal"
    EXPLAINED = "explained"
    """Not equal, but each difference has a reason with which nothing is wrong."""
    OPEN = "open"
    WAITING = "waiting"
    MISSED = "missed"
    """İYS gives files out for seven days, and nobody asked for this one."""


class StampState(StrEnum):
    """What İYS's time stamp over a day's file came to."""

    VERIFIED = "verified"
    NO_ROOT = "no_root"
    """It is over this file; who signed it was not checked, for no root is configured."""
    REFUSED = "refused"
    MISSING = "missing"


class DayKept(Value, frozen=True, kw_only=True):
    """What comparing a day came to. `file_sha384`: of İYS's file, `sha384_here` of ours, hex;
    `hash_value`: as İYS states it; `differences`: counts by kind; `agreed`: by İYS's word."""

    brand_code: BrandCode
    day: date
    state: DayState
    checked_at: datetime
    reason: str | None = None
    rows_here: int = 0
    rows_there: int = 0
    erased: int = 0
    sha384_here: str | None = None
    file_sha384: str | None = None
    hash_value: str | None = None
    agreed: bool = False
    stamp: StampState | None = None
    stamped_at: datetime | None = None
    differences: Mapping[str, int] = {}
    open_rows: int = 0


class Listed(Discreet, frozen=True, gc=False):
    """One difference line by line. `kind`: of `iys_sync.differences`; a side that has no such line
    is None."""

    kind: str
    is_open: bool
    here: str | None
    there: str | None
    position: int | None


class CalendarDay(Value, frozen=True, gc=False):
    """A day of the calendar; None where there is nothing to be said of it."""

    day: date
    state: DayState | None
    open_rows: int = 0
    agreed: bool = False


class DayFile(Value, frozen=True, gc=False):
    """İYS's file of a day as it is archived. `sha384`, `rows_root`: hex; `hash_value`: what İYS
    stated when it was fetched."""

    brand_code: BrandCode
    day: date
    sha384: str
    size_bytes: int
    rows: int
    rows_root: str
    hash_value: str | None
    hash_method: str | None
    fetched_at: datetime


class RowProof(Discreet, frozen=True, gc=False):
    """That a line, without its end, is row `index` (from 0) of a file of `size` rows: the path of
    RFC 9162 §2.1.3 to the `rowsRoot` of the day's event."""

    line: bytes
    index: int
    size: int
    path: tuple[bytes, ...]


class RowEvidence(Discreet, frozen=True, gc=False):
    """One movement as İYS's own file has it. `stamp`: the `.tsr`, which is over the whole file."""

    file: DayFile
    proof: RowProof
    stamp: bytes | None


class RowArchive(Protocol):
    """İYS's archived files, row by row. Implemented by `iys_sync.archive.DayArchive`."""

    def evidence_of(
        self, brand_code: BrandCode, creation_date: str, transaction_id: str
    ) -> Sequence[RowEvidence]:
        """The rows of a movement, more than one where two were in one second (R57)."""


class Movements(Protocol):
    """The movements that İYS showed."""

    def moved(self, brand_code: BrandCode, day: date) -> Iterator[Moved]:
        """Those of a day by `creationDate`, then in the order they were seen. In blocks: nothing
        is held open while the caller takes its time. Raises StoreUnavailable, LedgerBroken."""


class DayFiles(Protocol):
    """The archive of İYS's files; each is written once. All raise StoreUnavailable."""

    def keep_file(self, file: DayFile, content: bytes) -> None:
        """Sealed, with a key that can be destroyed. The same file again changes nothing."""

    def keep_stamp(self, file: DayFile, stamp: bytes, fetched_at: datetime) -> None:
        """A `.tsr` for the file. The same again changes nothing."""

    def files(self, brand_code: BrandCode, day: date) -> Sequence[DayFile]:
        """Those of a day, the newest first."""

    def open_file(self, file: DayFile) -> bytes | None:
        """Its bytes; None where its keys were destroyed. Raises LedgerBroken."""

    def stamp_of(self, file: DayFile) -> bytes | None:
        """The newest `.tsr`."""


class Days(Protocol):
    """How far each day is."""

    def note(self, kept: DayKept, listed: Iterable[Listed] = ()) -> None:
        """Replaces what was known of the day."""

    def kept(self, brand_code: BrandCode, day: date) -> DayKept | None:
        """What is known of a day."""

    def between(self, brand_code: BrandCode, first: date, last: date) -> Sequence[DayKept]:
        """Of the days from `first` to `last`, by day."""


class Report(Protocol):
    """A day's file as we make it. Its figures are those of what `pieces` has given so far."""

    def pieces(self) -> Iterator[bytes]:
        """The bytes in order; once."""

    @property
    def sha384(self) -> str:
        """Hex."""

    @property
    def rows(self) -> int:
        """Lines but the header."""

    @property
    def erased(self) -> int:
        """Movements that cannot be shown, their person was erased."""

    def counts(self) -> Sequence[DayCount]:
        """By recipient type, channel and side."""


class DayViews(Protocol):
    """What is shown of days."""

    def report(self, brand_code: BrandCode, day: date) -> Report:
        """The day's file, made of every event that is recorded now."""

    def kept(self, brand_code: BrandCode, day: date) -> DayKept | None:
        """What comparing it came to."""

    def listed(self, brand_code: BrandCode, day: date) -> Sequence[Listed]:
        """The first of its differences."""
