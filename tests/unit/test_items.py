"""What becomes of an item: one answer a channel, and no refusal is ever kept out."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.aggregates.bodies import TextReference
from ledger.aggregates.commands import RecordAct
from ledger.aggregates.intake import SKEW_MAX
from ledger.api.items import (
    KNOWN,
    Bringer,
    TakenItem,
    Unknown,
    evidence_ids,
    items_of,
    nearest,
    take,
)
from ledger.clock import from_utc_text
from ledger.contract.requests import ConsentItem
from ledger.errors import InputRefused
from ledger.messages import MESSAGES
from ledger.recording.evidence_ports import EvidenceNote
from ledger.vocabulary import BrandCode, Channel, ConsentStatus, RecipientType

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
TEXT = TextReference(id="kvkk", version="3", sha256="0" * 64)
PROOF = "a" * 64
BRINGER = Bringer(
    brand_code=BrandCode(123456),
    actor="key:1",
    now=NOW,
    evidence={PROOF: EvidenceNote("form", "2026-11-24T08:00:00Z", "2026-11-24T08:30:00Z")},
    text=lambda name, version: TEXT if (name, version) == ("kvkk", "3") else None,
)
GRANT: dict[str, Any] = {
    "recipient": "+905010000101",
    "type": "MESAJ",
    "status": "ONAY",
    "source": "HS_WEB",
    "consentDate": "2026-11-24 11:00:00",
}

texts = (
    st.text(max_size=30)
    | st.sampled_from(
        (
            "ONAY",
            "RET",
            "MESAJ",
            "EPOSTA",
            "HS_WEB",
            "IYS_WEB",
            "TACIR",
            "+905010000101",
            "a@b.com.tr",
        )
    )
    | st.sampled_from(
        (
            "2026-11-24 10:00:00",
            "0001-01-01 00:00:00",
            "9999-12-31T23:59:59Z",
            "2099-01-01 00:00:00",
        )
    )
)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | texts,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=8,
)
names = st.sampled_from(KNOWN) | st.text(max_size=12)
members = st.dictionaries(names, json_values, max_size=10)
items = json_values | members | members.map(lambda some: {**GRANT, **some})
keys = st.none() | st.text(min_size=1, max_size=5)


def one(item: object, **bringer: Any) -> TakenItem:
    (only,) = take(item, 0, msgspec.structs.replace(BRINGER, **bringer))
    return only


def command(taken: TakenItem) -> RecordAct:
    assert taken.request is not None, taken.fault and taken.fault.code
    assert isinstance(taken.request.command, RecordAct)
    return taken.request.command


@settings(max_examples=400, deadline=None, derandomize=True)
@given(item=items, key=keys)
def test_anything_has_an_answer_a_channel_and_every_code_has_words(
    item: object, key: str | None
) -> None:
    taken = take(item, 7, msgspec.structs.replace(BRINGER, request_key=key))

    assert taken
    for entry in taken:
        assert entry.index == 7
        assert (entry.request is None) is not (entry.fault is None)
        if entry.fault is not None:
            assert entry.fault.code in MESSAGES
        if entry.request is not None:
            assert entry.channel is entry.request.channel
            msgspec.json.encode(command(entry))
    named = [entry.channel for entry in taken if entry.channel is not None]
    assert len(named) == len(set(named))


@settings(max_examples=400, deadline=None, derandomize=True)
@given(
    others=st.dictionaries(
        names.filter(lambda name: name not in ("recipient", "type", "types", "status")),
        json_values,
        max_size=9,
    ),
    channels=st.lists(st.sampled_from(("MESAJ", "ARAMA")), min_size=1, max_size=4),
    strange=st.lists(json_values, max_size=30),
)
def test_a_refusal_with_an_address_and_a_channel_is_taken(
    others: dict[str, Any], channels: list[str], strange: list[object]
) -> None:
    """And counts from no later than now, and no earlier than it can have been said."""
    types = [*strange, *channels]
    item = {"recipient": "+905010000101", "types": types, "status": "RET", **others}

    taken = {entry.channel: entry for entry in take(item, 0, BRINGER) if entry.channel}

    for channel in channels:
        act = command(taken[Channel(channel)])
        assert act.status is ConsentStatus.REFUSED
        assert act.at is not None
        assert from_utc_text(act.at) <= NOW + SKEW_MAX


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    minutes=st.integers(0, 60 * 24 * 365 * 9),
    received=st.integers(0, 60 * 24 * 365 * 9),
)
def test_no_receipt_puts_a_refusal_back_before_its_own_date(minutes: int, received: int) -> None:
    date, came = NOW - timedelta(minutes=minutes), NOW - timedelta(minutes=received)
    item = {
        **GRANT,
        "status": "RET",
        "consentDate": date.isoformat(),
        "receivedAt": came.isoformat(),
    }

    act = command(one(item))

    assert act.at is not None
    assert from_utc_text(act.at) == date


def test_times_are_taken_in_both_forms() -> None:
    turkish = command(one(GRANT))
    utc = command(one({**GRANT, "consentDate": "2026-11-24T08:00:00Z"}))
    offset = command(one({**GRANT, "consentDate": "2026-11-24T11:00:00+03:00"}))

    assert turkish.consent_date == utc.consent_date == offset.consent_date
    assert turkish.at == "2026-11-24T08:00:00Z"


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ({"type": "MESAJ"}, ["MESAJ"]),
        ({"types": ["MESAJ", "ARAMA", "MESAJ"]}, ["MESAJ", "ARAMA"]),
        ({"type": "ARAMA", "types": []}, ["ARAMA"]),
        ({"types": [["MESAJ"], "SMS"]}, [None, None]),
        ({"types": {}}, [None]),
        ({}, [None]),
    ],
    ids=str,
)
def test_an_item_speaks_of_its_channels(item: dict[str, Any], words: list[str | None]) -> None:
    given = {name: text for name, text in GRANT.items() if name != "type"}

    assert [entry.channel for entry in take({**given, **item}, 0, BRINGER)] == words


def test_evidence_and_text_that_are_known_go_with_the_act() -> None:
    text = {"id": "kvkk", "version": "3"}

    taken = one({**GRANT, "evidenceId": PROOF, "text": text, "retailerAccess": [11111111]})

    act = command(taken)
    assert (act.evidence_kinds, act.captured_at) == (("form",), "2026-11-24T08:00:00Z")
    assert (act.text, act.retailer_access, act.warnings) == (TEXT, (11111111,), ())
    assert taken.request is not None
    assert taken.request.groups == {"evidence": {"sha256": PROOF}}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"evidenceId": "b" * 64}, "L-EVIDENCE-UNKNOWN"),
        ({"evidenceId": [PROOF]}, "L-EVIDENCE-UNKNOWN"),
        ({"text": {"id": "kvkk"}}, "L-TEXT-UNKNOWN"),
        ({"text": "kvkk"}, "L-TEXT-UNKNOWN"),
        ({"retailerAccess": [0]}, "H126"),
        ({"retailerAccess": [10**8]}, "H126"),
        ({"retailerAccess": [True]}, "H126"),
        ({"retailerAccess": [1] * 101}, "H126"),
        ({"retailerAccess": "1"}, "H126"),
        ({"retailerCode": 5}, "H180"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_not_known_is_warned_of(changes: dict[str, Any], code: str) -> None:
    assert command(one({**GRANT, **changes})).warnings == (code,)


def test_an_id_names_each_channel_and_a_key_each_item() -> None:
    both = {**GRANT, "type": None, "types": ["MESAJ", "ARAMA"]}

    def named(item: dict[str, Any], key: str | None = None) -> list[tuple[str | None, str]]:
        bringer = msgspec.structs.replace(BRINGER, request_key=key)
        requests = [entry.request for entry in take(item, 4, bringer) if entry.request]
        return [(request.item_id, request.part) for request in requests]

    assert named({**GRANT, "id": "a"}, "k") == [("a", "")]
    assert named({**both, "id": "a"}) == [("a", "MESAJ"), ("a", "ARAMA")]
    assert named(GRANT, "k") == [("k\x004", "")]
    assert named({**GRANT, "id": 17}) == [("17", "")]
    assert named({**GRANT, "id": ""}) == [(None, "")]


def said(item: dict[str, Any], **bringer: Any) -> tuple[str, ...]:
    """What a repeat under the same id has to say again."""
    request = one({**item, "id": "a"}, **bringer).request
    assert request is not None
    return request.said


def test_an_item_says_the_same_whatever_is_known_here_when_it_comes() -> None:
    item = {**GRANT, "evidenceId": PROOF, "text": {"id": "kvkk", "version": "3"}}
    later = NOW + timedelta(days=9)

    assert said(item) == said(item, evidence={}, text=lambda name, version: None, now=later)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "RET"},
        {"source": "HS_MOBIL"},
        {"consentDate": "2026-11-24 11:00:01"},
        {"recipientType": "TACIR"},
        {"receivedAt": "2026-11-24 11:30:00"},
        {"retailerCode": 10000001},
        {"retailerAccess": [10000001]},
        {"evidenceId": PROOF},
        {"text": {"id": "kvkk", "version": "3"}},
        {"type": "ARAMA"},
    ],
    ids=str,
)
def test_every_member_of_an_item_is_part_of_what_it_says(changes: dict[str, Any]) -> None:
    assert said({**GRANT, **changes}) != said(GRANT)


def test_all_channels_of_an_item_are_part_of_what_each_says() -> None:
    both = {**GRANT, "type": None, "types": ["MESAJ", "ARAMA"], "id": "a"}

    whole = {entry.request.said for entry in take(both, 0, BRINGER) if entry.request}

    assert len(whole) == 1
    assert whole != {said(GRANT)}


def test_an_item_says_the_same_in_both_forms_of_a_time() -> None:
    assert said({**GRANT, "consentDate": "2026-11-24T08:00:00Z"}) == said(GRANT)


UPLOADED = "2026-11-24T08:30:00Z"


@pytest.mark.parametrize(
    ("told", "acted", "expected"),
    [
        ("2026-11-20T08:00:00Z", "2026-11-24T09:00:00Z", "2026-11-20T08:00:00Z"),
        (None, "2026-11-24T08:00:00Z", "2026-11-24T08:00:00Z"),
        (None, "2026-11-24T09:00:00Z", UPLOADED),
        ("2026-11-24T08:34:00Z", "2026-11-24T08:00:00Z", UPLOADED),
        (None, None, UPLOADED),
    ],
    ids=["told", "act before", "act after", "told as later", "undated act"],
)
def test_evidence_is_never_younger_than_its_bytes_came_in(
    told: str | None, acted: str | None, expected: str
) -> None:
    """R53: what lifts a refusal is dated after it; a form kept before it is not."""
    assert EvidenceNote("form", told, UPLOADED).captured_by(acted) == expected


def test_a_consent_dated_after_its_evidence_came_in_is_proven_from_then() -> None:
    piece = {PROOF: EvidenceNote("form", None, "2026-11-24T07:30:00Z")}

    act = command(one({**GRANT, "evidenceId": PROOF}, evidence=piece))

    assert (act.at, act.captured_at) == ("2026-11-24T08:00:00Z", "2026-11-24T07:30:00Z")


def test_an_unreadable_kind_makes_a_refusal_hold_for_both() -> None:
    taken = one({**GRANT, "status": "RET", "recipientType": ["TACIR"]})

    assert taken.request is not None
    assert taken.request.recipient_types == tuple(RecipientType)


# Bodies.


@settings(max_examples=200, deadline=None, derandomize=True)
@given(body=st.binary(max_size=60) | json_values.map(msgspec.json.encode))
def test_a_body_is_items_or_no_body_at_all(body: bytes) -> None:
    try:
        found, is_single = items_of(body)
    except (msgspec.DecodeError, UnicodeError, InputRefused):
        return
    assert found
    assert len(found) == 1 or not is_single
    evidence_ids(found)


@pytest.mark.parametrize(("name", "meant"), [("item", "items"), ("recipient", "recipient")])
def test_a_strange_member_beside_the_items_is_named_by_what_was_meant(
    name: str, meant: str
) -> None:
    with pytest.raises(Unknown) as refused:
        items_of(msgspec.json.encode({"items": [{}], name: 1}))

    assert refused.value.nearest == meant


def test_no_time_is_spent_on_names_of_no_length_that_a_person_types() -> None:
    assert nearest("recipent") == "recipient"
    assert nearest("recipient" * 1_000_000) is None


def test_every_member_of_the_contract_is_known() -> None:
    assert set(KNOWN) == {field.encode_name for field in msgspec.structs.fields(ConsentItem)}
