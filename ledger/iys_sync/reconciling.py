"""Agreeing with İYS on past days, one at a time (design.md §10; R61, R62; iys/api.md §6).

A day is final when İYS has nothing pending and its file is made. The file and its time stamp are
archived before anything else is done with them. What İYS shows and we have not is recorded; then
the day is compared again. Only a day that is equal byte for byte is ever agreed to.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

import msgspec

from ledger import clock
from ledger.aggregates.provider_bodies import IysDayReconciled
from ledger.application import ConsentLedger
from ledger.clock import ISTANBUL, utc_text
from ledger.errors import LedgerError
from ledger.iys_sync.comparing import Compared, Comparer
from ledger.iys_sync.day_file import FiledDay
from ledger.iys_sync.day_reading import DayReader
from ledger.iys_sync.day_report import DayReport
from ledger.iys_sync.day_stamp import Verify
from ledger.iys_sync.errors import (
    ONE_ANSWER,
    IysAccount,
    IysFailure,
    IysRefused,
    IysUnreachable,
)
from ledger.iys_sync.fetching import Fetcher, Filed
from ledger.iys_sync.ports import Iys
from ledger.iys_sync.wire import Agreement
from ledger.recording.day_ports import DayFile, DayFiles, DayKept, Days, DayState, StampState
from ledger.recording.day_words import Kind
from ledger.values import Value
from ledger.vocabulary import BrandCode, RecipientType

REACH_DAYS: Final = 7
"""İYS speaks of yesterday and of the six days before it, and of a seventh (H502)."""
COMPLETED: Final = "completed"
PENDING: Final = "pending"
NO_FILE: Final = "no_file"


class Agreeing(StrEnum):
    """Who says that both sides hold the same: it is a declaration."""

    AUTO = "auto"
    ASK = "ask"


class DayOutOfReach(LedgerError):
    """İYS says nothing of that day: it is not over, or longer ago than a week."""

    turkish_kind = "Gün İYS'nin verdiği aralıkta değil"


class NotAgreed(LedgerError):
    """The day is not equal, or one of both sides has changed since it was: nothing was declared."""

    turkish_kind = "Mutabakat bildirilmedi"


class DayDone(Value, frozen=True):
    """What became of one day; `failure`: İYS's no to us, then nothing is known of the day."""

    brand_code: BrandCode
    day: date
    kept: DayKept | None
    failure: IysFailure | None = None


