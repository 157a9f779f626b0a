"""Evidence over HTTP and in its table: sealed, known by its bytes, first words stand."""

import hashlib
import os
from collections.abc import Iterator
from datetime import timedelta

import pytest

from ledger import clock
from ledger.api import evidence as endpoint
from ledger.api.limits import Limits
from ledger.bootstrap import Home
from ledger.errors import LedgerBroken, NotFound
from ledger.recording.evidence_ports import EvidenceGiven, EvidenceKind, EvidenceNote
from ledger.store.providers import ProviderDetails
from ledger.vocabulary import IysCode, Role
from tests.integration.acts import BRAND_CODE, IYS_CODE
from tests.integration.uploading import EVIDENCE, Calls, answering
from tests.integration.waiting import at_once, eventually

FORM = '{"ad": "Gizli Kişi", "telefon": "+905017654321"}'.encode()
OURS = f"iysCode={IYS_CODE}&kind=FORM"
TAKEN = "2026-11-20 10:00:00"
OTHER = IysCode(777777)
CONSENTS = f"/v1/brands/{BRAND_CODE}/consents"


@pytest.fixture
def calls(home: Home) -> Iterator[Calls]:
    with answering(home, Limits(evidence_bytes_max=40_000_000)) as open_calls:
        yield open_calls


def dump(home: Home) -> bytes:
    """All of the table as it lies."""
    columns = "evidence, kind, media_type, sealed, wrapped_key, uploaded_by"
    with home.database.connection(IYS_CODE) as connection:
        rows = connection.execute(f"SELECT {columns} FROM evidence").fetchall()
    return b"\n".join(
        cell if isinstance(cell, bytes) else str(cell).encode() for row in rows for cell in row
    )


def test_a_piece_is_known_by_the_digest_of_its_bytes(home: Home, calls: Calls) -> None:
    digest = hashlib.sha256(FORM)

    first = calls.evidence(FORM, f"{OURS}&capturedAt={TAKEN}", **{"Content-Type": "text/plain"})
    again = calls.evidence(FORM, f"{OURS}&capturedAt=2026-11-21 10:00:00")

    members = {
        "evidenceId": digest.hexdigest(),
        "kind": "FORM",
        "bytes": len(FORM),
        "capturedAt": "2026-11-20T07:00:00Z",
    }
    assert (first.status_code, first.json()) == (201, members)
    assert (again.status_code, again.json()) == (200, members)
    store = home.evidence(IYS_CODE)
    kept, content = store.open(digest.digest())
    assert (content, kept.media_type) == (FORM, "text/plain")
    note = EvidenceNote("form", "2026-11-20T07:00:00Z", clock.utc_text(kept.uploaded_at))
    assert store.kinds([digest.digest(), bytes(32)]) == {digest.digest(): note}
    assert store.kinds([]) == {}


def test_the_same_bytes_as_another_kind_are_a_contradiction(calls: Calls) -> None:
    calls.evidence(FORM, OURS)

    answer = calls.evidence(FORM, f"iysCode={IYS_CODE}&kind=SCAN")

    assert (answer.status_code, answer.json()["code"]) == (409, "L-EVIDENCE-DIFFERS")


def test_many_who_bring_the_same_piece_at_once_bring_one(home: Home) -> None:
    given = EvidenceGiven(EvidenceKind.LOG, None, "text/plain", "key:test")
    store = home.evidence(IYS_CODE)

    kept = at_once(*[lambda: store.keep(FORM, given)] * 6)

    assert [one.is_new for one in kept].count(True) == 1
    assert len({one.id for one in kept}) == 1


def test_nothing_of_a_piece_lies_open_neither_its_digest(home: Home, calls: Calls) -> None:
    media = {"Content-Type": "text/plain; name=gizli-05017654321"}
    calls.evidence(FORM, OURS, **media)
    calls.evidence(FORM + b" ", OURS, **{"Content-Type": "image/05017654321"})

    lying = dump(home)

    assert b"7654321" not in lying and b"Gizli" not in lying and b"gizli" not in lying
    assert hashlib.sha256(FORM).digest() not in lying


