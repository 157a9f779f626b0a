"""A fixed example of every event type, every member given, framed with fixed ids.

Frozen like the files made from it: a new member gets a new example, no example is edited (style.md
C2). Nothing here is anybody's: the hashes are hashes of nothing.
"""

from pathlib import Path
from typing import Any, Final

from ledger.aggregates import bodies as b
from ledger.aggregates import events
from ledger.aggregates import provider_bodies as p
from ledger.aggregates.bodies import Body
from ledger.aggregates.events import Event
from ledger.evidence.canonical import ZERO_HASH
from ledger.vocabulary import (
    Basis,
    Channel,
    ConsentSource,
    DatePrecision,
    IysState,
    RecipientType,
    SeenHow,
)

FOLDER: Final = Path(__file__).parent
LOG: Final = "izin-defteri/123456/0123456789abcdef"
EVENT_ID: Final = "019a9157-bc60-7123-8456-789abcdef012"
PREVIOUS: Final = "c0ffee" * 10 + "c0ff"
RECORDED: Final = "2025-11-18T09:00:00.123456Z"
AT: Final = "2025-11-17T07:00:00Z"
LATER: Final = "2025-11-17T08:30:00Z"
CONSENT_DATE: Final = "2025-11-17 10:00:00"
TZDATA: Final = "2026.6"
ROOT: Final = "5e" * 32
SUBJECT: Final = "019a9153-2800-7abc-8123-456789abcdef"
FORMER_SUBJECT: Final = "018f0000-0000-7000-8000-000000000001"
ACTOR: Final = "user:000000000001"
APPROVER: Final = "user:000000000002"
RECIPIENT: Final = {"recipient": "11" * 32}

COMMITS: Final[dict[str, dict[str, str]]] = {
    "consent.granted": {**RECIPIENT, "evidence": "22" * 32, "note": "33" * 32},
    "consent.refused": RECIPIENT,
    "merchant.listed": RECIPIENT,
    "iys.seen": {"iys": "44" * 32},
    "iys.refused": {"iys": "55" * 32},
    "consent.evidence_added": {"evidence": "66" * 32},
    "import.completed": {"file": "77" * 32, "note": "88" * 32},
    "import.retracted": {"note": "99" * 32},
    "import.declared": {"note": "aa" * 32},
}
"""The groups that the type's example binds; none where the type is not named."""

# Members to be spread into bodies.
_KEY: Final[dict[str, Any]] = {
    "brand": 123456,
    "recipient_type": RecipientType.INDIVIDUAL,
    "channel": Channel.MESSAGE,
    "subject": SUBJECT,
}
_ACT: Final[dict[str, Any]] = {
    **_KEY,
    "at": AT,
    "consent_date": CONSENT_DATE,
    "date_precision": DatePrecision.SECOND,
    "source": ConsentSource.HS_WEB,
    "via": "api",
    "actor": ACTOR,
    "basis": Basis.OWN_CAPTURE,
    "tzdata": TZDATA,
}
_UNDATED: Final[dict[str, Any]] = {**_ACT, "consent_date": None, "source": None}
_ALL_OF_AN_ACT: Final[dict[str, Any]] = {
    **_ACT,
    "received_at": "2025-11-17T07:00:02Z",
    "captured_at": "2025-11-17T06:59:58Z",
    "import_id": "0123456789abcdef",
    "row": 2,
    "text": b.TextReference(id="web-onay", version="3", sha256="7e" * 32),
    "notice": b.TextReference(id="aydinlatma", version="2", sha256="a1" * 32),
    "evidence_kinds": ("form", "confirmation"),
    "approved_by": APPROVER,
    "retailer": 10000001,
    "retailer_access": (10000001, 10000002),
    "sub_channel": "whatsapp",
    "defect": ("H158", "H116"),
    "reason": "ığüşöç İĞÜŞÖÇ",
    "not_pushed": "L-LATE",
}
_DONE: Final[dict[str, Any]] = {"at": LATER, "actor": ACTOR}
_MENDED: Final[dict[str, Any]] = {**_KEY, **_DONE, "of": 3, "approved_by": APPROVER}
_QUEUED: Final = b.Queued(11, AT, CONSENT_DATE, ConsentSource.HS_WEB)

