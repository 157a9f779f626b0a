"""Rows of what is on its way to İYS: acts that wait, acts as they are sent, requests."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from ledger.clock import from_iys_text
from ledger.vocabulary import BrandCode, ConsentStatus

SETTLED: Final = 0
"""Stands in a request for the position of an item whose outcome is recorded."""
CLOCK_GUARD: Final = timedelta(seconds=2)
"""By which İYS's clock may be behind ours (R22)."""
REFUSED: Final = ConsentStatus.REFUSED.value


class WaitingRow(NamedTuple):
    """An act that waits to be sent. `lookup` is None where its holder was erased. `others`: what
    waits in the queue for the same address and channel; `is_one_out`: one of these is at İYS."""

    position: int
    stream: UUID
    seq: int
    subject: UUID
    brand_code: BrandCode
    recipient_type: str
    channel: str
    consent_status: str
    consent_date: str | None
    source: str | None
    due: datetime | None
    lookup: bytes | None
    tries: int
    others: Sequence[int] | None
    is_one_out: bool

    @property
    def key(self) -> tuple[bytes | None, str]:
        """Address and channel."""
        return self.lookup, self.channel

    @property
    def is_refusal(self) -> bool:
        """Whether it is a RET."""
        return self.consent_status == REFUSED

    @property
    def ready_at(self) -> datetime | None:
        """When İYS's clock will surely be past the consent's date (R22)."""
        date_text = self.consent_date
        return None if date_text is None else from_iys_text(date_text) + CLOCK_GUARD


class Item(NamedTuple):
    """An act as it is sent, or was."""

    position: int
    stream: UUID
    seq: int
    subject: UUID
    brand_code: BrandCode
    recipient_type: str
    channel: str
    consent_status: str
    consent_date: str | None
    source: str | None
    due: datetime | None = None


class InHand(NamedTuple):
    """A request that is out, or about to be: its items by place, SETTLED where nothing is open.

    `request_id`: İYS's, of a list it took; `code`: a refusal that is not believed before its
    consent was asked for; `is_uncertain`: it was sent before and nobody knows what came of it.
    """

    id: int
    brand_code: BrandCode
    positions: Sequence[int]
    consent_dates: Sequence[str | None]
    sources: Sequence[str | None]
    request_id: str | None
    code: str | None
    sent_at: datetime
    is_uncertain: bool
    tries: int

    @property
    def open(self) -> list[int]:
        """Positions whose outcome is not recorded."""
        return [position for position in self.positions if position != SETTLED]

    def only(self, positions: Collection[int]) -> "InHand":
        """The request with these of its positions alone, their places closed up."""
        places = [place for place, one in enumerate(self.positions) if one in positions]
        return self._replace(
            positions=[self.positions[place] for place in places],
            consent_dates=[self.consent_dates[place] for place in places],
            sources=[self.sources[place] for place in places],
        )

    def as_sent(self, item: Item, place: int) -> Item:
        """The item with the words it was sent with; a correction may have changed them since."""
        return item._replace(consent_date=self.consent_dates[place], source=self.sources[place])
