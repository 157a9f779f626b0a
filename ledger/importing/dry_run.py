"""What an import would come to, with nothing written (consent.md C8).

Each row is decided over what the ledger holds now and over the rows of the file before it, as the
import itself would; of the file only so many consents are kept in mind, and it is told where that
was not enough.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final
from uuid import UUID

from ledger import clock
from ledger.aggregates.commands import RecordAct
from ledger.aggregates.consent import Consent, evolve
from ledger.aggregates.decide import decide
from ledger.aggregates.keys import ConsentKey
from ledger.application import ConsentLedger
from ledger.errors import InputRefused
from ledger.importing.lanes import CHUNK_ROWS, request_of
from ledger.importing.plan import ImportPlan
from ledger.importing.reader import Row
from ledger.importing.resumed import FirstVerdicts, Known
from ledger.importing.spool import ATTENTION, RowVerdict
from ledger.recording.request import Request
from ledger.vocabulary import Channel, Outcome, RecipientType

CONSENTS_MAX: Final = 200_000
"""Consents of the file that are kept in mind; about 150 MB."""

_NOBODY: Final = UUID(int=0)

Key = tuple[bytes, RecipientType, Channel]


@dataclass(slots=True)
class Dates:
    """The dates of the rows that would be kept: by month, and how many have none."""

    first: str | None = None
    last: str | None = None
    months: Counter[str] = field(default_factory=Counter)
    undated: int = 0

    def add(self, date: str | None) -> None:
        """One more row's, in İYS's form."""
        if date is None:
            self.undated += 1
            return
        self.first = date if self.first is None else min(self.first, date)
        self.last = date if self.last is None else max(self.last, date)
        self.months[date[:7]] += 1


class DryLane:
    """Decides rows and records none. Implements `lanes.Lanes`."""

    def __init__(self, ledger: ConsentLedger, plan: ImportPlan) -> None:
        self._ledger = ledger
        self._plan = plan
        self._consents: dict[Key, Consent] = {}
        self._first = FirstVerdicts(ledger, plan)
        self.dates = Dates()
        self.is_whole = True
        """Whether every consent of the file was kept in mind."""

    def record(self, *, refusals: bool) -> Iterator[RowVerdict]:
        """See Lanes."""
        rows = self._plan.rows(refusals=refusals)
        while chunk := list(islice(rows, CHUNK_ROWS)):
            yield from self._judged(chunk)

    def _judged(self, chunk: list[Row]) -> list[RowVerdict]:
        dates = self._plan.date_reader()
        received_at = clock.from_utc_text(self._plan.provenance.received_at)
        verdicts: list[RowVerdict] = []
        requests: list[tuple[int, Request]] = []
        for row in chunk:
            outcome, code = Outcome.RECORDED, None
            try:
                requests.append((len(verdicts), request_of(self._plan, row, dates, received_at)))
            except InputRefused as refused:
                outcome, code = Outcome.REFUSED, refused.code
            verdicts.append(RowVerdict(row.line, outcome, code, row.channel))
        lookups = {
            request.address.uri: self._ledger.vault.lookup(request.address.uri)
            for _, request in requests
        }
        self._load(requests, lookups)
        known: list[Known] = []
        for index, request in requests:
            outcome, code, before = self._decided(request, lookups[request.address.uri])
            verdicts[index] = verdicts[index]._replace(outcome=outcome, code=code)
            if before is not None:
                known.append(Known(index, request, *before))
            assert isinstance(request.command, RecordAct)
            if outcome is not Outcome.REFUSED:
                self.dates.add(request.command.consent_date)
        self._first.tell(verdicts, known)
        return verdicts

    def _load(self, requests: list[tuple[int, Request]], lookups: dict[str, bytes]) -> None:
        """Put what the ledger holds of these consents beside what the file said of them."""
        if len(self._consents) >= CONSENTS_MAX:
            self.is_whole = False
            self._consents.clear()
        _, subjects = self._ledger.store.find_subjects(lookups.values())
        wanted: dict[ConsentKey, Key] = {}
        for _, request in requests:
            lookup = lookups[request.address.uri]
            subject = subjects.get(lookup)
            for kind in request.recipient_types:
                known = (lookup, kind, request.channel)
                if subject is not None and known not in self._consents:
                    key = ConsentKey(request.brand_code, subject.id, kind, request.channel)
                    wanted[key] = known
        for key, stored in self._ledger.store.load_consents(wanted).items() if wanted else ():
            self._consents[wanted[key]] = stored.consent

    def _decided(
        self, request: Request, lookup: bytes
    ) -> tuple[Outcome, str | None, tuple[Consent, int] | None]:
        """Outcome and code; and of what the ledger knows already, the consent and the position."""
        found: list[tuple[Outcome, str | None, tuple[Consent, int] | None]] = []
        for kind in request.recipient_types:
            known = (lookup, kind, request.channel)
            key = ConsentKey(request.brand_code, _NOBODY, kind, request.channel)
            state = self._consents.get(known, Consent())
            decided = decide(key, state, request.command)
            acts = (act for act in state.acts if act.seq == decided.act_seq)
            position = next((act.position for act in acts), 0)
            is_known = decided.outcome is Outcome.ALREADY and position != 0
            before = (state, position) if is_known else None
            for body in decided.bodies:
                state = evolve(state, body, seq=state.version + 1, position=0)
            self._consents[known] = state
            found.append((decided.outcome, decided.code, before))
        return min(found, key=lambda one: ATTENTION.index(one[0]))
