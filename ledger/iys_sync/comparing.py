"""One comparison of a day with İYS's file, and what of the file is recorded by it (C2)."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Final

import msgspec

from ledger.aggregates.bodies import IysRefused
from ledger.application import ConsentLedger
from ledger.iys_sync.day_file import FiledDay, movement_of
from ledger.iys_sync.day_report import DayReport
from ledger.iys_sync.differences import ADOPTED, Difference, compare
from ledger.iys_sync.members import Unreadable
from ledger.iys_sync.seen import seen
from ledger.recording.day_ports import Listed
from ledger.recording.day_words import Kind
from ledger.recording.request import Request
from ledger.values import Discreet
from ledger.vocabulary import BrandCode, Outcome, SeenHow

LISTED_MAX: Final = 1_000
"""Differences that are kept line by line; every one is counted."""
RECORDED_AT_ONCE: Final = 500


class Compared(Discreet, frozen=True):
    """What a comparison came to. `is_equal`: byte for byte; `recorded`: how many of İYS's rows were
    recorded by it, so that it is out of date."""

    is_equal: bool
    sha384_here: str | None
    rows_here: int
    erased: int
    counts: dict[str, int]
    open_rows: int
    listed: tuple[Listed, ...]
    recorded: int


class Comparer:
    """Compares days of one provider."""

    def __init__(self, ledger: ConsentLedger) -> None:
        self._ledger = ledger

    def compare(
        self,
        brand_code: BrandCode,
        report: DayReport,
        content: bytes,
        filed: FiledDay,
        at: datetime | None,
    ) -> Compared:
        """Compare; with `at` record, as seen then, what İYS's file has and we have not."""
        counts: Counter[str] = Counter()
        listed: list[Listed] = []
        open_rows = recorded = 0
        differences = compare(report.seconds(), filed)
        while block := list(islice(differences, RECORDED_AT_ONCE)):
            if at is not None:
                recorded += self._record(brand_code, block, at)
            for one in block:
                if len(listed) < LISTED_MAX:
                    one = self._judged(one)
                counts[one.kind] += 1
                open_rows += one.is_open
                if len(listed) < LISTED_MAX:
                    listed.append(one.listed())
        is_equal = report.sha384 == hashlib.sha384(content).hexdigest()
        if not is_equal and not counts:
            counts[Kind.LAYOUT] += 1  # two rows of one second the other way round
        return Compared(
            is_equal,
            report.sha384 if report.rows else None,
            report.rows,
            report.erased,
            dict(sorted(counts.items())),
            open_rows,
            tuple(listed),
            recorded,
        )

    def _record(self, brand_code: BrandCode, block: list[Difference], at: datetime) -> int:
        """How many of these rows of İYS's are recorded now that were not before."""
        requests = list(_adopted(brand_code, block, at))
        if not requests:
            return 0
        receipts = self._ledger.record_surely(requests)
        return sum(receipt.outcome is Outcome.RECORDED for receipt in receipts)

    def _judged(self, one: Difference) -> Difference:
        """A row of ours that İYS took and then gave its final no to is no riddle."""
        moved = one.moved
        if one.kind is not Kind.ONLY_HERE or moved is None or moved.of is None:
            return one
        event = self._ledger.store.events_at([moved.position])[moved.position]
        for later in self._ledger.store.events_of(event.stream):
            body = later.body
            if isinstance(body, IysRefused) and body.of == moved.of and later.seq > event.seq:
                return msgspec.structs.replace(one, kind=Kind.REFUSED, is_open=False)
        return one


def _adopted(brand_code: BrandCode, block: list[Difference], at: datetime) -> Iterator[Request]:
    for one in block:
        if one.kind in ADOPTED and one.there is not None:
            try:
                yield seen(movement_of(one.there), brand_code, SeenHow.DAY_FILE, at)
            except Unreadable:
                continue  # it stays a difference
