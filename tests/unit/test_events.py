"""Reading stored events, believing nothing: design.md §5."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from ledger.aggregates import events
from ledger.aggregates.events import RESERVED_TYPES, Event
from ledger.errors import LedgerBroken
from ledger.evidence import canonical
from ledger.evidence.canonical import ZERO_HASH, OutsideProfile
from tests.builders import LOG, SUBJECT, a_key, an_act_body, an_event
from tests.golden.examples import golden_events

GOLDEN = golden_events()
SECOND = 2
HASH = "ab" * 32
MEMBERS = ("body", "id", "log", "prev", "recorded", "seq", "stream", "type", "v")

Json = dict[str, Any]  # an event as plain JSON, to be spoilt


def sound() -> Json:
    """A sound event, second in its stream, as plain JSON."""
    value: Json = json.loads(an_event(seq=SECOND, prev=HASH).state)
    return value


def spelled(value: object) -> bytes:
    """Sorted and compact, whatever it says."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def spoilt(**changes: object) -> bytes:
    return spelled({**sound(), **changes})


def spoilt_body(**changes: object) -> bytes:
    value = sound()
    return spelled({**value, "body": {**value["body"], **changes}})


def read_fails(state: bytes, because: str) -> None:
    with pytest.raises(LedgerBroken, match=because):
        events.read(state, 7)


UNREADABLE = r"^event 7: the envelope or body cannot be read$"
WRONG_STREAM = r"^event 7: the stream does not follow from the key$"


def wrong_form(member: str) -> str:
    return rf"^event 7: {member} has the wrong form$"


def test_a_sound_event_is_read() -> None:
    """Without this, every refusal below could have another reason."""
    read = events.read(spelled(sound()), 7)

    assert (read.seq, read.prev, read.commit) == (SECOND, HASH, {"recipient": HASH})
    assert (read.position, read.body) == (7, an_act_body())


@pytest.mark.parametrize("member", MEMBERS)
def test_an_event_without_one_of_its_members_is_refused(member: str) -> None:
    value = sound()
    del value[member]

    read_fails(spelled(value), UNREADABLE)


def test_an_event_with_a_member_too_many_is_refused() -> None:
    read_fails(spoilt(extra=1), UNREADABLE)


@pytest.mark.parametrize("member", MEMBERS)
def test_no_member_may_be_null(member: str) -> None:
    read_fails(spoilt(**{member: None}), UNREADABLE)


@pytest.mark.parametrize("version", [0, 2, "1", True, None])
def test_an_envelope_of_another_version_is_refused(version: object) -> None:
    read_fails(spoilt(v=version), f"{UNREADABLE}|{wrong_form('v')}")


@pytest.mark.parametrize(
    "name", ["consent.given", "consent.granted.2", "Consent.granted", "ledger.consent.granted", ""]
)
def test_an_event_of_unknown_type_is_refused(name: str) -> None:
    read_fails(spoilt(type=name), UNREADABLE)


@pytest.mark.parametrize("name", sorted(RESERVED_TYPES))
def test_an_event_of_a_reserved_type_is_refused(name: str) -> None:
    read_fails(spoilt(type=name), UNREADABLE)


@pytest.mark.parametrize(
    "stream",
    [
        pytest.param(str(a_key().subject), id="the-subject"),
        pytest.param("019a9153-2800-826d-b229-a5a1185e4350", id="of-the-merchant"),
        pytest.param(str(a_key().stream).upper(), id="upper-case"),
        pytest.param(a_key().stream.hex, id="no-dashes"),
        pytest.param(a_key().stream.urn, id="urn"),
        pytest.param(f"{{{a_key().stream}}}", id="braces"),
    ],
)
def test_an_event_of_another_stream_is_refused(stream: str) -> None:
    read_fails(spoilt(stream=stream), WRONG_STREAM)


def test_a_stream_that_is_no_uuid_is_refused() -> None:
    read_fails(spoilt(stream="consent-1"), UNREADABLE)


