"""`POST …/decisions`: may these be sent, and can it be shown afterwards what was said (C6)."""

import json
from hashlib import blake2b, sha256
from itertools import product
from typing import Any
from uuid import UUID

import msgspec
import pytest

from ledger import clock
from ledger.addresses import parse_address
from ledger.aggregates.provider_bodies import DecisionMade
from ledger.contract.answers import DecisionsAnswer, ProblemAnswer
from ledger.evidence.merkle import root_of
from ledger.recording.barring import Bar
from ledger.recording.deciding_ports import CurrentKey
from ledger.vocabulary import BrandCode, Channel, RecipientType
from tests.acceptance.services import (
    BRAND,
    DECISIONS,
    FOREIGN,
    IYS_CODE,
    Json,
    Running,
    a_mailbox,
    a_phone,
    a_ret,
    moment,
    short,
)

GROUNDS = ("CONTACT_GIVEN", "CONTRACT", "LEGAL_DUTY", "CAPITAL_MARKET")


def an_ask(recipient: str, channel: str = "MESAJ", **changes: str) -> Json:
    return {"recipient": recipient, "type": channel, **changes}


def decided(http: Running, *items: Json, **members: object) -> Json:
    answered = http.post(DECISIONS, {"items": items, **members})
    assert answered.status_code == 200, answered.text
    said = msgspec.convert(answered.json(), DecisionsAnswer, strict=True)
    assert [one.index for one in said.items] == list(range(len(items)))
    assert not any(
        a_part in answered.text for a_part in {item["recipient"][3:] for item in items} - {""}
    )
    return dict(answered.json())


def verdict(http: Running, recipient: str, **members: object) -> tuple[bool, str, str | None]:
    (only,) = decided(http, an_ask(recipient), **members)["items"]
    return only["permitted"], only["verdict"], only.get("reason")


def problem(answered: Any) -> tuple[int, str]:
    said = msgspec.convert(answered.json(), ProblemAnswer, strict=True)
    assert answered.status_code == said.status
    return said.status, said.code


def test_who_may_be_written_to_and_who_not(http: Running) -> None:
    yes, no, nobody = a_phone(), a_phone(), a_phone()
    http.register(yes)
    http.item(a_ret(recipient=no))

    said = decided(http, *(an_ask(one) for one in (yes, no, nobody, "x", yes)))

    assert [(one["permitted"], one["verdict"]) for one in said["items"]] == [
        (True, "PERMITTED"),
        (False, "REFUSED"),
        (False, "NO_CONSENT"),
        (False, "INVALID_ADDRESS"),
        (True, "PERMITTED"),
    ]
    assert said["iysSeenAt"] is not None
    assert moment(said["recheckBy"]) > clock.now()
    assert said["position"] == http.home.ledger(IYS_CODE).store.last_position() - 1


@pytest.mark.parametrize("ground", GROUNDS)
def test_an_exempt_message_may_go_on_its_ground(http: Running, ground: str) -> None:
    no = a_phone()
    http.item(a_ret(recipient=no))

    said = decided(http, an_ask(no), an_ask(a_phone()), purpose="EXEMPT", ground=ground)

    assert [(one["permitted"], one["verdict"]) for one in said["items"]] == [(True, "EXEMPT")] * 2
    assert said["items"][0]["warnings"] == ["REFUSED"]


def test_mixed_content_is_commercial(http: Running) -> None:
    nobody = a_phone()

    assert verdict(http, nobody, purpose="EXEMPT", ground="MIXED") == (
        *(False, "NO_CONSENT"),
        "NEVER_SEEN",
    )


