"""The bundle of one question: events, proofs, what is opened, the report, written as one zip."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import BinaryIO, Final

from ledger import views
from ledger.aggregates.events import RECIPIENT_GROUP, Event
from ledger.aggregates.keys import ConsentKey
from ledger.clock import utc_text
from ledger.errors import NotFound
from ledger.evidence.bundle import files_but_report, verifier, write_bundle
from ledger.evidence.bundle_parts import (
    Attachment,
    Bundle,
    BundleRefused,
    DecisionPart,
    EventPart,
    HeadsPart,
)
from ledger.evidence.bundle_parts import Question as Asked
from ledger.proving.deciding import shown_line
from ledger.proving.filed import files_of
from ledger.proving.gathering import Prover, disclosure, find, seal_part, shown_heads
from ledger.proving.question import Found, Question, Sources
from ledger.proving.telling import evidence_name, report_facts, text_name
from ledger.recording.ports import Subject
from ledger.reporting.digest import package_digest
from ledger.reporting.facts import Query, ReportFacts
from ledger.reporting.html import html
from ledger.reporting.pdf import pdf
from ledger.views.dates import entries_of
from ledger.views.questions import subject_at

ATTACHED_BYTES_MAX: Final = 256 * 2**20
"""Of texts and pieces of evidence together: they are in memory, and a verifier takes twice that."""


@dataclass(frozen=True, slots=True)
class Made:
    """What went into a bundle."""

    events: int
    position: int
    sealed_at: datetime
    subject: Subject | None


def make_bundle(question: Question, sources: Sources, out: BinaryIO, *, now: datetime) -> Made:
    """Write the bundle. Seals first where something of it is in no seal yet.

    Raises NotSealed, SealedElsewhere, BundleRefused, LedgerBroken, StoreUnavailable.
    """
    found = find(question, sources)
    subject, _ = subject_at(sources.ledger, question.address, question.at, None)
    lines = [shown_line(question, sources, event) for event in _decisions(found)]
    shown = [line for line in lines if line is not None]
    bundle = _parts(question, sources, found, subject, shown, now)
    facts = _facts(question, sources, found, subject, [query for _, query in shown], bundle, now)
    write_bundle(replace(bundle, report_html=html(facts), report_pdf=pdf(facts)), out)
    last = max(found.seals.values(), key=lambda seal: seal.size)
    return Made(len(found.stream), found.events[-1].position, last.sealed_at, subject)


def _decisions(found: Found) -> list[Event]:
    return [event for event in found.around if event.body.TYPE == "decision.made"]


def _parts(
    question: Question,
    sources: Sources,
    found: Found,
    subject: Subject | None,
    lines: Sequence[tuple[DecisionPart, Query]],
    now: datetime,
) -> Bundle:
    prover = Prover(sources.store)
    events = found.events
    numbers = {event.position: number for number, event in enumerate(events, 1)}
    heads = _heads(sources, found, question, subject, prover)
    used = {seal.size: seal for seal in found.seals.values()}
    if heads is None and found.heads is not None:
        used = {found.seals[event.position].size: found.seals[event.position] for event in events}
    return Bundle(
        origin=sources.log_key.name,
        made_at=now,
        question=Asked(
            brand=question.brand.brand_code,
            channel=question.channel,
            recipient_type=question.recipient_type,
            at=None if question.at is None else utc_text(question.at),
        ),
        events=[_event(event, found, subject, question, prover) for event in events],
        seals=[seal_part(sources.store, used[size]) for size in sorted(used)],
        heads=heads,
        decisions=[
            replace(part, event=numbers[part.event])
            for part, _ in lines
            if RECIPIENT_GROUP in question.opened  # a line holds the address
        ],
        trust=[Attachment(name, content) for name, content in sorted(sources.trust.items())],
        attachments=_attachments(question, sources, found),
    )


def _event(
    event: Event, found: Found, subject: Subject | None, question: Question, prover: Prover
) -> EventPart:
    seal = found.seals[event.position]
    groups = found.groups.get(event.position)
    opened = {}
    if groups and subject is not None:
        opened = disclosure(subject.key, event, groups, question.opened)
    return EventPart(
        state=event.state,
        seal_size=seal.size,
        index=event.position - 1,
        path=prover.inclusion(event.position, seal),
        record=prover.record(event, seal),
        disclosure=opened,
    )


def _heads(
    sources: Sources, found: Found, question: Question, subject: Subject | None, prover: Prover
) -> HeadsPart | None:
    if found.heads is None or subject is None:
        return None
    key = ConsentKey(
        question.brand.brand_code, subject.id, question.recipient_type, question.channel
    )
    entries = shown_heads(sources, found, key.stream)
    if not any(one.head[0] == key.stream for one in entries):
        return None
    return HeadsPart(event=_event(found.heads, found, None, question, prover), entries=entries)


def _attachments(question: Question, sources: Sources, found: Found) -> list[Attachment]:
    named: dict[str, bytes] = dict(files_of(found.rows))
    if question.raw_case is not None:
        named["case.json"] = question.raw_case
    for event in found.stream:
        for text in (getattr(event.body, "text", None), getattr(event.body, "notice", None)):
            if text is not None:
                named[_inside(text_name(text.sha256))] = sources.texts.content(text.sha256)
        given = found.groups.get(event.position, {}).get("evidence")
        if question.with_evidence and isinstance(given, dict):
            try:
                kept, content = sources.evidence.open(bytes.fromhex(str(given["sha256"])))
            except NotFound:
                continue
            named[_inside(evidence_name(kept.id.hex(), kept.media_type))] = content
            _expect_small(named)
    return [Attachment(name, content) for name, content in sorted(named.items())]


def _expect_small(named: Mapping[str, bytes]) -> None:
    if (size := sum(map(len, named.values()))) > ATTACHED_BYTES_MAX:
        raise BundleRefused(
            f"{size} bytes of attachments, at most {ATTACHED_BYTES_MAX} fit",
            f"{size} bayt ek, en çok {ATTACHED_BYTES_MAX} sığar",
        )


def _inside(name: str) -> str:
    return name.removeprefix("ekler/")


def _facts(
    question: Question,
    sources: Sources,
    found: Found,
    subject: Subject | None,
    queries: Sequence[Query],
    bundle: Bundle,
    now: datetime,
) -> ReportFacts:
    view = views.status(
        sources.ledger,
        question.brand,
        question.address,
        question.channel,
        question.recipient_type,
        at=question.at,
    )
    script = verifier()
    digests = {
        name: sha256(content).hexdigest() for name, content in files_but_report(bundle).items()
    }
    return report_facts(
        question,
        sources,
        found,
        view,
        entries=(
            () if subject is None else tuple(entries_of(sources.ledger, subject, found.stream))
        ),
        queries=queries,
        attachments={f"ekler/{one.name}": one.content for one in bundle.attachments},
        package_digest=package_digest(digests),
        verifier_sha256=sha256(script).hexdigest(),
        issued_at=now,
    )
