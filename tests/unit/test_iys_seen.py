"""What İYS shows as what the ledger is asked to record; how old that is; how silence is told."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.aggregates.commands import SeeAtIys
from ledger.iys_sync import reading
from ledger.iys_sync.gaps import (
    DELAY,
    LISTED,
    MARGIN,
    PullAge,
    as_if_asked_at,
    gap_of,
    known_to,
    pull_age,
)
from ledger.iys_sync.members import Unreadable
from ledger.iys_sync.outages import PATIENCE, ended, turned
from ledger.iys_sync.seen import STRANGE_MIN, as_shown, page, seen, source_of
from ledger.iys_sync.wire import Movement, PullSource
from ledger.projections.pulled import Silence
from ledger.recording.request import Request
from ledger.vocabulary import (
    BrandCode,
    Channel,
    ConsentSource,
    ConsentStatus,
    IysState,
    RecipientType,
    SeenHow,
)

BRAND = BrandCode(123456)
AT = datetime(2026, 3, 4, 9, tzinfo=UTC)
PHONE = "+905010000101"
NAME = "Deneme Kişi"


def shown(**changed: Any) -> dict[str, Any]:
    """A movement as İYS lists it; a member that is changed to None is left out."""
    whole = {
        "recipient": PHONE,
        "recipientType": "BIREYSEL",
        "type": "MESAJ",
        "status": "RET",
        "creationDate": "2026-03-04 10:15:00",
        "consentDate": "2026-03-04 10:14:59",
        "source": "IYS_KISAMESAJ",
        "transactionId": "ab" * 32,
        **changed,
    }
    return {name: said for name, said in whole.items() if said is not None}


def read(**changed: Any) -> Movement:
    return reading.movement(json.dumps(shown(**changed)).encode())


def asked(**changed: Any) -> Request:
    return seen(read(**changed), BRAND, SeenHow.PULL, AT)


def command_of(request: Request) -> SeeAtIys:
    assert isinstance(request.command, SeeAtIys)
    return request.command


def words_of(request: Request) -> dict[str, str]:
    words = request.groups["iys"]
    assert isinstance(words, dict)
    return words


def a_page(*listed: object, after: str | None = "1772608500_ab") -> bytes:
    told: dict[str, object] = {"list": list(listed)}
    return json.dumps(told if after is None else {**told, "after": after}).encode()


def test_a_movement_is_told_verbatim() -> None:
    request = asked()

    assert (request.brand_code, request.channel) == (BRAND, Channel.MESSAGE)
    assert request.recipient_types == (RecipientType.INDIVIDUAL,)
    assert request.address.uri == f"tel:{PHONE}"
    command = command_of(request)
    assert (command.state, command.source) == (IysState.REFUSED, ConsentSource.IYS_KISAMESAJ)
    assert command.consent_date == "2026-03-04 10:14:59"
    assert (command.creation_date, command.at) == ("2026-03-04 10:15:00", "2026-03-04T07:15:00Z")
    assert (command.seen_at, command.how) == ("2026-03-04T09:00:00Z", SeenHow.PULL)
    assert (command.actor, command.of) == ("system:iys", None)
    assert words_of(request) == {"transaction_id": "ab" * 32, "answer": read().digest}


def test_an_undated_merchant_stays_undated() -> None:
    command = command_of(asked(recipientType="TACIR", status="ONAY", consentDate=None, source=None))

    assert (command.consent_date, command.source) == (None, None)
    assert command.creation_date == "2026-03-04 10:15:00"


@pytest.mark.parametrize(
    ("word", "source"),
    [
        ("IYS_HOLOGRAM", ConsentSource.IYS_OTHER),
        ("HS_HOLOGRAM", ConsentSource.HS_OTHER),
        ("HOLOGRAM", ConsentSource.HS_OTHER),
        ("IYS_OTHER", ConsentSource.IYS_OTHER),
        ("HS_OTHER", ConsentSource.HS_OTHER),
    ],
)
def test_a_source_without_a_word_of_ours_is_kept_as_it_is_written(
    word: str, source: ConsentSource
) -> None:
    request = asked(source=word)

    assert command_of(request).source is source
    assert words_of(request)["source"] == word


@pytest.mark.parametrize("source", [one for one in ConsentSource if one.is_word_of_iys])
def test_a_word_of_iys_is_that_word(source: ConsentSource) -> None:
    assert source_of(source.value) is source


def test_an_address_that_iys_spells_otherwise_is_found_and_its_spelling_kept() -> None:
    request = asked(recipient="+9005010000101")

    assert request.address.uri == f"tel:{PHONE}"
    assert words_of(request)["recipient"] == "+9005010000101"


def test_an_address_that_iys_itself_would_refuse_is_taken() -> None:
    assert asked(recipient="+9044412").address.uri == "tel:+9044412"


@pytest.mark.parametrize(
    ("member", "said"),
    [
        ("recipient", "ornek@ornek.com.tr"),
        ("recipient", "çok özel"),
        ("creationDate", "2026-02-30 10:15:00"),
        ("consentDate", "2026-13-01 10:15:00"),
        ("consentDate", "0001-01-01 00:00:00"),
    ],
)
def test_what_can_be_no_movement_is_refused_and_not_repeated(member: str, said: str) -> None:
    with pytest.raises(Unreadable, match=f"^{member}$") as caught:
        asked(**{member: said})

    assert caught.value.__cause__ is None and caught.value.__suppress_context__


def test_one_movement_that_cannot_be_read_keeps_back_no_other() -> None:
    pending = shown(status="BEKLIYOR", citizenName=NAME)  # R56
    found = page(a_page(shown(), pending, 7, shown(creationDate="2026-03-04 10:16:00")))

    assert (found.after, len(found.movements)) == ("1772608500_ab", 2)
    assert [one.fault for one in found.unread] == ["status", "an object"]
    assert json.loads(found.unread[0].raw) == shown(status="BEKLIYOR")
    assert PHONE not in repr(found)


def test_letters_of_no_alphabet_harm_their_own_movement_only() -> None:
    strange = json.dumps(shown(citizenName=NAME)).encode().replace(b"KISAMESAJ", b"\xff")
    found = page(
        b'{"after":"1_ab","list":[' + strange + b"," + json.dumps(shown()).encode() + b"]}"
    )

    assert len(found.movements) == 1
    (kept,) = found.unread
    assert PHONE.encode() in kept.raw and b"Deneme" not in kept.raw


def test_a_persons_name_reaches_nobody() -> None:
    named = page(a_page(shown(source="IYS_WEB_YENI", status="ONAY", citizenName=NAME)))

    request = seen(named.movements[0], BRAND, SeenHow.PULL, AT)

    assert NAME not in str(request.groups) + str(request.said)
    assert NAME.encode() not in as_shown(named.movements[0])


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[]",
        b'{"list":{}}',
        a_page(shown(), after=None),
        a_page(*[shown(status="ACCEPTED")] * STRANGE_MIN),
    ],
    ids=["html", "a-list", "no-list", "no-cursor", "nothing-readable"],
)
def test_what_is_no_page_is_refused_whole(body: bytes) -> None:
    with pytest.raises(Unreadable):
        page(body)


@pytest.mark.parametrize("body", [b"", b"{}", a_page(), a_page(after=None)])
def test_a_page_without_movements_moves_no_cursor(body: bytes) -> None:
    assert page(body) == page(b"")
    assert page(body).after is None


@given(
    st.builds(
        Movement,
        recipient=st.just(PHONE),
        recipient_type=st.sampled_from(RecipientType),
        channel=st.sampled_from([Channel.CALL, Channel.MESSAGE]),
        status=st.sampled_from(ConsentStatus),
        creation_date=st.just("2026-03-04 10:15:00"),
        transaction_id=st.text("0123456789abcdef", min_size=64, max_size=64),
        consent_date=st.none() | st.just("2026-03-04 10:15:00"),
        source=st.none() | st.sampled_from([one.value for one in ConsentSource]),
        digest=st.just(""),
    )
)
def test_a_movement_that_is_kept_as_shown_reads_as_the_same(movement: Movement) -> None:
    again = reading.movement(as_shown(movement))

    assert again == Movement(
        **{
            name: getattr(again if name == "digest" else movement, name)
            for name in movement.__struct_fields__
        }
    )


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (timedelta(hours=48), PullAge.FRESH),
        (timedelta(hours=48, seconds=1), PullAge.LATE),
        (timedelta(days=5), PullAge.LATE),
        (timedelta(days=5, seconds=1), PullAge.VERY_LATE),
        (LISTED - DELAY - MARGIN, PullAge.VERY_LATE),
        (LISTED - DELAY - MARGIN + timedelta(seconds=1), PullAge.LOST),
    ],
    ids=str,
)
def test_knowledge_grows_old(age: timedelta, expected: PullAge) -> None:
    """R60."""
    assert pull_age(AT - age, AT) is expected


@given(st.integers(0, 20 * 86_400))
def test_a_gap_is_certified_before_anything_can_be_missed(seconds: int) -> None:
    """R64: whatever is in no certificate is still listed, by the window of §5.10."""
    asked_at = AT - timedelta(seconds=seconds)

    gap = gap_of(BRAND, PullSource.IYS, asked_at, AT)

    if gap is None:
        assert known_to(asked_at) >= AT - LISTED
    else:
        assert datetime.fromisoformat(gap.since) == known_to(asked_at)
        assert known_to(asked_at) < datetime.fromisoformat(gap.until)
        assert datetime.fromisoformat(gap.until) >= AT - LISTED


def test_a_page_leads_to_the_second_before_its_last_movement() -> None:
    """One more of the same second may be on the next page."""
    last = datetime(2026, 3, 4, 7, 15, tzinfo=UTC)

    assert known_to(as_if_asked_at("2026-03-04 10:15:00")) == last - timedelta(seconds=1)


TEN_TO_TEN = Silence(AT - timedelta(minutes=50), AT - timedelta(minutes=10), "connect", 5)


def test_an_hour_of_silence_ends_where_the_next_begins() -> None:
    assert turned(TEN_TO_TEN, AT + timedelta(minutes=5)) == (AT, AT)


def test_an_hour_in_which_nobody_tried_is_not_claimed() -> None:
    later = AT + timedelta(minutes=51)

    assert turned(TEN_TO_TEN, later) == (later, TEN_TO_TEN.last_at)


def test_silence_ends_with_the_answer_or_where_nobody_tried_any_more() -> None:
    soon, late = TEN_TO_TEN.last_at + PATIENCE, TEN_TO_TEN.last_at + 2 * PATIENCE

    assert ended(TEN_TO_TEN, soon) == soon
    assert ended(TEN_TO_TEN, late) == TEN_TO_TEN.last_at
