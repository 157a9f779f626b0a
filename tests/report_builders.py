"""Facts of a report to test with: valid by default, override one thing. All of it is made up."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any, Final

from ledger.aggregates.decisions import VerdictKind
from ledger.reporting.acts import Act, Confirmation, EvidenceFile, Movement, ShownText
from ledger.reporting.case import Case
from ledger.reporting.facts import (
    Attachment,
    Correction,
    DayFile,
    IysLine,
    Log,
    PersonLine,
    Provider,
    Query,
    ReportFacts,
    Seal,
    Standing,
)
from ledger.reporting.html import html
from ledger.vocabulary import (
    Basis,
    Channel,
    ConsentSource,
    ConsentStatus,
    DatePrecision,
    IysState,
    RecipientType,
    SeenHow,
)
from tests.builders import A_PHONE, BRAND_CODE, LOG

ACTED_AT: Final = datetime(2026, 6, 1, 7, 15, tzinfo=UTC)
MESSAGE_AT: Final = datetime(2026, 9, 10, 9, 30, tzinfo=UTC)
ISSUED_AT: Final = datetime(2026, 11, 25, 8, tzinfo=UTC)
AS_ENTERED: Final = "0501 000 01 01"
CONSENT_TEXT: Final = (
    "Örnek A.Ş.'nin ürün ve kampanyalarına ilişkin iletilerin gönderilmesini kabul ediyorum.\n"
    "İstediğim an ücretsiz reddedebileceğimi biliyorum. Ğğ Şş Iı İi Çç Öö Üü"
)

A_PROVIDER: Final = Provider(
    title="Örnek Ticaret A.Ş.",
    iys_code=123456,
    mersis="0000000000000000",
    vkn="0000000000",
    kep="ornek@hs00.kep.tr",
    address="Örnek Mah. Deneme Sok. No: 1, Çankaya/Ankara",
)


def digest(name: str) -> str:
    """64 hex digits, another for each name."""
    return sha256(name.encode()).hexdigest()


def a_movement(**changes: Any) -> Movement:
    """An ONAY on the web, stamped ten minutes later."""
    given = Movement(
        position=41,
        event_type="consent.granted",
        acted_at=ACTED_AT,
        received_at=ACTED_AT,
        recorded_at=ACTED_AT + timedelta(seconds=1),
        stamped_at=ACTED_AT + timedelta(minutes=10),
        source=ConsentSource.HS_WEB,
    )
    return replace(given, **changes)


def a_text(**changes: Any) -> ShownText:
    """A consent text in Turkish."""
    given = ShownText(
        id="web-onay",
        version="3",
        language="tr",
        sha256=digest(CONSENT_TEXT),
        content=CONSENT_TEXT,
        box_default="işaretsiz",
        screenshot="ekler/0041-ekran.png",
    )
    return replace(given, **changes)


def a_piece(**changes: Any) -> EvidenceFile:
    """The payload of the form."""
    given = EvidenceFile(
        kind="form",
        name="ekler/0041-form.json",
        size_bytes=1_234,
        sha256=digest("form"),
        captured_at=ACTED_AT,
    )
    return replace(given, **changes)


def an_act(**changes: Any) -> Act:
    """An ONAY with form, text and confirmation."""
    given = Act(
        movement=a_movement(),
        basis=Basis.OWN_CAPTURE,
        via="api",
        actor="key:7f3a",
        consent_date="2026-06-01 10:15:00",
        date_precision=DatePrecision.SECOND,
        as_entered=AS_ENTERED,
        captured_at=ACTED_AT,
        evidence=(a_piece(),),
        text=a_text(),
        number_verification="SMS ile gönderilen kod girildi",
        confirmation=Confirmation(sent_at=ACTED_AT + timedelta(minutes=2), outcome="iletildi"),
    )
    return replace(given, **changes)


def a_seal(**changes: Any) -> Seal:
    """A stamp of an authority that is no TEST."""
    given = Seal(
        tsa_name="CN=Örnek Zaman Damgası 1,O=Örnek ESHS,C=TR",
        certificate_serial=0xA1B2C3,
        valid_from=datetime(2025, 1, 1, tzinfo=UTC),
        valid_until=datetime(2030, 1, 1, tzinfo=UTC),
        generated_at=ACTED_AT + timedelta(minutes=10),
        policy="2.16.792.1.2.1.1.5.7.3.1",
        is_test=False,
    )
    return replace(given, **changes)


def an_iys_line(**changes: Any) -> IysLine:
    """ONAY, registered the day after."""
    given = IysLine(
        state=IysState.GRANTED,
        consent_date="2026-06-01 10:15:00",
        source=ConsentSource.HS_WEB,
        creation_date="2026-06-02 09:00:00",
        transaction_id="f" * 64,
        seen_at=ACTED_AT + timedelta(days=1),
        how=SeenHow.ANSWER,
        business_days=1,
        day_file=DayFile(
            day=date(2026, 6, 2),
            sha384="9" * 96,
            row_number=17,
            rows_root=digest("rows"),
            tsr="ekler/iys-2026-06-02.tsr",
        ),
    )
    return replace(given, **changes)


def a_query(**changes: Any) -> Query:
    """The line of a campaign an hour before the message."""
    given = Query(
        decision="01990000-0000-7000-8000-000000000001",
        position=900,
        decided_at=MESSAGE_AT - timedelta(hours=1),
        standing=Standing(verdict=VerdictKind.PERMITTED, reason="REGISTERED", permitted=True),
        listed=1_000_000,
        campaign="eylul-indirimi",
        iys_seen_at=MESSAGE_AT - timedelta(hours=2),
    )
    return replace(given, **changes)


def a_correction(**changes: Any) -> Correction:
    """The source of act 41 mended."""
    given = Correction(
        position=44,
        event_type="consent.corrected",
        of_position=41,
        at=ACTED_AT + timedelta(days=3),
        actor="user:12",
        approved_by="user:13",
        reason="YANLIS_KAYNAK",
        changed="source",
        was="HS_EORTAM",
        is_now="HS_WEB",
    )
    return replace(given, **changes)


def a_case() -> Case:
    """A complaint, all of it told."""
    return Case(
        authority="Ankara Ticaret İl Müdürlüğü",
        letter_number="E-1234",
        letter_date=date(2026, 11, 20),
        complaint_number="2026/77",
        complaint_date=date(2026, 9, 15),
        message_at=MESSAGE_AT,
        message_text="Büyük indirim başladı! Ayrıntı: örnek. B001",
        sender_name="ORNEK",
        operator="Örnek Telekom",
        campaign="eylul-indirimi",
    )


def facts(**changes: Any) -> ReportFacts:
    """A complaint about a message to a person whose consent is well evidenced."""
    seen = a_movement(
        position=43,
        event_type="iys.seen",
        acted_at=ACTED_AT + timedelta(days=1),
        received_at=ACTED_AT + timedelta(days=1),
        recorded_at=ACTED_AT + timedelta(days=1, seconds=1),
        stamped_at=ACTED_AT + timedelta(days=1, minutes=9),
        state=IysState.GRANTED,
    )
    given = ReportFacts(
        provider=A_PROVIDER,
        brand_code=BRAND_CODE,
        brand_name="Örnek Mağazaları",
        issued_by="Uyum Birimi",
        issued_at=ISSUED_AT,
        channel=Channel.MESSAGE,
        recipient_type=RecipientType.INDIVIDUAL,
        recipient=A_PHONE,
        standing=Standing(verdict=VerdictKind.PERMITTED, reason="REGISTERED", permitted=True),
        person_line=PersonLine(status=ConsentStatus.GRANTED, position=41),
        iys_line=an_iys_line(),
        movements=(a_movement(), seen),
        acts=(an_act(),),
        log=Log(origin=LOG, key_fingerprint=digest("key")),
        package_digest=digest("package"),
        verifier_sha256=digest("verifier"),
        asked_at=MESSAGE_AT,
        case=a_case(),
        ends_as_of=date(2026, 11, 24),
        queries=(a_query(),),
        corrections=(a_correction(),),
        seals=(a_seal(),),
        disclosed=("recipient", "evidence"),
        withheld=("note",),
        attachments=(
            Attachment(name="events/0001.leaf", size_bytes=555, sha256=digest("events/0001.leaf")),
            Attachment(name="ekler/0041-form.json", size_bytes=1_234, sha256=digest("form")),
        ),
    )
    return replace(given, **changes)


def long_facts(events: int) -> ReportFacts:
    """As many acts, one a day, each with its own evidence."""
    acts = tuple(
        an_act(
            movement=a_movement(
                position=100 + number,
                acted_at=ACTED_AT + timedelta(days=number),
                stamped_at=ACTED_AT + timedelta(days=number, minutes=5),
            ),
            evidence=(a_piece(name=f"ekler/{number:04}-form.json"),),
        )
        for number in range(events)
    )
    files = tuple(
        Attachment(
            name=f"events/{number:04}.{kind}", size_bytes=555, sha256=digest(f"{number}{kind}")
        )
        for number in range(events)
        for kind in ("leaf", "tlog-proof", "ers", "disclosure.json")
    )
    return facts(
        acts=acts,
        movements=tuple(act.movement for act in acts),
        person_line=PersonLine(status=ConsentStatus.GRANTED, position=99 + events),
        attachments=files,
    )


class Page(HTMLParser):
    """Tags with their attributes, and the text, of a page."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.pieces: list[str] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)


def shown(report: ReportFacts) -> str:
    """The text of the report's page."""
    return "\n".join(Page(html(report)).pieces)