@pytest.mark.parametrize(
    "change",
    [
        {"brand": 654321},
        {"channel": "ARAMA"},
        {"recipient_type": "TACIR"},
        {"subject": "019a9153-2800-7abc-8123-456789abcde0"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_body_of_another_key_than_the_streams_is_refused(change: Json) -> None:
    read_fails(spoilt_body(**change), WRONG_STREAM)


@pytest.mark.parametrize("name", GOLDEN)
def test_an_event_of_any_type_is_bound_to_its_stream(name: str) -> None:
    other = "00000000-0000-8000-8000-000000000000"
    value = json.loads(GOLDEN[name].state)

    read_fails(spelled({**value, "stream": other}), WRONG_STREAM)


def test_a_providers_event_is_bound_to_its_log() -> None:
    value = json.loads(GOLDEN["brand.opened.json"].state)

    read_fails(spelled({**value, "log": LOG.replace("0", "1")}), WRONG_STREAM)


@pytest.mark.parametrize(
    ("seq", "prev"),
    [(1, HASH), (SECOND, ZERO_HASH)],
    ids=["first-behind-another", "second-behind-none"],
)
def test_only_a_first_event_has_none_before_it(seq: int, prev: str) -> None:
    read_fails(spoilt(seq=seq, prev=prev), wrong_form("prev and seq"))


@pytest.mark.parametrize("seq", [0, -1, "2", True])
def test_a_place_in_the_stream_counts_from_one(seq: object) -> None:
    read_fails(spoilt(seq=seq), f"{UNREADABLE}|{wrong_form('seq')}")


@pytest.mark.parametrize(
    "prev", [HASH.upper(), HASH[1:], HASH + "a", "", "g" * 64, HASH + "\n"], ids=len
)
def test_a_previous_hash_has_64_lower_case_hex_digits(prev: str) -> None:
    read_fails(spoilt(prev=prev), wrong_form("prev"))


@pytest.mark.parametrize(
    "event_id",
    [
        pytest.param("019A9157-BC60-7123-8456-789ABCDEF012", id="upper-case"),
        pytest.param("019a9157bc6071238456789abcdef012", id="no-dashes"),
        pytest.param("019a9157-bc60-4123-8456-789abcdef012", id="version-4"),
        pytest.param("019a9157-bc60-8123-8456-789abcdef012", id="version-8"),
        pytest.param("019a9157-bc60-7123-c456-789abcdef012", id="another-variant"),
        pytest.param("019a9157-bc60-7123-8456-789abcdef012\n", id="newline-behind"),
        pytest.param("", id="empty"),
    ],
)
def test_an_events_id_is_a_lower_case_uuid_of_version_7(event_id: str) -> None:
    read_fails(spoilt(id=event_id), wrong_form("id"))


@pytest.mark.parametrize(
    "recorded",
    [
        "2025-11-18T09:00:00Z",
        "2025-11-18T09:00:00.123Z",
        "2025-11-18T09:00:00.000000+00:00",
        "2025-11-18 09:00:00.000000Z",
        "2025-11-18T09:00:00.000000z",
        "2025-13-18T09:00:00.000000Z",
        "2025-11-18T24:00:01.000000Z",
        "2025-11-18T09:00:00.000000Z\n",
        "٢٠٢٥-11-18T09:00:00.000000Z",
        "20251118T090000.000000Z",
        "",
    ],
)
def test_an_instant_of_recording_has_one_form_only(recorded: str) -> None:
    read_fails(spoilt(recorded=recorded), f"{UNREADABLE}|{wrong_form('recorded')}")


@pytest.mark.parametrize(
    "commit",
    [
        pytest.param({}, id="empty"),
        pytest.param({"recipient": HASH, "": HASH}, id="group-without-name"),
        pytest.param({"recipient": HASH, "Note": HASH}, id="upper-case-group"),
        pytest.param({"recipient": HASH, "note1": HASH}, id="digit-in-group"),
        pytest.param({"recipient": HASH, "no-te": HASH}, id="dash-in-group"),
        pytest.param({"recipient": HASH, "note\n": HASH}, id="newline-in-group"),
        pytest.param({"recipient": HASH, "a" * 33: HASH}, id="group-of-33"),
        pytest.param({"recipient": HASH.upper()}, id="upper-case-hash"),
        pytest.param({"recipient": HASH[1:]}, id="short-hash"),
        pytest.param({"recipient": ""}, id="no-hash"),
    ],
)
def test_a_commitment_without_group_name_or_hash_is_refused(commit: dict[str, str]) -> None:
    read_fails(spoilt(commit=commit), wrong_form("commit"))


@pytest.mark.parametrize("commit", [None, [], "x", {"recipient": 1}], ids=repr)
def test_commitments_are_an_object_of_texts(commit: object) -> None:
    read_fails(spoilt(commit=commit), UNREADABLE)


def test_a_group_name_of_32_letters_is_read() -> None:
    commit = {"recipient": HASH, "a_" * 16: HASH}

    assert events.read(spoilt(commit=commit), 7).commit == commit


@pytest.mark.parametrize(
    "name", ["consent.granted.json", "consent.refused.json", "merchant.listed.minimal.json"]
)
def test_an_act_that_does_not_bind_its_recipient_is_refused(name: str) -> None:
    """§5: the `recipient` group is required on acts."""
    value = json.loads(GOLDEN[name].state)
    del value["commit"]

    read_fails(spelled(value), "^event 7: ")


@pytest.mark.parametrize(
    "log",
    ["", LOG.upper(), LOG + "\n", "defter-ş"],
    ids=["empty", "upper-case", "newline", "not-ascii"],
)
@pytest.mark.parametrize("name", ["consent.granted.json", "brand.opened.json"])
def test_the_name_of_the_log_has_one_form_only(name: str, log: str) -> None:
    """§5: `izin-defteri/<iysCode>/<16 hex>`; and whatever it is, no other error comes out."""
    value = json.loads(GOLDEN[name].state)

    read_fails(spelled({**value, "log": log}), "^event 7: ")


@pytest.mark.parametrize(
    "subject",
    [
        pytest.param(str(SUBJECT).upper(), id="upper-case"),
        pytest.param(SUBJECT.hex, id="no-dashes"),
        pytest.param("kim", id="no-uuid"),
    ],
)
def test_a_subject_is_a_lower_case_dashed_uuid(subject: str) -> None:
    """§5. The stream alone does not show it: it is made from the parsed subject."""
    read_fails(spoilt_body(subject=subject), "^event 7: ")


def test_a_subject_is_a_uuid_of_version_7() -> None:
    """C1: the stream begins with its time."""
    subject = "019a9153-2800-4abc-8123-456789abcdef"
    stream = a_key(subject=type(SUBJECT)(subject)).stream
    value = sound()
    value["body"]["subject"] = subject

    read_fails(spelled({**value, "stream": str(stream)}), "^event 7: ")


@pytest.mark.parametrize(
    "change",
    [
        {"channel": "SMS"},
        {"source": "HS_KAHVE"},
        {"basis": "hearsay"},
        {"brand": "123456"},
        {"row": 1.5},
        {"evidence_kinds": "form"},
        {"consent_date": 1},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_body_whose_members_have_another_kind_is_refused(change: Json) -> None:
    with pytest.raises(LedgerBroken):
        events.read(spoilt_body(**change), 7)


def test_a_body_without_a_required_member_is_refused() -> None:
    value = sound()
    del value["body"]["tzdata"]

    read_fails(spelled(value), UNREADABLE)


@pytest.mark.parametrize("name", GOLDEN)
def test_members_of_a_body_that_nobody_knows_yet_are_ignored_but_keep_their_bytes(
    name: str,
) -> None:
    value = json.loads(GOLDEN[name].state)
    value["body"]["zz_later"] = {"of": ["another", "release"]}
    state = spelled(value)

    read = events.read(state, 7)

    assert read.body == GOLDEN[name].body
    assert (read.state, read.leaf_hash) == (state, canonical.leaf_hash(state))


def respaced(state: bytes) -> bytes:
    return state.replace(b'"v":1', b'"v": 1')


def reordered(state: bytes) -> bytes:
    value = json.loads(state)
    return json.dumps(dict(reversed(value.items())), separators=(",", ":")).encode()


@pytest.mark.parametrize("change", [respaced, reordered])
def test_another_spelling_of_the_same_event_is_refused(change: Callable[[bytes], bytes]) -> None:
    state = an_event().state
    assert json.loads(change(state)) == json.loads(state)

    with pytest.raises(OutsideProfile):
        events.read(change(state), 7)


def test_what_the_profile_has_no_bytes_for_is_not_framed() -> None:
    with pytest.raises(OutsideProfile):
        an_event(an_act_body(reason="o\u0308rnek"))


def test_a_body_that_fits_alone_but_not_in_its_envelope_is_not_framed() -> None:
    room = canonical.STATE_BYTES_MAX - len(an_event(an_act_body(reason="a")).state)
    longest, too_long = an_act_body(reason="a" * (room + 1)), an_act_body(reason="a" * (room + 2))

    assert len(an_event(longest).state) == canonical.STATE_BYTES_MAX
    assert len(events.encode_body(too_long)) < canonical.STATE_BYTES_MAX
    with pytest.raises(OutsideProfile):
        an_event(too_long)


@pytest.mark.parametrize("group", ["", "Note", "note1", "a" * 33, "ş"])
def test_a_group_that_could_not_be_read_is_not_framed(group: str) -> None:
    with pytest.raises(OutsideProfile):
        an_event(groups=("recipient", group))


def test_an_event_without_commitments_has_no_such_member() -> None:
    assert "commit" not in json.loads(GOLDEN["brand.opened.json"].state)
    assert events.read(GOLDEN["brand.opened.json"].state, 7).commit == {}


def test_an_event_speaks_the_librarys_words() -> None:
    event: Event = an_event(seq=SECOND, prev=HASH)

    assert (event.originator_id, event.originator_version) == (a_key().stream, SECOND)
    assert (event.topic, event.position) == ("ledger.consent.granted", 102)
    assert event.recorded_at.isoformat() == "2025-11-18T09:00:00+00:00"


def test_an_event_prints_nothing_of_what_it_says() -> None:
    assert repr(an_event()) == "<Event 101 consent.granted seq=1>"
