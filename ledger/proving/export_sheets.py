"""A brand's consents as tables for people and for the next ledger: `current-…`, `acts-…` (CSV).

`current-<brand>.csv` is İYS's api template: one line for each consent, the act that the person's
line ends in (C4). `izin import` of it into an empty ledger gives every address, channel and
recipient type the same status. What an import cannot carry, and only the parts do: proofs, history,
held grants, evidence, texts, dealers, the company's own list, former holders of an address, and all
that İYS is known to hold: nothing is permitted until İYS has shown it again. A date without a time
and a consent given at İYS itself are written as they are; an import takes those of them that are
consents only from who vouches for the file (`--already-registered --declared-by --exported-at`).
Of whom was erased there is no line.
"""

import csv
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from itertools import groupby
from types import TracebackType
from typing import Any, Final
from uuid import UUID

from ledger.aggregates.bodies import ActBody, ConsentBody
from ledger.aggregates.consent import Act, Consent, evolve, person_line
from ledger.aggregates.events import Event
from ledger.proving.export_folder import ExportFolder
from ledger.proving.export_parts import Part, Person
from ledger.vocabulary import BrandCode, ConsentStatus

CURRENT: Final = ("type", "source", "recipient", "status", "consentDate", "recipientType")
ACTS: Final = (
    *("position", "eventId", "recordedAt"),
    *CURRENT,
    *("textId", "textVersion", "textSha256", "part"),
)
_STATUS_OF: Final = {
    "consent.granted": ConsentStatus.GRANTED,
    "consent.refused": ConsentStatus.REFUSED,
}


class Sheets:
    """The tables of some brands, written part by part. Use it as a context manager: the files
    appear at the end. `acts`, `consents`: how many lines they have."""

    def __init__(self, folder: ExportFolder, brands: Iterable[BrandCode]) -> None:
        self._stack = ExitStack()
        self._folder = folder
        self._brands = tuple(brands)
        self._current: dict[int, Any] = {}  # csv has no name for its writers
        self._acts: dict[int, Any] = {}
        self.consents = 0
        self.acts = 0

    def __enter__(self) -> "Sheets":
        for brand in self._brands:
            self._current[brand] = self._sheet(f"current-{brand}.csv", CURRENT)
            self._acts[brand] = self._sheet(f"acts-{brand}.csv", ACTS)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, failure, trace)

    def add(self, part: Part) -> None:
        """The acts of a part, and where its consents stand."""
        for event in part.events:
            if isinstance(event.body, ActBody):
                person = part.people.get(UUID(event.body.subject))
                self._acts[event.body.brand].writerow(_act_line(event, event.body, person, part))
                self.acts += 1
        consents = [event for event in part.events if isinstance(event.body, ConsentBody)]
        consents.sort(key=lambda event: (event.stream, event.seq))
        for _, stream in groupby(consents, lambda event: event.stream):
            self._add_current(list(stream), part.people)

    def _add_current(self, stream: list[Event], people: Mapping[UUID, Person]) -> None:
        body = stream[0].body
        assert isinstance(body, ConsentBody)
        person = people.get(UUID(body.subject))
        state = Consent()
        for event in stream:
            state = evolve(state, event.body, seq=event.seq, position=event.position)
        act = person_line(state.acts).act
        if person is None or person[0].closed_position is not None or act is None:
            return
        self._current[body.brand].writerow(_current_line(body, act, person))
        self.consents += 1

    def _sheet(self, name: str, columns: tuple[str, ...]) -> Any:  # as above
        writer = csv.writer(self._stack.enter_context(self._folder.text(name)), lineterminator="\n")
        writer.writerow(columns)
        return writer


def _current_line(body: ConsentBody, act: Act, person: Person) -> tuple[str, ...]:
    return (
        body.channel,
        act.source or "",
        _address(person),
        act.status or ConsentStatus.GRANTED,  # a merchant's listing is written so (R11)
        act.consent_date or "",
        body.recipient_type,
    )


def _act_line(event: Event, body: ActBody, person: Person | None, part: Part) -> tuple[object, ...]:
    text = body.text
    return (
        *(event.position, event.id, event.recorded),
        *(body.channel, body.source or "", "" if person is None else _address(person)),
        *(_STATUS_OF.get(body.TYPE, ""), body.consent_date or "", body.recipient_type),
        *(("", "", "") if text is None else (text.id, text.version, text.sha256)),
        f"{part.number:04}",
    )


def _address(person: Person) -> str:
    return person[1].partition(":")[2]
