"""İYS's wire: what is sent, every spelling that is read, and what an answer's code calls for."""

import json
from hashlib import sha256

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.iys_sync import reading, reading_directory, seen, wire
from ledger.iys_sync.errors import (
    ACCOUNT_CODES,
    HALTING,
    HOURLY,
    RETRY_CODES,
    AnswerClass,
    IysError,
    IysRefused,
    class_of,
)
from ledger.iys_sync.members import Unreadable
from ledger.iys_twin.codes import STATUS_BY_CODE
from ledger.vocabulary import Channel, ConsentSource, ConsentStatus, RecipientType

ADDRESS = "kisi@ornek.com.tr"
TRANSACTION = "63" * 32
CREATED = "2026-03-04 10:00:01"
MOVEMENT = {
    "recipient": ADDRESS,
    "recipientType": "BIREYSEL",
    "type": "EPOSTA",
    "status": "ONAY",
    "creationDate": CREATED,
    "transactionId": TRANSACTION,
    "consentDate": "2026-03-03 10:15:00",
    "source": "HS_WEB",
}


def raw(told: object) -> bytes:
    return json.dumps(told, ensure_ascii=False).encode()


# What is sent.


def an_outgoing(**changed: object) -> wire.Outgoing:
    whole = {
        "recipient": "+905010000001",
        "channel": Channel.MESSAGE,
        "recipient_type": RecipientType.INDIVIDUAL,
        "status": ConsentStatus.GRANTED,
        "source": ConsentSource.HS_WEB,
        "consent_date": "2026-03-03 10:15:00",
        **changed,
    }
    return wire.Outgoing(**whole)  # type: ignore[arg-type]  # each value has its member's kind


def test_a_consent_has_the_members_of_the_document_and_no_others() -> None:
    sent = json.loads(wire.body_of(an_outgoing(retailer=11223344, retailer_access=(1, 2))))

    assert sent == {
        "recipient": "+905010000001",
        "type": "MESAJ",
        "source": "HS_WEB",
        "status": "ONAY",
        "consentDate": "2026-03-03 10:15:00",
        "recipientType": "BIREYSEL",
        "retailerCode": 11223344,
        "retailerAccess": [1, 2],
    }


def test_what_is_absent_is_left_out_and_never_null_or_empty() -> None:
    body = wire.body_of(an_outgoing(source=None, consent_date=None))

    assert json.loads(body).keys() == {"recipient", "type", "status", "recipientType"}
    assert b"null" not in body and b'""' not in body


def test_a_list_is_the_same_bytes_every_time_and_has_1_to_1000_items() -> None:
    consents = [an_outgoing(recipient=f"+9050100{number:05}") for number in range(1_000)]

    assert wire.body_of_list(consents) == wire.body_of_list(list(consents))
    assert len(json.loads(wire.body_of_list(consents))) == 1_000
    for wrong in ([], [*consents, an_outgoing()]):
        with pytest.raises(ValueError, match=r"1\.\.1000 consents"):
            wire.body_of_list(wrong)


def test_whatever_holds_an_address_shows_none() -> None:
    movement = reading.movement(raw(MOVEMENT))

    shown = repr((an_outgoing(recipient=ADDRESS), movement, wire.Page("c", (movement,))))
    assert ADDRESS not in shown


# What comes back.


def test_an_add_and_its_bytes_digest_are_read() -> None:
    body = raw({"transactionId": TRANSACTION, "creationDate": CREATED, "more": 1})

    assert reading.added(body) == wire.Added(TRANSACTION, CREATED, sha256(body).hexdigest())


@pytest.mark.parametrize("spelled", ["subRequestId", "subrequestId"])
def test_bulk_results_come_in_any_order_and_spelling(spelled: str) -> None:
    success = {"status": "success", "transactionId": TRANSACTION, "creationDate": CREATED}
    listed = [
        {"index": 2, "status": "enqueue", spelled: "c"},
        {"index": "0", "status": "failure", spelled: "a", "error": {"code": "H175", "message": ""}},
        {"index": 1, spelled: "b", "isAddConsentV2Service": "true", **success},
    ]

    found = reading.results(raw(listed)).items

    assert [one.index for one in found] == [0, 1, 2]
    assert found[0].outcome is wire.BulkOutcome.FAILURE and found[0].code == "H175"
    assert found[1].transaction_id == TRANSACTION and found[1].creation_date == CREATED
    assert found[2].outcome is wire.BulkOutcome.QUEUED and found[2].transaction_id is None


