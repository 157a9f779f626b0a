"""From what was found to what the report tells: plain values in the report's own shapes."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from hashlib import sha256

from ledger.aggregates import bodies as b
from ledger.aggregates.provider_bodies import LedgerHeads, TextRegistered
from ledger.calendar import business_days_between
from ledger.clock import from_iys_text, from_utc_text
from ledger.errors import NotFound
from ledger.evidence.local_tsa import TEST_ORGANIZATION
from ledger.evidence.log_ports import KeptStamp
from ledger.evidence.tokens import read_token
from ledger.proving.filed import day_file
from ledger.proving.question import OPENED, Found, Question, Sources
from ledger.reporting import acts as a
from ledger.reporting import facts as f
from ledger.reporting.words import GROUPS
from ledger.views import StatusView
from ledger.views.dates import HistoryEntry

CORRECTIONS = (b.ConsentCorrected, b.ConsentRetracted, b.ConsentReleased)


def report_facts(
    question: Question,
    sources: Sources,
    found: Found,
    view: StatusView,
    *,
    entries: Sequence[HistoryEntry],
    queries: Sequence[f.Query],
    attachments: Mapping[str, bytes],
    package_digest: str,
    verifier_sha256: str,
    issued_at: datetime,
) -> f.ReportFacts:
    """All that the report tells. `entries`: the stream's events with their dates."""
    stamps = _stamps(sources, found)
    movements = tuple(_movement(entry, found, stamps) for entry in entries)
    disclosed, withheld = _openness(found)
    return f.ReportFacts(
        provider=sources.provider,
        brand_code=question.brand.brand_code,
        brand_name=question.brand.name,
        issued_by=question.issued_by or sources.provider.title,
        issued_at=issued_at,
        channel=question.channel,
        recipient_type=question.recipient_type,
        recipient=question.address.text if "recipient" in question.opened else None,
        standing=_standing(view),
        person_line=_person_line(view),
        iys_line=_iys_line(view, found),
        movements=movements,
        acts=tuple(_acts(sources, found, movements)),
        log=f.Log(
            origin=sources.log_key.name,
            key_fingerprint=sha256(sources.log_key.public_key).hexdigest(),
        ),
        package_digest=package_digest,
        verifier_sha256=verifier_sha256,
        asked_at=question.at,
        case=question.case,
        ends_as_of=_heads_day(found),
        queries=tuple(queries),
        corrections=tuple(_corrections(found)),
        unknowns=tuple(_unopened(group) for group in withheld if group in OPENED),
        seals=tuple(_seal(stamp) for kept in stamps.values() for stamp in kept),
        disclosed=disclosed,
        withheld=withheld,
        attachments=tuple(_attached(name, attachments[name]) for name in sorted(attachments)),
    )


def _attached(name: str, data: bytes) -> f.Attachment:
    return f.Attachment(name=name, size_bytes=len(data), sha256=sha256(data).hexdigest())