def test_a_request_for_consent_goes_to_who_consented_only(http: Running) -> None:
    yes = a_phone()
    http.register(yes)

    assert verdict(http, yes, purpose="CONSENT_REQUEST")[0]
    assert verdict(http, a_phone(), purpose="CONSENT_REQUEST") == (
        *(False, "NO_CONSENT"),
        "CONSENT_REQUEST_FORBIDDEN",
    )


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"purpose": "ADVERT"}, "L-PURPOSE"),
        ({"purpose": ""}, "L-PURPOSE"),
        ({"purpose": "EXEMPT"}, "L-PURPOSE"),
        ({"purpose": "EXEMPT", "ground": "WISHES"}, "L-PURPOSE"),
        ({"purpose": "COMMERCIAL", "ground": "CONTRACT"}, "L-PURPOSE"),
        ({"ground": "MIXED"}, "L-PURPOSE"),
        ({"campaign": "+905010000001"}, "L-FIELD"),
        ({"campaign": "05010000001"}, "L-CAMPAIGN"),
        ({"campaign": "0501-000-00-01"}, "L-CAMPAIGN"),
        ({"campaign": "905010000001"}, "L-CAMPAIGN"),
        ({"campaign": "ali@ornek.com.tr"}, "L-FIELD"),
        ({"campaign": ""}, "L-FIELD"),
        ({"campaign": "x" * 65}, "L-FIELD"),
        ({"campaign": "kasım"}, "L-FIELD"),
        ({"campaign": "a\n"}, "L-CAMPAIGN"),
        ({"campaing": "a"}, "L-FIELD-UNKNOWN"),
        ({"items": []}, "L-FIELD"),
        ({"items": [{}] * 10_001}, "L-FIELD"),
        ({"items": [an_ask("x", "SMS")]}, "L-FIELD"),
        ({"items": [{**an_ask("x"), "y": 1}]}, "L-FIELD-UNKNOWN"),
    ],
    ids=short,
)
def test_what_a_run_is_for_has_to_be_said_rightly(http: Running, members: Json, code: str) -> None:
    before = http.home.ledger(IYS_CODE).store.last_position()

    answered = http.post(DECISIONS, {"items": [an_ask(a_phone())], **members})

    assert problem(answered) == (422, code)
    assert "501" not in answered.text
    assert http.home.ledger(IYS_CODE).store.last_position() == before


def test_who_is_put_on_the_list_elsewhere_is_barred_at_once(http: Running) -> None:
    """By another process, on the same database."""
    yes, ledger = a_phone(), http.home.ledger(IYS_CODE)
    http.register(yes)
    assert verdict(http, yes)[0]

    address = parse_address(yes, Channel.MESSAGE)
    entry = ledger.suppress(address, Bar("COMPLAINT"), actor="user:officer")

    assert verdict(http, yes) == (False, "SUPPRESSED", "LIST")
    assert http.verdict(yes)["suppressed"] == "LIST"
    ledger.lift(address, entry.seq, reason="MISTAKE", actor="user:officer")
    assert verdict(http, yes)[0]


def test_each_channel_has_an_event_whose_root_can_be_made_again(http: Running) -> None:
    """From the answer, the items and the run's key, by nothing of the ledger's own."""
    yes = a_phone()
    http.register(yes)
    asked = [
        an_ask(yes),
        an_ask(a_mailbox(), "EPOSTA"),
        an_ask(yes, "ARAMA", recipientType="TACIR"),
        an_ask("kötü"),
        an_ask(yes, recipientType="TACIR"),
        an_ask(yes),
    ]
    ledger = http.home.ledger(IYS_CODE)
    before = ledger.store.last_position()

    said = decided(http, *asked, campaign="kasim-2026")

    key = ledger.vault.run_key(UUID(said["decisionId"]))
    leaves: dict[str, list[bytes]] = {}
    for item, one in zip(asked, said["items"], strict=True):
        leaf = leaf_of(key, item, one)
        leaves.setdefault(item["type"], []).append(leaf)
    found = ledger.store.events_at(range(before + 1, ledger.store.last_position() + 1))
    bodies = [event.body for event in found.values() if isinstance(event.body, DecisionMade)]
    assert {body.channel for body in bodies} == {"MESAJ", "EPOSTA", "ARAMA"}
    for body in bodies:
        assert body.root == root_of(sorted(leaves[body.channel])).hex()
        stored = b"".join(ledger.decisions.leaves(UUID(body.decision), body.channel))
        assert stored == b"".join(sorted(leaves[body.channel]))
        assert (body.brand, body.campaign, body.decision) == (
            *(BRAND, "kasim-2026"),
            said["decisionId"],
        )
        assert sum(body.counts.values()) == len(leaves[body.channel])
        assert body.position >= said["position"]