@pytest.mark.parametrize("empty", [b"", b"[]", b" \n"])
def test_an_empty_bulk_result_says_nothing_yet(empty: bytes) -> None:
    assert reading.results(empty).items == ()


def test_the_citizens_name_is_gone_and_the_digest_is_of_the_rest() -> None:
    named = reading.movement(raw({**MOVEMENT, "citizenName": "Deneme Kişi"}))

    assert named.digest == sha256(msgspec.json.encode(MOVEMENT)).hexdigest()
    assert "Deneme" not in str(msgspec.structs.asdict(named))


@pytest.mark.parametrize("absent", [None, "", ...])
def test_a_merchants_record_may_have_no_date_and_no_source(absent: object) -> None:
    told = {**MOVEMENT, "recipientType": "TACIR", "consentDate": absent, "source": absent}

    found = reading.movement(raw({name: one for name, one in told.items() if one is not ...}))

    assert (found.consent_date, found.source) == (None, None)


def test_a_source_that_we_do_not_know_is_kept_as_it_is() -> None:
    assert reading.movement(raw({**MOVEMENT, "source": "IYS_3338"})).source == "IYS_3338"


def test_a_page_gives_each_movement_the_digest_of_its_own_bytes() -> None:
    other = {**MOVEMENT, "status": "RET"}

    found = seen.page(b'{"list":[%b, %b],"after":"1_a"}' % (raw(MOVEMENT), raw(other)))

    assert found.after == "1_a"
    expected = [sha256(raw(one)).hexdigest() for one in (MOVEMENT, other)]
    assert [one.digest for one in found.movements] == expected


@pytest.mark.parametrize("empty", [b"", b'{"list":[]}', b'{"after":"9_z","list":[]}'])
def test_an_empty_page_has_no_cursor_to_keep(empty: bytes) -> None:
    assert seen.page(empty) == seen.Page(None, ())


@pytest.mark.parametrize("nothing", [b"", b"{}"])
def test_nobody_is_known_by_an_empty_status(nothing: bytes) -> None:
    assert reading.standing(nothing) is None


def test_those_who_granted_are_named_as_they_were_asked_about() -> None:
    asked = [ADDRESS.upper(), "+905010000001"]

    found = reading.granted(raw({"requestId": "r", "list": [ADDRESS]}), asked, request=b"asked")

    assert found.recipients == {ADDRESS.upper()}
    assert found.digest_of_request == sha256(b"asked").hexdigest()
    with pytest.raises(Unreadable):
        reading.granted(raw({"list": ["+905010000002"]}), asked, request=b"asked")


@pytest.mark.parametrize("key", ["agreementCaptured", "aggrementCaptured"])
def test_a_captured_agreement_is_read_in_both_spellings(key: str) -> None:
    assert reading.captured(raw({key: True}))
    assert not reading.captured(b"")
    with pytest.raises(Unreadable):
        reading.captured(raw({key: False}))


def test_a_days_hash_is_lower_case_and_may_not_be_there_yet() -> None:
    told = {"processStatus": "completed", "hashValue": "AB" * 48, "hashMethod": "SHA-384"}

    found = reading.agreement(raw({**told, "agreementStatus": "false"}))
    early = reading.agreement(raw({"processStatus": "queued", "agreementStatus": False}))

    assert found == wire.Agreement("completed", "ab" * 48, "SHA-384", agreed=False)
    assert early is not None and early.hash_value is None
    assert reading.agreement(b"") is None


def test_a_summary_counts_what_is_pending_on_all_sides() -> None:
    old = {"source": "IYS", "approval": 1, "rejection": 0, "total": 1}  # of 2020: no `pending`
    new = {"source": "HS", "approval": 10, "rejection": 1, "pending": 2, "total": "13"}

    found = reading.summary(raw({"changeStats": [{"type": "ARAMA", "consents": [new, old]}]}))

    assert (found.pending, found.total) == (2, 14)
    assert found.rows[1].side is wire.PullSource.IYS and found.rows[1].pending == 0