def _openness(found: Found) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The groups that are opened, and those that are not."""
    opened = {group for groups in found.groups.values() for group in groups}
    committed = {group for event in found.stream for group in event.commit}
    return tuple(sorted(opened)), tuple(sorted(committed - opened))


def _unopened(group: str) -> str:
    """What it would tell is missing elsewhere as if it were not there."""
    return (
        f"Açıklanmayan veri: {GROUPS[group][0]}. Defterde vardır; bu raporun bununla ilgili “kayıt"
        " yok” demesi yalnız açıklanmadığı içindir."
    )


def _standing(view: StatusView) -> f.Standing:
    verdict = view.verdict
    return f.Standing(
        verdict=verdict.kind,
        reason=verdict.reason,
        permitted=verdict.permitted,
        warnings=verdict.warnings,
    )


def _person_line(view: StatusView) -> f.PersonLine:
    act = view.line.act
    return f.PersonLine(status=view.line.status, position=None if act is None else act.position)


def _stamps(sources: Sources, found: Found) -> dict[int, Sequence[KeptStamp]]:
    """The stamps of each seal, by its size."""
    sizes = sorted({seal.size for seal in found.seals.values()})
    return {size: sources.store.stamps(size) for size in sizes}


def _movement(
    entry: HistoryEntry, found: Found, stamps: Mapping[int, Sequence[KeptStamp]]
) -> a.Movement:
    event, body = entry.event, entry.event.body
    kept = stamps[found.seals[event.position].size]
    return a.Movement(
        position=event.position,
        event_type=body.TYPE,
        acted_at=_maybe(entry.acted_at),
        received_at=_maybe(entry.received_at),
        recorded_at=event.recorded_at,
        stamped_at=kept[0].generated_at,
        source=getattr(body, "source", None),
        state=getattr(body, "state", None),
        code=getattr(body, "code", None),
    )


def _acts(sources: Sources, found: Found, movements: Sequence[a.Movement]) -> Iterator[a.Act]:
    languages = {
        event.body.sha256: event.body.language
        for event in found.around
        if isinstance(event.body, TextRegistered)
    }
    for event, movement in zip(found.stream, movements, strict=True):
        body = event.body
        if not isinstance(body, b.ActBody):
            continue
        groups = found.groups.get(event.position, {})
        given = groups.get("recipient")
        yield a.Act(
            movement=movement,
            basis=body.basis,
            via=body.via,
            actor=body.actor,
            consent_date=body.consent_date,
            date_precision=body.date_precision,
            as_entered=str(given["as_entered"]) if isinstance(given, dict) else None,
            approved_by=body.approved_by,
            captured_at=_maybe(body.captured_at),
            retailer=body.retailer,
            merchant_basis=body.basis_kind if isinstance(body, b.MerchantListed) else None,
            evidence=tuple(_pieces(sources, body, groups)),
            text=_text(sources, body.text, languages),
            notice=_text(sources, body.notice, languages),
        )


def _pieces(
    sources: Sources, body: b.ActBody, groups: Mapping[str, object]
) -> Iterator[a.EvidenceFile]:
    given = groups.get("evidence")
    digest = given.get("sha256") if isinstance(given, dict) else None
    if not isinstance(digest, str):
        return
    try:
        kept, _ = sources.evidence.open(bytes.fromhex(digest))
    except NotFound:
        return
    yield a.EvidenceFile(
        kind=kept.kind,
        name=evidence_name(digest, kept.media_type),
        size_bytes=kept.size_bytes,
        sha256=digest,
        captured_at=kept.captured_at,
    )


def evidence_name(digest: str, media_type: str) -> str:
    """Under which name a piece stands in a bundle, if it does."""
    ending = "".join(filter(str.isalnum, media_type.rpartition("/")[2]))[:12]
    return f"ekler/delil-{digest[:16]}.{ending or 'bin'}"


def text_name(digest: str) -> str:
    """Under which name a registered text stands in a bundle."""
    return f"ekler/metin-{digest[:16]}.txt"


def _text(
    sources: Sources, named: b.TextReference | None, languages: Mapping[str, str]
) -> a.ShownText | None:
    if named is None:
        return None
    try:
        content = sources.texts.content(named.sha256).decode("utf-8", "replace")
    except NotFound:
        content = None
    return a.ShownText(
        id=named.id,
        version=named.version,
        language=languages.get(named.sha256, "tr"),
        sha256=named.sha256,
        content=content,
    )


def _iys_line(view: StatusView, found: Found) -> f.IysLine:
    line, act = view.consent.iys, view.line.act
    days = None
    if line.creation_date is not None and act is not None and act.consent_date is not None:
        days = business_days_between(
            from_iys_text(act.consent_date), from_iys_text(line.creation_date)
        )
    return f.IysLine(
        state=line.state,
        code=line.code,
        consent_date=line.consent_date,
        source=line.source,
        creation_date=line.creation_date,
        transaction_id=_transaction(found),
        seen_at=_maybe(line.seen_at),
        how=line.how,
        business_days=days,
        day_file=day_file(found.rows, line.creation_date),
    )


def _transaction(found: Found) -> str | None:
    """İYS's id of the newest exchange that is opened."""
    for event in reversed(found.stream):
        given = found.groups.get(event.position, {}).get("iys")
        if isinstance(given, dict) and isinstance(given.get("transaction_id"), str):
            return str(given["transaction_id"])
    return None


def _corrections(found: Found) -> Iterator[f.Correction]:
    position_of = {event.seq: event.position for event in found.stream}
    for event in found.stream:
        body = event.body
        if not isinstance(body, CORRECTIONS):
            continue
        changed: tuple[str | None, str | None, str | None] = (None, None, None)
        if isinstance(body, b.ConsentCorrected):
            changed = (body.corrected_field, _shown(body.was), _shown(body.is_now))
        yield f.Correction(
            position=event.position,
            event_type=body.TYPE,
            of_position=position_of.get(body.of, 0),
            at=from_utc_text(body.at),
            actor=body.actor,
            approved_by=getattr(body, "approved_by", None),
            reason=getattr(body, "reason", None) or getattr(body, "ground", None),
            changed=changed[0],
            was=changed[1],
            is_now=changed[2],
        )


def _shown(value: str | int | None) -> str | None:
    return None if value is None else str(value)


def _seal(stamp: KeptStamp) -> f.Seal:
    token = read_token(stamp.token)
    certificate = token.certificate
    names = certificate.subject.rfc4514_string()
    return f.Seal(
        tsa_name=names,
        certificate_serial=certificate.serial_number,
        valid_from=certificate.not_valid_before_utc,
        valid_until=certificate.not_valid_after_utc,
        generated_at=token.generated_at,
        policy=token.policy,
        is_test=TEST_ORGANIZATION in names,
    )


def _heads_day(found: Found) -> date | None:
    """The day of the map that shows the stream's end, if it shows all of it."""
    body = None if found.heads is None else found.heads.body
    if not isinstance(body, LedgerHeads) or any(e.position > body.size for e in found.stream):
        return None
    return date.fromisoformat(body.day)


def _maybe(text: str | None) -> datetime | None:
    return None if text is None else from_utc_text(text)
