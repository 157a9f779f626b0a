"""What the endpoints share: the ledgers, one writer and one reader for each, who may ask."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial
from threading import Lock
from typing import Protocol

from ledger.api.items import Evidence, Text
from ledger.api.reading import Reader
from ledger.application import ConsentLedger
from ledger.recording.group_commit import Together
from ledger.recording.ports import Brand, Current, CurrentKey
from ledger.recording.principals import AccessLog, Keys
from ledger.recording.referrals import Referrals
from ledger.recording.request import Receipt, Request
from ledger.vocabulary import BrandCode, IysCode


class Ledgers(Protocol):
    """The ledgers that the service answers for."""

    @property
    def keys(self) -> Keys:
        """Who may ask."""

    def iys_codes(self) -> Sequence[IysCode]:
        """Every provider's. Raises StoreUnavailable."""

    def ledger(self, iys_code: IysCode) -> ConsentLedger:
        """One provider's ledger. Raises NotFound."""

    def brand(self, brand_code: BrandCode) -> Brand:
        """A brand. Raises NotFound."""

    def brands(self, iys_code: IysCode) -> Sequence[Brand]:
        """Every brand of a provider, by number."""

    def referrals(self, iys_code: IysCode) -> Referrals:
        """Refusals that wait for an officer of the provider."""

    def access_log(self, iys_code: IysCode) -> AccessLog:
        """Where every reading of the provider's personal data is noted."""

    def failing_since(self) -> datetime | None:
        """Since when a follower of this process fails, if one does."""


class Service:
    """One writer and one reader a provider: what waits is written, or asked, together (§7)."""

    def __init__(self, ledgers: Ledgers) -> None:
        self.ledgers = ledgers
        self._gate = Lock()
        self._writers: dict[IysCode, Together[Request, Receipt]] = {}
        self._readers: dict[IysCode, Reader] = {}

    def writer(self, iys_code: IysCode) -> Together[Request, Receipt]:
        """Takes single writes; a future is done after the commit."""
        with self._gate:
            if iys_code not in self._writers:
                record = self.ledgers.ledger(iys_code).record_surely
                self._writers[iys_code] = Together(record, name=f"writer {iys_code}")
            return self._writers[iys_code]

    def reader(self, iys_code: IysCode) -> Reader:
        """Answers single look-ups; what is committed before one is asked is in its answer."""
        with self._gate:
            if iys_code not in self._readers:
                answer = partial(_current, self.ledgers.ledger(iys_code))
                self._readers[iys_code] = Reader(answer)
            return self._readers[iys_code]

    async def evidence(self, iys_code: IysCode, ids: Collection[str]) -> Evidence:
        """What is known of these pieces of evidence."""
        return {}

    def text(self, iys_code: IysCode) -> Text:
        """Finds a registered text by its id and version."""
        return lambda name, version: None

    def close(self) -> None:
        """Finish what waits; what comes later is refused."""
        with self._gate:
            for writer in self._writers.values():
                writer.close()
            for reader in self._readers.values():
                reader.close()


def _current(ledger: ConsentLedger, keys: Sequence[CurrentKey]) -> Sequence[Current]:
    return ledger.decisions.current(keys, ledger.now())