@pytest.mark.parametrize("key", ["subscriptionId", "subscipritionId", "subsciprtionId"])
def test_a_subscriptions_id_is_read_in_all_three_spellings(key: str) -> None:
    found = reading_directory.subscription(raw({key: 12345879, "status": "ACTIVE"}))

    assert found.subscription_id == "12345879" and found.consent_limit is None


@pytest.mark.parametrize("as_lists", [False, True])
def test_a_brands_counts_are_read_as_object_or_list(as_lists: bool) -> None:
    counts: object = {"approval": 22, "rejection": 1, "total": 23}
    stats: object = {"consents": [counts] if as_lists else counts}
    told = {"brandCode": "545454", "name": "Örnek", "master": True}

    (found,) = reading_directory.brands(raw([{**told, "stats": [stats] if as_lists else stats}]))

    assert found == wire.BrandAtIys(545454, "Örnek", True, 22, 1, 23)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind_key", ["token_type", "tokenType"])
def test_tokens_are_read_with_their_times(kind_key: str) -> None:
    body = raw({"access_token": "a.b", "refresh_token": "c", "expires_in": "60", kind_key: "x"})

    found = reading_directory.tokens(body)

    assert (found.access, found.access_seconds, found.refresh) == ("a.b", 60, "c")
    assert found.refresh_seconds == 14_400
    assert "a.b" not in repr(found)


@pytest.mark.parametrize("token", ["", "a\nb", "a b", "ş", None, 5, "x" * 40_000])
def test_a_token_that_no_header_can_carry_is_unreadable(token: object) -> None:
    with pytest.raises(Unreadable):
        reading_directory.tokens(raw({"access_token": token}))


NOT_ANSWERS = [
    *(b"<html>502</html>", b"[]", b"null", b"7", b'"a"', b"{", b"\xff\xfe", b"[" * 5_000),
    raw({"transactionId": TRANSACTION, "creationDate": "2026-03-04T10:00:01Z"}),
    raw({"transactionId": "x" * 600, "creationDate": CREATED}),
    raw({"transactionId": {}, "creationDate": CREATED}),
]


@pytest.mark.parametrize("body", NOT_ANSWERS, ids=range(len(NOT_ANSWERS)))
def test_what_is_not_an_answer_raises_our_own_error_only(body: bytes) -> None:
    for read in (reading.added, reading.accepted, reading.agreement, reading_directory.tokens):
        with pytest.raises(Unreadable):
            read(body)
    assert reading.errors_of(body) == ()


WRONG_MEMBERS = [
    {"type": "FAKS"},
    {"status": "BEKLIYOR"},
    {"creationDate": "04.03.2026"},
    {"consentDate": "2026-03-03"},
    {"transactionId": None},
    {"recipient": ["a"]},
]


@pytest.mark.parametrize("wrong", WRONG_MEMBERS, ids=lambda one: next(iter(one)))
def test_a_movement_that_cannot_be_understood_is_not_half_read(wrong: dict[str, object]) -> None:
    with pytest.raises(Unreadable) as refused:
        reading.movement(raw({**MOVEMENT, **wrong}))

    assert str(refused.value) == next(iter(wrong))


@given(st.binary(max_size=60) | st.recursive(st.none() | st.text(), st.lists).map(raw))
def test_no_body_makes_a_reader_fail_otherwise(body: bytes) -> None:
    readers = [seen.page, reading.results, reading.summary, reading.standing, reading.captured]
    for read in (*readers, reading_directory.brands, reading_directory.pushes):
        try:
            read(body)
        except Unreadable:
            continue


# How İYS says no.

