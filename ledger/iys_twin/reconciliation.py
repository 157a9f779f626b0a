"""Agreeing day by day: summary, file, hash, time stamp, agreement (iys/api.md §6, §15)."""

import hashlib
from collections.abc import Iterable
from typing import Any, Final

from ledger.iys_twin import wire
from ledger.iys_twin.adding import BulkRequest
from ledger.iys_twin.consents import GRANTED, REFUSED, Movement, transaction_id
from ledger.iys_twin.fields import RECIPIENT_TYPES
from ledger.iys_twin.refusals import refusal
from ledger.iys_twin.settings import TwinSettings
from ledger.iys_twin.times import DAY, NoSuchTime, NotATime, Wall, day_of, day_start, text_of
from ledger.iys_twin.tsa import LocalAuthority
from ledger.iys_twin.world import Brand
from ledger.vocabulary import Channel

REPORT_DAYS: Final = 7
COLUMNS: Final = "creationDate,transactionId,recipient,recipientType,type,status,consentDate,source"
HASH_METHOD: Final = "SHA-384"
NOT_YET: Final = "reportDate alanı dün veya daha eski bir tarih olmalıdır."
BAD_RECIPIENT_TYPE: Final = (
    "Alıcı tipi (recipientType) kabul edilemedi. İzin verilen değerler: BIREYSEL, TACIR"
)
FILES_MAX: Final = 100
"""Day files kept ready; any can be made again."""


def report_day(text: str, now: Wall) -> Wall:
    """The day that is asked about, yesterday to seven days back. Raises Refused H501, H502."""
    try:
        day = day_of(text)
    except (NotATime, NoSuchTime) as error:
        raise refusal("H501", "reportDate", value=text) from error
    today = day_start(now)
    if day >= today:
        raise refusal("H502", "reportDate", message=NOT_YET, value=text)
    if day < today - REPORT_DAYS * DAY:
        raise refusal("H502", "reportDate", value=text)
    return day


def summary(
    brand: Brand, day: Wall, recipient_type: str, waiting: Iterable[BulkRequest]
) -> wire.DaySummary:
    """Counts of a day. Raises Refused H116."""
    if recipient_type not in RECIPIENT_TYPES:
        raise refusal("H116", "recipientType", message=BAD_RECIPIENT_TYPE, value=recipient_type)
    stored = [one for one in brand.between(day, day + DAY) if one.recipient_type == recipient_type]
    pending = [
        item.sent.channel
        for request in waiting
        if request.brand_code == brand.code and day <= request.accepted < day + DAY
        for item in request.items
        if item.sent.recipient_type == recipient_type
    ]
    return wire.DaySummary(
        [
            wire.ChannelStats(
                channel.value,
                [
                    _side([one for one in of_channel if not one.is_recipients_own], "HS", queued),
                    _side([one for one in of_channel if one.is_recipients_own], "IYS", 0),
                ],
            )
            for channel in Channel
            for of_channel in ([one for one in stored if one.channel == channel],)
            for queued in (pending.count(channel),)
        ]
    )


def _side(movements: list[Movement], side: str, pending: int) -> wire.SideStats:
    approvals = sum(
        one.consent_status == GRANTED and one.before in (None, REFUSED) for one in movements
    )
    rejections = sum(one.consent_status == REFUSED and one.before == GRANTED for one in movements)
    return wire.SideStats(side, approvals, rejections, pending, len(movements) + pending)


class DayFiles:
    """The daily files with their hashes and stamps; made when somebody asks, equal every time."""

    def __init__(self, settings: TwinSettings, authority: LocalAuthority) -> None:
        self._settings = settings
        self._authority = authority
        self._files: dict[tuple[int, Wall], bytes] = {}
        self._stamps: dict[tuple[int, Wall], bytes] = {}

    def state(self, day: Wall, now: Wall) -> str:
        """How far İYS is with a day that is over."""
        passed = now - (day + DAY)
        if passed < self._settings.file_queued_seconds:
            return "queued"
        if passed < self._settings.file_queued_seconds + self._settings.file_in_progress_seconds:
            return "inprogress"
        return "completed"

    def agreement(
        self, brand: Brand, day: Wall, now: Wall, *, fails: bool = False
    ) -> wire.Agreement | None:
        """Hash and state; None for a day without movements."""
        if brand.is_quiet(day, day + DAY):
            return None
        state = "error" if fails else self.state(day, now)
        is_agreed = day in brand.agreed
        if state != "completed":
            return wire.Agreement(state, is_agreed)
        digest = hashlib.sha384(self._file(brand, day)).hexdigest()
        return wire.Agreement(state, is_agreed, digest, HASH_METHOD)

    def agree(self, brand: Brand, day: Wall, body: Any) -> bool:
        """Note that the provider agrees; whether the day had movements. Raises Refused H512."""
        given = body.get("agreementStatus") if isinstance(body, dict) else None
        if given is not True:
            shown = "false" if given is False else str(given)
            message = f"{shown[:100]} kabul edilemedi. İzin verilen değerler: true"
            raise refusal("H512", "agreementStatus", message=message)
        if brand.is_quiet(day, day + DAY):
            return False
        brand.agreed.add(day)
        return True

    def file(self, brand: Brand, day: Wall, now: Wall) -> bytes | None:
        """The file, once it is made and if there is anything in it."""
        if self.state(day, now) != "completed" or brand.is_quiet(day, day + DAY):
            return None
        return self._file(brand, day)

    def stamp(self, brand: Brand, day: Wall, now: Wall) -> bytes | None:
        """The `.tsr` over the file's bytes, of the second the file was made. Raises StampFailed."""
        data = self.file(brand, day, now)
        if data is None:
            return None
        key = (brand.code, day)
        if key not in self._stamps:
            settings = self._settings
            made = day + DAY + settings.file_queued_seconds + settings.file_in_progress_seconds
            _keep(self._stamps, key, self._authority.stamp(data, made))
        return self._stamps[key]

    def _file(self, brand: Brand, day: Wall) -> bytes:
        key = (brand.code, day)
        if key not in self._files:
            rows = [_row(brand, one) for one in brand.between(day, day + DAY)]
            if self._settings.same_second_rows == "one":
                rows = list({row.split(",")[1]: row for row in rows}.values())
            _keep(self._files, key, "".join(f"{row}\n" for row in (COLUMNS, *rows)).encode())
        return self._files[key]


def _row(brand: Brand, one: Movement) -> str:
    return ",".join(
        (
            text_of(one.created),
            transaction_id(brand.code, one),
            one.recipient,
            one.recipient_type,
            one.channel,
            one.consent_status,
            "" if one.consented is None else text_of(one.consented),
            one.consent_source or "",
        )
    )


def _keep(kept: dict[tuple[int, Wall], bytes], key: tuple[int, Wall], data: bytes) -> None:
    if len(kept) >= FILES_MAX:
        del kept[next(iter(kept))]
    kept[key] = data