CONSENT_EXAMPLES: Final[tuple[Body, ...]] = (
    b.ConsentGranted(**_ALL_OF_AN_ACT),
    b.ConsentRefused(**{**_ALL_OF_AN_ACT, "source": ConsentSource.HS_KARAR}),
    b.MerchantListed(
        **{**_ALL_OF_AN_ACT, "recipient_type": RecipientType.MERCHANT}, basis_kind="VKN"
    ),
    b.IysSeen(
        **_KEY,
        state=IysState.GRANTED,
        at=AT,
        seen_at=LATER,
        how=SeenHow.PULL,
        consent_date=CONSENT_DATE,
        source=ConsentSource.IYS_WEB_YENI,
        creation_date="2025-11-17 10:00:01",
        tzdata=TZDATA,
        actor="system:iys",
        code="H174",
        of=3,
        retailer=10000001,
        carried_from="018f0000-0000-8000-8000-000000000002",
    ),
    b.IysRefused(**_KEY, of=3, code="H467", at=LATER, how=SeenHow.RESULT, actor="system:iys"),
    b.ConsentEvidenceAdded(
        **_MENDED, evidence_kinds=("scan", "recording"), captured_at=AT, queued=_QUEUED
    ),
    b.ConsentCorrected(
        **_MENDED,
        corrected_field="consent_date",
        was="2025-11-17 01:00:00",
        is_now=CONSENT_DATE,
        reason="saat yanlış okundu",
        effective_at=AT,
    ),
    b.ConsentRetracted(**_MENDED, reason="yanlış numara"),
    b.ConsentReleased(**_MENDED, over=(1, 2), ground="evidence", queued=_QUEUED),
)
RECIPIENT_EXAMPLES: Final[tuple[Body, ...]] = (
    b.RecipientReassigned(
        **_DONE,
        subject=SUBJECT,
        generation=2,
        previous=FORMER_SUBJECT,
        reason="LINE_CLOSED",
        approved_by=APPROVER,
    ),
    b.RecipientRestricted(
        **_DONE, subject=SUBJECT, grounds=("RETENTION", "CASE"), until="2035-11-17T07:00:00Z"
    ),
    b.RecipientErased(**_DONE, subject=SUBJECT, suppression_kept=True),
    b.SuppressionAdded(
        **_DONE,
        subject=SUBJECT,
        reason="BOARD_MEMBER",
        brand=123456,
        channel=Channel.CALL,
        until="2026-11-17T08:30:00Z",
    ),
    b.SuppressionLifted(**_DONE, subject=SUBJECT, of=2, reason="EXPIRED"),
)
PROVIDER_EXAMPLES: Final[tuple[Body, ...]] = (
    p.LedgerOpened(
        **_DONE,
        origin=LOG,
        iys_code=123456,
        public_key="1a" * 32,
        formats={"event": 1, "canonicalisation": 1},
        software="izin-defteri 0.1.0",
        previous_checkpoint="2b" * 32,
    ),
    p.LedgerKeyRotated(**_DONE, public_key="3c" * 32, former_key="1a" * 32, signature="4d" * 64),
    p.LedgerHeads(day="2025-11-17", size=1200, streams=340, root=ROOT, at=LATER),
    p.ImportCompleted(
        **_DONE,
        import_id="0123456789abcdef",
        brand=123456,
        template="uyumsoft",
        rows=3,
        verdicts={"warned": 1, "recorded": 2},
        started_at=AT,
        declared=True,
        exported_at="2025-11-16T21:00:00Z",
    ),
    p.ImportRetracted(
        **_DONE,
        import_id="0123456789abcdef",
        brand=123456,
        acts=3,
        reason="WRONG_FILE",
        approved_by=APPROVER,
    ),
    p.ImportDeclared(
        **_DONE,
        import_id="0123456789abcdef",
        brand=123456,
        acts=3,
        exported_at="2025-11-16T21:00:00Z",
        declared_by=APPROVER,
    ),
    p.IysSnapshot(
        **_DONE,
        brand=123456,
        channel=Channel.CALL,
        recipient_type="TACIR",
        asked=1000,
        granted=612,
        root=ROOT,
        seen_at=AT,
    ),
    p.IysDayReconciled(
        **_DONE,
        brand=123456,
        day="2025-11-16",
        file_sha384="6f" * 48,
        rows=42,
        rows_root=ROOT,
        result="DIFFERENT",
        differences={"only_iys": 1, "only_ours": 0},
        agreed=True,
    ),
    p.IysUnreachable(**_DONE, since=AT, until=LATER, failure="TIMEOUT", attempts=12),
    p.DecisionMade(
        **_DONE,
        decision="019a9157bc60",
        brand=123456,
        channel=Channel.EMAIL,
        purpose="EXEMPT",
        ground="CONTRACT",
        counts={"EXEMPT": 10, "INVALID_ADDRESS": 2},
        position=1200,
        iys_seen_at=AT,
        root=ROOT,
        campaign="kasim",
    ),
    p.DisclosureMade(
        **_DONE,
        disclosure="019a9157bc61",
        kind="BUNDLE",
        ground="COURT",
        subject=SUBJECT,
        case="2025-17",
    ),
    p.CaseOpened(**_DONE, case="2025-17", kind="COMPLAINT", subjects=(SUBJECT, FORMER_SUBJECT)),
    p.CaseClosed(**_DONE, case="2025-17", outcome="DISMISSED"),
    p.TextRegistered(
        **_DONE, id="web-onay", version="3", kind="CONSENT", language="tr", sha256="7e" * 32
    ),
    p.BrandOpened(**_DONE, brand=123456, name="Örnek Mağazacılık"),
    p.BrandClosed(**_DONE, brand=123456, reason="SUBSCRIPTION_CLOSED"),
    p.RetailerContract(
        **_DONE,
        brand=123456,
        retailer=10000001,
        contract="B-7",
        scope="beyaz eşya",
        valid_from="2025-01-01T00:00:00Z",
        valid_until="2026-01-01T00:00:00Z",
    ),
    p.RetailerAccessSet(**_DONE, brand=123456, retailers=(10000001, 10000002)),
    p.IysGap(**_DONE, brand=123456, source="IYS", since=AT, until=LATER),
)
MINIMAL_ACTS: Final[tuple[Body, ...]] = (
    b.ConsentGranted(**_ACT),
    b.ConsentRefused(**_UNDATED),
    b.MerchantListed(**{**_UNDATED, "at": None, "recipient_type": RecipientType.MERCHANT}),
)


def golden_events() -> dict[str, Event]:
    """Every example as an event, by the name of its file."""
    full = (*CONSENT_EXAMPLES, *RECIPIENT_EXAMPLES, *PROVIDER_EXAMPLES)
    named = {
        f"{body.TYPE}.json": _framed(body, COMMITS.get(body.TYPE, {}), seq=7, prev=PREVIOUS)
        for body in full
    }
    return named | {
        f"{body.TYPE}.minimal.json": _framed(body, RECIPIENT, seq=1, prev=ZERO_HASH)
        for body in MINIMAL_ACTS
    }


def _framed(body: Body, commit: dict[str, str], *, seq: int, prev: str) -> Event:
    return events.frame(
        body,
        commit=commit,
        event_id=EVENT_ID,
        log=LOG,
        prev=prev,
        recorded=RECORDED,
        seq=seq,
        stream=events.stream_of(body, log=LOG),
        position=seq,
    )