ENTRY = {"code": "H121", "location": ["recipient"], "value": ADDRESS, "message": ADDRESS}
SHAPES = {
    "list": ({"errors": [{**ENTRY, "index": 3}]}, IysError("H121", ("recipient",), 3)),
    "object": ({"errors": {"code": "H1040", "message": "x"}}, IysError("H1040")),
    "bare": ({"code": "H084", "message": "x"}, IysError("H084")),
    "misspelled": ({"errors": [{"code:": "H353", "message": "x"}]}, IysError("H353")),
    "oauth": ({"error": "invalid_grant", "error_description": "x"}, IysError("invalid_grant")),
    "number": ({"errors": [{"code": 351, "index": "0"}]}, IysError("H351", (), 0)),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_refusal_is_read_in_every_shape(shape: str) -> None:
    told, expected = SHAPES[shape]

    assert reading.errors_of(raw(told)) == (expected,)


@pytest.mark.parametrize("told", [{"status": 404, "message": "Not Found"}, {"errors": [7]}, {}])
def test_a_refusal_without_a_code_is_not_one_of_iys(told: object) -> None:
    assert reading.errors_of(raw(told)) == ()


@given(st.sampled_from([ADDRESS, "+905010000001", "905010000001"]), st.integers(0, 3))
def test_no_address_gets_out_of_a_refusal(address: str, place: int) -> None:
    members: list[object] = ["recipients", 4]
    members.insert(place, address)
    entry = {"code": "H120", "location": members, "value": address, "message": address}

    found = reading.errors_of(raw({"errors": [entry, {"code": address}]}))
    refused = IysRefused(422, found)

    assert found == (IysError("H120", ("recipients", 4)),)
    assert address not in f"{refused} {refused.turkish} {refused.errors}"


# R28's classes over the table of codes.

CODES = {code: status for code, status in STATUS_BY_CODE.items() if code.startswith("H")}
TERMINAL = "H155 H156 H157 H158 H160 H162 H120 H121 H174 H175 H178 H180 H194 H408 H462 H467 H486"
ACCOUNT = "H520 H521 H524 H525 H586 H353"
RETRIED = "H015 H083 H101 H102 H103 H123 H124 H179 H192 H412 H470 H476"


def classed(*codes: str, status: int | None = None) -> AnswerClass:
    return class_of(status or CODES[codes[0]], [IysError(code) for code in codes])


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (TERMINAL, AnswerClass.REFUSED),
        (ACCOUNT, AnswerClass.ACCOUNT),
        (RETRIED, AnswerClass.RETRY),
        ("H351", AnswerClass.LOG_IN),
        ("H084", AnswerClass.HALT),
        ("H086 H089", AnswerClass.WAIT),
    ],
)
def test_each_code_has_the_class_of_r28(codes: str, expected: AnswerClass) -> None:
    for code in codes.split():
        assert classed(code) is expected, code


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, AnswerClass.LOG_IN),
        (403, AnswerClass.ACCOUNT),
        (404, AnswerClass.UNREADABLE),
        (302, AnswerClass.UNREADABLE),
        (400, AnswerClass.UNREADABLE),
        (429, AnswerClass.RETRY),
        (502, AnswerClass.RETRY),
        (503, AnswerClass.RETRY),
    ],
)
def test_without_a_code_the_status_alone_decides(status: int, expected: AnswerClass) -> None:
    assert class_of(status, ()) is expected


@given(st.lists(st.sampled_from(sorted(CODES)), min_size=1, max_size=5), st.randoms())
def test_the_gravest_code_decides_in_any_order(codes: list[str], chance: object) -> None:
    found = classed(*codes)
    shuffled = list(codes)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random

    assert classed(*shuffled, status=CODES[codes[0]]) is found
    assert classed(*codes, HALTING, status=CODES[codes[0]]) is AnswerClass.HALT
    if found is AnswerClass.RETRY and CODES[codes[0]] not in range(500, 600):
        assert set(codes) <= RETRY_CODES or CODES[codes[0]] == 429
    if found is AnswerClass.REFUSED:
        assert not set(codes) & (ACCOUNT_CODES | HOURLY | {HALTING, "H351"})
        assert classed(*codes, "H525", status=422) is AnswerClass.ACCOUNT


@given(st.sampled_from(sorted(CODES)))
def test_a_server_error_is_never_a_verdict_on_a_consent(code: str) -> None:
    assert classed(code, status=500) is not AnswerClass.REFUSED
