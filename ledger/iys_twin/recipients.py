"""What recipients do at İYS themselves: the movements with `IYS_*` sources (iys/api.md §12.2)."""

from enum import StrEnum
from typing import Final

from ledger.iys_twin.addresses import is_mailbox, is_phone, stored
from ledger.iys_twin.consents import GRANTED, REFUSED, Movement
from ledger.iys_twin.fields import CHANNELS, EMAIL, RECIPIENT_TYPES, STATUSES
from ledger.iys_twin.refusals import TwinError
from ledger.iys_twin.times import Wall
from ledger.iys_twin.world import Brand, World
from ledger.vocabulary import ConsentSource

NAME_MAX: Final = 200


class How(StrEnum):
    """Which way the recipient took."""

    SMS = "sms"
    CALL = "call"
    WEB = "web"
    APP = "app"
    EMAIL = "email"
    NEW = "new"
    FRAME_SMS = "frame-sms"
    FRAME_EMAIL = "frame-email"
    LINE_CLOSED = "line-closed"


SOURCE_BY_WAY: Final = {
    How.SMS: ConsentSource.IYS_KISAMESAJ,
    How.CALL: ConsentSource.IYS_CM,
    How.WEB: ConsentSource.IYS_WEB,
    How.APP: ConsentSource.IYS_MOBIL,
    How.EMAIL: ConsentSource.IYS_EPOSTA,
    How.NEW: ConsentSource.IYS_WEB_YENI,
    How.FRAME_SMS: ConsentSource.IYS_FRAME_SMS,
    How.FRAME_EMAIL: ConsentSource.IYS_FRAME_EPOSTA,
    How.LINE_CLOSED: ConsentSource.IYS_AHS_HAT_KAPATMA,
}
# A form collects a consent that may be the first; every other way changes one that is there.
MAY_BE_FIRST: Final = frozenset({How.NEW, How.FRAME_SMS, How.FRAME_EMAIL})


class MoveRefused(TwinError):
    """The recipient cannot do that; the text says why, `field` where."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


def move(
    brand: Brand,
    how: How,
    *,
    recipient: str,
    recipient_type: str,
    channel: str,
    consent_status: str,
    citizen_name: str | None,
    now: Wall,
) -> Movement:
    """A recipient changes, or for the first time makes, a consent. Raises MoveRefused."""
    for field, value, allowed in (
        ("recipientType", recipient_type, RECIPIENT_TYPES),
        ("type", channel, CHANNELS),
        ("status", consent_status, STATUSES),
    ):
        if value not in allowed:
            raise MoveRefused(field, f"one of {', '.join(sorted(allowed))}")
    if not (is_mailbox if channel == EMAIL else is_phone)(recipient):
        raise MoveRefused("recipient", f"no address for {channel}")
    if (citizen_name is not None) is not (how is How.NEW) or len(citizen_name or "") > NAME_MAX:
        raise MoveRefused("citizenName", "with how=new, and only then")
    address = stored(recipient)
    found = brand.latest((recipient_type, channel), address)
    _expect_possible(how, found, consent_status)
    movement = Movement(
        recipient=address,
        recipient_type=recipient_type,
        channel=channel,
        consent_status=consent_status,
        consent_source=SOURCE_BY_WAY[how].value,
        consented=now,
        created=now,
        before=None if found is None else found.consent_status,
        citizen_name=citizen_name,
    )
    brand.append(movement)
    return movement


def close_line(world: World, recipient: str, now: Wall) -> list[tuple[Brand, Movement]]:
    """The operator reports the line closed: RET with the last consent date, in every brand.

    Only what was granted changes; the date is empty for an undated TACIR. Raises MoveRefused.
    """
    if not is_phone(recipient):
        raise MoveRefused("recipient", "no telephone number")
    closed = []
    for brand in world.brands.values():
        for book in list(brand.books.values()):
            consent = book.get(recipient)
            if consent is None or consent.latest.consent_status != GRANTED:
                continue
            movement = Movement(
                recipient=recipient,
                recipient_type=consent.latest.recipient_type,
                channel=consent.latest.channel,
                consent_status=REFUSED,
                consent_source=SOURCE_BY_WAY[How.LINE_CLOSED].value,
                consented=consent.latest.consented,
                created=now,
                before=GRANTED,
            )
            brand.append(movement)
            closed.append((brand, movement))
    return closed


def _expect_possible(how: How, found: Movement | None, consent_status: str) -> None:
    if how is How.LINE_CLOSED:
        raise MoveRefused("how", "a line is closed as a whole")
    if found is None and how not in MAY_BE_FIRST:
        raise MoveRefused("recipient", "no consent of this recipient; only how=new makes one")
    if found is None and consent_status == REFUSED:
        raise MoveRefused("status", "a first consent is ONAY")
    if found is not None and how is How.NEW:
        raise MoveRefused("recipient", "there is a consent already; how=new only makes the first")
    if found is not None and found.consent_status == REFUSED == consent_status:
        raise MoveRefused("status", "it is RET already")
