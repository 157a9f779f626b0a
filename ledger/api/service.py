"""What the endpoints share: the ledgers, one writer and one reader for each, who may ask."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial
from typing import Final, Protocol

from starlette.concurrency import run_in_threadpool

from ledger.api.items import Evidence, Text
from ledger.application import ConsentLedger
from ledger.evidence.log_ports import LogStore
from ledger.projections.days import DayTable
from ledger.projections.deadlines import DeadlineTables
from ledger.proving.question import Sources
from ledger.recording.day_ports import DayViews
from ledger.recording.deciding_ports import Current, CurrentKey
from ledger.recording.evidence_ports import EvidenceStore
from ledger.recording.group_commit import Together
from ledger.recording.import_ports import ImportJobs
from ledger.recording.measures import Measures
from ledger.recording.ports import Brand
from ledger.recording.principals import AccessLog, Keys
from ledger.recording.referrals import Referrals
from ledger.recording.request import Receipt, Request
from ledger.recording.text_ports import Texts
from ledger.vocabulary import BrandCode, IysCode

_EVIDENCE_ID: Final = re.compile("[0-9a-f]{64}")


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

    def evidence(self, iys_code: IysCode) -> EvidenceStore:
        """The evidence kept for a provider. Raises NotFound."""

    def texts(self, iys_code: IysCode) -> Texts:
        """A provider's published texts. Raises NotFound."""

    def imports(self, iys_code: IysCode) -> ImportJobs:
        """A provider's files that wait to be imported, or were. Raises NotFound."""

    def log_store(self, iys_code: IysCode) -> LogStore:
        """A provider's tree, checkpoints and seals. Raises NotFound."""

    def sources(self, iys_code: IysCode) -> Sources:
        """What bundles of a provider are made of. Raises NotFound."""

    def deadlines(self, iys_code: IysCode) -> DeadlineTables:
        """What of a provider's runs late."""

    def days(self, iys_code: IysCode) -> DayTable:
        """How far the days of a provider are. Raises NotFound."""

    def day_reader(self, iys_code: IysCode) -> DayViews:
        """What is shown of a provider's days. Raises NotFound."""

    def is_connected(self, iys_code: IysCode) -> bool:
        """Whether the provider has an account at İYS here. Raises NotFound, StoreUnavailable."""

    def access_log(self, iys_code: IysCode) -> AccessLog:
        """Where every reading of the provider's personal data is noted."""

    def failing_since(self) -> datetime | None:
        """Since when a follower of this process fails, if one does."""

    def warnings(self) -> Sequence[str]:
        """What holds nothing up and should not stay so, as codes. Raises StoreUnavailable."""

    def measures(self) -> Measures:
        """What the store tells of itself now."""


class Service:
    """One writer and one reader a provider: what waits is written, or asked, together (§7).

    Belongs to one event loop.
    """

    def __init__(self, ledgers: Ledgers) -> None:
        self.ledgers = ledgers
        self.writers: dict[IysCode, Together[Request, Receipt]] = {}
        self._readers: dict[IysCode, Together[CurrentKey, Current]] = {}
        self._texts: dict[IysCode, Texts] = {}

    def writer(self, iys_code: IysCode) -> Together[Request, Receipt]:
        """Takes single writes; a future is done after the commit."""
        if iys_code not in self.writers:
            record = self.ledgers.ledger(iys_code).record_surely
            self.writers[iys_code] = Together(record, name=f"writer {iys_code}")
        return self.writers[iys_code]

    def reader(self, iys_code: IysCode) -> Together[CurrentKey, Current]:
        """Answers single look-ups; what is committed before one is asked is in its answer."""
        if iys_code not in self._readers:
            answer = partial(_current, self.ledgers.ledger(iys_code))
            self._readers[iys_code] = Together(answer, name=f"reader {iys_code}")
        return self._readers[iys_code]

    async def evidence(self, iys_code: IysCode, ids: Collection[str]) -> Evidence:
        """What is known of these pieces of evidence; `text` is brought up to date on the way."""
        named = {one for one in ids if _EVIDENCE_ID.fullmatch(one)}
        if named or iys_code not in self._texts or self._texts[iys_code].is_aging():
            return await run_in_threadpool(self._papers, iys_code, named)
        return {}

    def text(self, iys_code: IysCode) -> Text:
        """Finds a registered text by its id and version, as of 2 s ago at most; never waits.

        `evidence` of the provider was asked before, for the same request.
        """
        return self._texts[iys_code].find

    def _papers(self, iys_code: IysCode, named: Collection[str]) -> Evidence:
        texts = self.ledgers.texts(iys_code)
        if texts.is_aging():
            texts.refresh()
        self._texts[iys_code] = texts
        if not named:
            return {}
        found = self.ledgers.evidence(iys_code).kinds([bytes.fromhex(one) for one in named])
        return {one.hex(): note for one, note in found.items()}

    async def close(self) -> None:
        """Finish what waits; what comes later is refused."""
        for writer in self.writers.values():
            await writer.close()
        for reader in self._readers.values():
            await reader.close()


def _current(ledger: ConsentLedger, keys: Sequence[CurrentKey]) -> Sequence[Current]:
    return ledger.decisions.current(keys, ledger.now())