def test_what_is_destroyed_cannot_be_opened_again(home: Home) -> None:
    given = EvidenceGiven(EvidenceKind.LOG, None, "text/plain", "key:test")
    store = home.evidence(IYS_CODE)
    kept = store.keep(FORM, given)

    assert store.destroy(kept.id) is True
    assert store.destroy(kept.id) is False
    assert store.kinds([kept.id]) == {}
    with pytest.raises(NotFound):
        store.open(kept.id)
    assert store.keep(FORM, given).is_new


def test_sealed_bytes_that_were_exchanged_do_not_open(home: Home) -> None:
    given = EvidenceGiven(EvidenceKind.LOG, None, "text/plain", "key:test")
    store = home.evidence(IYS_CODE)
    one, other = store.keep(b"one", given), store.keep(b"other", given)
    with home.database.connection(IYS_CODE) as connection:
        connection.execute("RESET ROLE")
        connection.execute(
            "UPDATE evidence AS e SET sealed = o.sealed, wrapped_key = o.wrapped_key"
            " FROM evidence AS o WHERE o.evidence <> e.evidence"
        )

    for kept in (one, other):
        with pytest.raises(LedgerBroken):
            store.open(kept.id)


@pytest.mark.parametrize(
    ("query", "status", "code", "pointer"),
    [
        ("kind=FORM", 422, "L-IYS-CODE", "?iysCode"),
        ("kind=FORM&iysCode=x", 422, "L-FIELD", "?iysCode"),
        ("kind=FORM&iysCode=99", 404, "L-NOT-FOUND", None),
        (f"kind=FORM&iysCode={2**60}", 422, "L-FIELD", "?iysCode"),
        (f"iysCode={IYS_CODE}", 422, "L-FIELD", "?kind"),
        (f"iysCode={IYS_CODE}&kind=form", 422, "L-FIELD", "?kind"),
        (f"{OURS}&kind=FORM", 422, "L-QUERY", None),
        (f"{OURS}&kindd=FORM", 422, "L-QUERY", None),
        (f"{OURS}&capturedAt=2026-11-20T10:00:00", 422, "L-TIME", "?capturedAt"),
        (f"{OURS}&capturedAt=2099-11-20 10:00:00", 422, "L-TIME", "?capturedAt"),
        (f"{OURS}&capturedAt=dün", 422, "L-TIME", "?capturedAt"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    home: Home, calls: Calls, query: str, status: int, code: str, pointer: str | None
) -> None:
    answer = calls.evidence(FORM, query)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json().get("pointer") == pointer
    assert dump(home) == b""


@pytest.mark.parametrize("offset", ["%2B03:00", "+03:00", "Z"])
def test_a_time_with_its_offset_is_taken_escaped_or_not(calls: Calls, offset: str) -> None:
    hour = 7 if offset == "Z" else 10

    answer = calls.evidence(FORM, f"{OURS}&capturedAt=2026-11-20T{hour:02d}:00:00{offset}")

    assert answer.json()["capturedAt"] == "2026-11-20T07:00:00Z"


def test_an_empty_body_is_refused(calls: Calls) -> None:
    answer = calls.evidence(b"", OURS)

    assert (answer.status_code, answer.json()["code"]) == (422, "L-BODY-EMPTY")


def test_a_large_piece_comes_back_whole(home: Home, calls: Calls) -> None:
    content = os.urandom(32 << 20)

    answer = calls.client.post(f"{EVIDENCE}?{OURS}", content=iter([content[:1], content[1:]]))

    assert answer.status_code == 201
    _, opened = home.evidence(IYS_CODE).open(bytes.fromhex(answer.json()["evidenceId"]))
    assert opened == content


def test_bodies_held_are_bounded_and_what_ended_counts_no_more(
    calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint, "HELD_BYTES_MAX", 300_000)

    too_much = [calls.evidence(b"a" * 400_000, OURS) for _ in range(3)]
    after_it = [calls.evidence(b"b" * 200_000 + bytes([n]), OURS) for n in range(3)]

    assert {(one.status_code, one.json()["code"]) for one in too_much} == {(503, "L-BUSY")}
    assert {one.status_code for one in after_it} == {201}


def test_a_key_of_one_provider_brings_to_its_own_and_no_other(home: Home, calls: Calls) -> None:
    home.add_provider(OTHER, ProviderDetails("Diğer"), actor="system:test")
    token = home.keys.add(
        "k", Role.OPERATOR, OTHER, brands=None, created_by="test", expires_at=None
    )[1]
    viewer = home.keys.add(
        "v", Role.AUDITOR, OTHER, brands=None, created_by="test", expires_at=None
    )[1]
    home.keys.refresh()
    own = {"Authorization": f"Bearer {token}"}

    said = [
        calls.evidence(FORM, "kind=FORM", **own),
        calls.evidence(FORM, f"kind=FORM&iysCode={OTHER}", **own),
        calls.evidence(FORM, OURS, **own),
        calls.evidence(FORM, "kind=FORM", Authorization=f"Bearer {viewer}"),
    ]

    assert [answer.status_code for answer in said] == [201, 200, 403, 403]
    assert [answer.json().get("code") for answer in said[2:]] == ["L-IYS-CODE-SCOPE", "L-ROLE"]
    digest = hashlib.sha256(FORM).digest()
    assert home.evidence(OTHER).kinds([digest]) and not home.evidence(IYS_CODE).kinds([digest])


def test_a_piece_kept_before_a_refusal_lifts_it_by_no_new_date(calls: Calls) -> None:
    """R53: the form of the first consent, named again by a second one."""
    first = clock.now() - timedelta(minutes=30)
    evidence_id = calls.evidence(FORM, OURS).json()["evidenceId"]

    def told(status: str, minutes: int, **more: str) -> str:
        item = {
            "recipient": "+905010000041",
            "type": "MESAJ",
            "status": status,
            "source": "HS_FIZIKSEL_ORTAM",
            "consentDate": clock.iys_text(first + timedelta(minutes=minutes)),
            **more,
        }
        (said,) = calls.client.post(CONSENTS, json=item).json()["items"]
        return str(said["outcome"])

    outcomes = [
        told("ONAY", 0, evidenceId=evidence_id),
        told("RET", 34),  # a clock at the giver's may run ahead
        told("ONAY", 35, evidenceId=evidence_id),
    ]

    assert outcomes == ["recorded", "recorded", "held"]
    asked = {"recipient": "+905010000041", "type": "MESAJ"}
    status = calls.client.post(f"/v1/brands/{BRAND_CODE}/status", json=asked).json()
    assert (status["status"], status["verdict"], status["held"]) == ("RET", "REFUSED", 1)


def test_a_piece_brought_after_a_refusal_lifts_it(calls: Calls) -> None:
    first = clock.now() - timedelta(minutes=30)
    evidence_id = calls.evidence(FORM, OURS).json()["evidenceId"]
    outcomes = []
    for status, minutes in (("ONAY", 0), ("RET", 1), ("ONAY", 2)):
        item = {
            "recipient": "+905010000042",
            "type": "MESAJ",
            "status": status,
            "source": "HS_FIZIKSEL_ORTAM",
            "consentDate": clock.iys_text(first + timedelta(minutes=minutes)),
            "evidenceId": evidence_id,
        }
        outcomes.append(calls.client.post(CONSENTS, json=item).json()["items"][0]["outcome"])

    assert outcomes == ["recorded"] * 3


def test_bringing_a_piece_is_noted(home: Home, calls: Calls) -> None:
    calls.evidence(FORM, OURS)

    log = home.access_log(IYS_CODE)
    eventually(lambda: bool(log.newest(1)), "it is noted")
    (note,) = log.newest(5)
    assert (note.actor, note.action, note.subject) == ("key:env", "evidence", None)
    assert note.at <= clock.now()
