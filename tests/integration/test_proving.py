"""What goes into a bundle, on a real database: what is opened, and what was recorded before."""

import zipfile
from collections.abc import Sequence
from hashlib import sha256
from io import BytesIO

import msgspec
import pytest

from ledger.addresses import parse_address
from ledger.aggregates.bodies import TextReference
from ledger.aggregates.commands import RecordAct
from ledger.aggregates.events import Event
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.clock import now
from ledger.deciding.decision import Decision, Terms
from ledger.evidence.bundle_parts import BundleRefused
from ledger.evidence.checkpoint import Checkpoint, sign
from ledger.proving import making
from ledger.proving.gathering import find
from ledger.proving.making import make_bundle
from ledger.proving.question import OPENED, Question
from ledger.recording.evidence_ports import EvidenceGiven, EvidenceKind
from ledger.recording.ports import Brand
from ledger.recording.request import Request
from ledger.recording.text_ports import TextKind
from ledger.reporting.case import Case
from ledger.vocabulary import Channel
from tests.integration.acts import BRAND_CODE, CLERK, IYS_CODE, a_request, about, seen

BRAND = Brand(IYS_CODE, BRAND_CODE, "Örnek", closed=False)
RECIPIENT = "+905010000001"
FORM = b'{"form":"uyelik"}'
DIGEST = sha256(FORM).hexdigest()
TRANSACTION = "made-up-transaction"
TEXT = "Kampanya iletilerini almak istiyorum."


def question(opened: frozenset[str] = OPENED, campaign: str | None = None) -> Question:
    return Question(
        brand=BRAND,
        address=parse_address(RECIPIENT, Channel.MESSAGE),
        channel=Channel.MESSAGE,
        case=Case(campaign=campaign),
        opened=opened,
        with_evidence=True,
    )


def proven(ledger: ConsentLedger, home: Home) -> None:
    """An act with a form, and İYS's word on it."""
    home.evidence(IYS_CODE).keep(
        FORM, EvidenceGiven(EvidenceKind.FORM, None, "application/json", CLERK)
    )
    act, word = a_request(1), about(a_request(1), seen(of=1))
    given = {"evidence": {"sha256": DIGEST}}
    told = {"iys": {"transaction_id": TRANSACTION}}
    ledger.record([msgspec.structs.replace(act, groups=given)])
    ledger.record([msgspec.structs.replace(word, groups=told)])


def bundled(home: Home, asked: Question) -> dict[str, bytes]:
    out = BytesIO()
    make_bundle(asked, home.logs.sources(IYS_CODE), out, now=now())
    with zipfile.ZipFile(out) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_what_is_not_opened_stands_nowhere_in_the_bundle(home: Home, ledger: ConsentLedger) -> None:
    proven(ledger, home)
    whole = bundled(home, question())
    page = whole["RAPOR.html"].decode()
    assert DIGEST in page and TRANSACTION in page
    assert whole[f"ekler/delil-{DIGEST[:16]}.json"] == FORM

    closed = bundled(home, question(frozenset({"recipient"})))

    page = closed["RAPOR.html"].decode()
    assert "Açıklanmayan veri: onayın delilleri" in page
    together = b"".join(content for name, content in closed.items() if name != "RAPOR.pdf")
    assert not [one for one in (DIGEST, DIGEST[:16], TRANSACTION) if one.encode() in together]
    assert not [name for name in closed if DIGEST[:16] in name]


def test_an_address_that_is_not_opened_stands_in_no_line_of_a_decision(
    home: Home, ledger: ConsentLedger
) -> None:
    ledger.record([a_request(1)])
    decide(ledger)
    assert "decisions/0001.line.json" in bundled(home, question(campaign="yaz-2026"))

    closed = bundled(home, question(frozenset(), campaign="yaz-2026"))

    assert RECIPIENT.encode() not in b"".join(closed.values())
    assert "yaz-2026" in closed["RAPOR.html"].decode()  # told, not proven


def test_attachments_beyond_what_a_bundle_holds_are_refused(
    home: Home, ledger: ConsentLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    proven(ledger, home)
    monkeypatch.setattr(making, "ATTACHED_BYTES_MAX", len(FORM) - 1)

    with pytest.raises(BundleRefused):
        bundled(home, question())


def test_what_was_recorded_under_the_logs_former_name_is_found(
    home: Home, ledger: ConsentLedger
) -> None:
    kept = home.add_text(
        IYS_CODE, ("kampanya", "1"), TextKind.CONSENT, "tr", TEXT.encode(), actor="system:test"
    )
    ledger.record([naming(a_request(1), TextReference("kampanya", "1", kept.sha256))])
    decide(ledger)
    before = types(find(question(campaign="yaz-2026"), home.logs.sources(IYS_CODE)).events)

    put_back(home)
    after = types(find(question(campaign="yaz-2026"), home.logs.sources(IYS_CODE)).events)

    assert before == ["ledger.opened", "text.registered", "consent.granted", "decision.made"]
    assert after == [*before, "ledger.opened"]
    page = bundled(home, question(campaign="yaz-2026"))["RAPOR.html"].decode()
    assert "yaz-2026" in page and TEXT in page


def naming(request: Request, text: TextReference) -> Request:
    command = request.command
    assert isinstance(command, RecordAct)
    return msgspec.structs.replace(request, command=msgspec.structs.replace(command, text=text))


def decide(ledger: ConsentLedger) -> None:
    """A campaign asks for two addresses."""
    with Decision(ledger, Terms(BRAND, CLERK, campaign="yaz-2026")) as decision:
        texts = [RECIPIENT, "+905010000999"]
        list(decision.judged([texts], Channel.MESSAGE, question().recipient_type))
        decision.record()


def types(events: Sequence[Event]) -> list[str]:
    return [event.body.TYPE for event in events]


def put_back(home: Home) -> None:
    """As after a backup: more was signed than there is. Then somebody decides."""
    made = home.logs.keeper(IYS_CODE).show()
    assert made is not None
    place, key = home.logs.second_place(IYS_CODE), home.logs.key(IYS_CODE)
    ahead = Checkpoint(made.tree.origin, made.tree.size + 9, made.tree.root)
    with place.turn():
        place.write(sign(ahead, key.private))
    home.logs.recover(IYS_CODE, actor="system:test")
