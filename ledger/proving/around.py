"""The events around a consent that a bundle has to show with it."""

from collections.abc import Iterator, Sequence

from ledger.aggregates import bodies as b
from ledger.aggregates.events import Event
from ledger.aggregates.keys import provider_stream, recipient_stream
from ledger.aggregates.provider_bodies import DecisionMade, IysDayReconciled, TextRegistered
from ledger.application import ConsentLedger
from ledger.proving.question import FiledRow, Question
from ledger.recording.ports import Subject


def of_family(ledger: ConsentLedger, named: Sequence[Event], family: str) -> Iterator[Event]:
    """The provider's events of a family, under every name that the log has had."""
    for opened in named:
        yield from ledger.store.events_of(provider_stream(opened.log, family))


def recipients_own(question: Question, ledger: ConsentLedger, subject: Subject) -> Iterator[Event]:
    """What else is recorded of the person, as far as it is about this brand."""
    for event in ledger.store.events_of(recipient_stream(subject.id)):
        if getattr(event.body, "brand", None) in (None, question.brand.brand_code):
            yield event


def texts(stream: Sequence[Event], registered: Iterator[Event]) -> Iterator[Event]:
    """The registrations of the texts that the acts name."""
    named = {
        text.sha256
        for event in stream
        if isinstance(event.body, b.ActBody)
        for text in (event.body.text, event.body.notice)
        if text is not None
    }
    for event in registered if named else ():
        if isinstance(event.body, TextRegistered) and event.body.sha256 in named:
            yield event


def decisions(question: Question, made: Iterator[Event]) -> Iterator[Event]:
    """The runs of may-I-send of the case's campaign."""
    campaign = question.case.campaign
    for event in made if campaign is not None else ():
        body = event.body
        if (
            isinstance(body, DecisionMade)
            and (body.brand, body.channel) == (question.brand.brand_code, question.channel)
            and campaign in (body.campaign, body.decision)
        ):
            yield event


def reconciled(rows: Sequence[FiledRow], made: Iterator[Event]) -> Iterator[Event]:
    """The newest comparison with each of İYS's files that a row is shown of: its `rows_root`."""
    wanted = {(row.evidence.file.sha384, row.evidence.file.rows_root) for row in rows}
    newest: dict[tuple[str, str], Event] = {}
    for event in made if wanted else ():
        body = event.body
        if isinstance(body, IysDayReconciled) and (body.file_sha384, body.rows_root) in wanted:
            newest[body.file_sha384, body.rows_root] = event
    yield from newest.values()