class Reconciler:
    """Reconciles the days of one provider."""

    def __init__(
        self,
        ledger: ConsentLedger,
        iys: Iys,
        reader: DayReader,
        days: Days,
        files: DayFiles,
        *,
        agreeing: Agreeing = Agreeing.ASK,
        verify: Verify | None = None,
        now: clock.Clock = clock.now,
    ) -> None:
        """`verify`: by the roots of İYS's time stamps, None where none are configured."""
        self._ledger = ledger
        self._iys = iys
        self._reader = reader
        self._days = days
        self._files = files
        self._comparer = Comparer(ledger)
        self._agreeing = agreeing
        self._fetcher = Fetcher(iys, files, verify=verify, now=now)
        self._now = now

    def reconcile(self, brand_code: BrandCode, day: date, *, actor: str) -> DayKept:
        """Compare a day of the last seven, and agree to it if it is equal and that is the setting.

        Raises DayOutOfReach, IysFailure, and as `ConsentLedger.append`. Whatever is raised: nothing
        is agreed that was not equal, and the same call again goes on from what is recorded.
        """
        self._expect_in_reach(day)
        pending = sum(self._iys.summary(brand_code, day, kind).pending for kind in RecipientType)
        if pending:
            return self._wait(brand_code, day, PENDING)
        told = self._iys.agreement(brand_code, day)
        if told is None:
            return self._quiet(brand_code, day)
        if told.process_status != COMPLETED:
            return self._wait(brand_code, day, told.process_status)
        filed = self._fetcher.fetch(brand_code, day, told)
        if filed is None:
            return self._wait(brand_code, day, NO_FILE)
        return self._filed(brand_code, day, filed, told, actor)

    def reconcile_open(self, brand_codes: Sequence[BrandCode], *, actor: str) -> list[DayDone]:
        """Every day of the last seven that is not settled, the oldest first: it ends first.

        A brand whose account cannot, or a day that İYS refuses or of which its answer cannot be
        read, does not keep the others. Raises every other IysFailure at once.
        """
        done = []
        for brand_code in brand_codes:
            for day in self.open_days(brand_code):
                try:
                    kept = self.reconcile(brand_code, day, actor=actor)
                    done.append(DayDone(brand_code, day, kept))
                except (IysAccount, IysRefused, IysUnreachable) as failure:
                    if isinstance(failure, IysUnreachable) and failure.kind not in ONE_ANSWER:
                        raise
                    done.append(DayDone(brand_code, day, None, failure))
        return done

    def open_days(self, brand_code: BrandCode) -> list[date]:
        """Those of the last seven that are neither equal, and agreed to where that is the setting,
        nor explained."""
        last = self._today() - timedelta(days=1)
        first = last - timedelta(days=REACH_DAYS - 1)
        kept = {one.day: one for one in self._days.between(brand_code, first, last)}
        every = (first + timedelta(days=number) for number in range(REACH_DAYS))
        return [day for day in every if not self._is_settled(kept.get(day))]

    def agree(self, brand_code: BrandCode, day: date, *, actor: str) -> DayKept:
        """An officer's word that both sides hold the same, on a day that was found equal.

        Raises NotAgreed, DayOutOfReach, IysFailure.
        """
        self._expect_in_reach(day)
        kept = self._days.kept(brand_code, day)
        if kept is None or kept.state is not DayState.EQUAL or kept.file_sha384 is None:
            raise NotAgreed("the day was not found equal", "gün eşit bulunmadı")
        if self._sha384_here(brand_code, day) != kept.file_sha384:
            raise NotAgreed("the day is equal no more", "gün artık eşit değil")
        told = self._iys.agreement(brand_code, day)
        if told is None or told.hash_value != kept.hash_value:
            raise NotAgreed("İYS's file has changed since", "İYS'nin dosyası o günden beri değişti")
        file = next(
            one for one in self._files.files(brand_code, day) if one.sha384 == kept.file_sha384
        )
        agreed = told.agreed or self._iys.agree(brand_code, day)
        kept = _changed(kept, agreed=agreed, checked_at=self._now())
        self._say(file, kept, actor)
        self._days.note(kept)
        return kept

    def _filed(
        self, brand_code: BrandCode, day: date, filed: Filed, told: Agreement, actor: str
    ) -> DayKept:
        # Of a file that is not the one İYS stamped and stated nothing is recorded.
        found = self._compare(brand_code, day, filed.content, may_record=filed.has_stated_hash)
        kept = _changed(
            self._found(brand_code, day, found, is_sound=filed.has_stated_hash),
            rows_there=filed.file.rows,
            file_sha384=filed.file.sha384,
            hash_value=told.hash_value,
            agreed=told.agreed,
            stamp=filed.stamp.state,
            stamped_at=filed.stamp.stamped_at,
        )
        failure = None
        if self._owes_word(kept) and self._agreeing is Agreeing.AUTO:
            try:
                kept = _changed(kept, agreed=self._iys.agree(brand_code, day))
            except IysFailure as error:
                failure = error  # what was found is written down all the same
        self._say(filed.file, kept, actor)
        self._days.note(kept, found.listed)
        if failure is not None:
            raise failure
        return kept

    def _quiet(self, brand_code: BrandCode, day: date) -> DayKept:
        """İYS has no movement of the day, and so no file."""
        found = self._compare(brand_code, day, b"", may_record=False)
        kept = self._found(brand_code, day, found, is_sound=True)
        self._days.note(kept, found.listed)
        return kept

    def _compare(
        self, brand_code: BrandCode, day: date, content: bytes, *, may_record: bool
    ) -> Compared:
        """The day as it stands once what İYS shows is recorded."""
        read = FiledDay(content, day)
        at = self._now() if may_record else None
        found = self._comparer.compare(brand_code, self._report(brand_code, day), content, read, at)
        if found.recorded:
            report = self._report(brand_code, day)
            found = self._comparer.compare(brand_code, report, content, read, None)
        return found

    def _sha384_here(self, brand_code: BrandCode, day: date) -> str:
        report = self._report(brand_code, day)
        for _ in report.seconds():
            pass  # for its digest
        return report.sha384

    def _report(self, brand_code: BrandCode, day: date) -> DayReport:
        return self._reader.report(brand_code, day)

    def _found(
        self, brand_code: BrandCode, day: date, found: Compared, *, is_sound: bool
    ) -> DayKept:
        counts, open_rows = dict(found.counts), found.open_rows
        if not is_sound:
            counts[Kind.HASH_DIFFERS] = 1
            open_rows += 1
        state = DayState.EQUAL if found.is_equal else DayState.EXPLAINED
        return DayKept(
            brand_code=brand_code,
            day=day,
            state=DayState.OPEN if open_rows else state,
            checked_at=self._now(),
            rows_here=found.rows_here,
            erased=found.erased,
            sha384_here=found.sha384_here,
            differences=counts,
            open_rows=open_rows,
        )

    def _say(self, file: DayFile, kept: DayKept, actor: str) -> None:
        """To the log, once for each file, result and word of İYS's."""
        body = IysDayReconciled(
            brand=kept.brand_code,
            day=kept.day.isoformat(),
            file_sha384=file.sha384,
            rows=file.rows,
            rows_root=file.rows_root,
            result=kept.state.value,
            differences=dict(kept.differences),
            at=utc_text(kept.checked_at),
            actor=actor,
            agreed=kept.agreed,
        )
        named = (body.TYPE, body.brand, body.day, body.file_sha384, body.result, body.agreed)
        self._ledger.append_once(body, once="/".join(map(str, named)))

    def _wait(self, brand_code: BrandCode, day: date, reason: str) -> DayKept:
        kept = DayKept(
            brand_code=brand_code,
            day=day,
            state=DayState.WAITING,
            checked_at=self._now(),
            reason=reason,
        )
        self._days.note(kept)
        return kept

    def _is_settled(self, kept: DayKept | None) -> bool:
        if kept is None or kept.state not in (DayState.EQUAL, DayState.EXPLAINED):
            return False
        if kept.stamp is StampState.MISSING:
            return False  # it is to be had for a week only
        return self._agreeing is Agreeing.ASK or not self._owes_word(kept)

    def _owes_word(self, kept: DayKept) -> bool:
        """Whether it is equal and nobody has said so to İYS."""
        return kept.state is DayState.EQUAL and bool(kept.file_sha384) and not kept.agreed

    def _expect_in_reach(self, day: date) -> None:
        age = (self._today() - day).days
        if not 1 <= age <= REACH_DAYS:
            raise DayOutOfReach(
                f"İYS gives out yesterday and back to {REACH_DAYS} days ago, not {day}",
                f"İYS dün ile {REACH_DAYS} gün öncesi arasını verir, {day} gününü vermez",
            )

    def _today(self) -> date:
        return self._now().astimezone(ISTANBUL).date()


def _changed(kept: DayKept, **changes: Any) -> DayKept:
    return msgspec.structs.replace(kept, **changes)