def leaf_of(key: bytes, item: Json, one: Json) -> bytes:
    """As `deciding/leaves.py` documents it."""
    text = item["recipient"]
    scheme = "mailto:" if "@" in text else "tel:"
    address = (scheme + text if one["verdict"] != "INVALID_ADDRESS" else text).encode()
    salt = blake2b(address, key=key, digest_size=16).digest()
    commitment = sha256(b"izin-defteri/v1/decision\x00" + salt + address).digest()
    end = f"{one['verdict']}\x00{one.get('reason') or ''}".encode()
    return sha256(b"\x00" + commitment + end).digest()


def test_what_is_known_of_iys_is_said_of_the_channel_of_which_least_is(http: Running) -> None:
    yes, ledger = a_phone(), http.home.ledger(IYS_CODE)
    http.register(yes)
    key = CurrentKey(bytes(32), BrandCode(BRAND), Channel.MESSAGE, RecipientType.INDIVIDUAL)
    known = ledger.decisions.current([key], clock.now())[0].iys_complete_at
    assert known is not None

    one, both = decided(http, an_ask(yes)), decided(http, an_ask(yes), an_ask(yes, "ARAMA"))

    assert one["iysSeenAt"] == clock.utc_text(known)
    assert both["iysSeenAt"] is None, "of calls nothing is known"


def test_ten_thousand_at_once(http: Running) -> None:
    yes, no = a_phone(), a_phone()
    http.register(yes)
    http.item(a_ret(recipient=no))
    asked = [an_ask((yes, no, "x")[number % 3]) for number in range(10_000)]

    said = decided(http, *asked)

    assert [one["verdict"] for one in said["items"]] == [
        ("PERMITTED", "REFUSED", "INVALID_ADDRESS")[number % 3] for number in range(10_000)
    ]


def test_all_channels_and_kinds_in_one_list_keep_their_places(http: Running) -> None:
    no = a_phone()
    http.post("/v1/refusals", {"recipient": no}, key="operator")
    asked = [
        an_ask(one, channel, recipientType=kind)
        for one, channel, kind in product(
            (no, a_phone()), ("ARAMA", "MESAJ"), ("TACIR", "BIREYSEL")
        )
    ]

    said = decided(http, *asked)

    assert [one["verdict"] for one in said["items"]] == ["REFUSED"] * 4 + ["NO_CONSENT"] * 4


def test_who_may_decide(http: Running) -> None:
    body = {"items": [an_ask(a_phone())]}
    assert problem(http.post(DECISIONS, body, key="viewer")) == (403, "L-ROLE")
    assert problem(http.post(DECISIONS, body, key="sister")) == (403, "L-BRAND-SCOPE")
    foreign = DECISIONS.replace(str(BRAND), str(FOREIGN))
    assert problem(http.post(foreign, body, key="operator")) == (403, "L-BRAND-SCOPE")
    assert http.post(DECISIONS, body, key="operator").status_code == 200


def test_a_run_is_noted_and_no_address_with_it(http: Running) -> None:
    person = a_phone()

    said = decided(http, an_ask(person), campaign="not-edilir")

    found = http.home.ledger(IYS_CODE).store
    (event,) = found.events_at([found.last_position()]).values()
    assert json.loads(event.state)["body"]["decision"] == said["decisionId"]
    assert person[-9:] not in event.state.decode()
    assert person[-9:] not in http.errors()
