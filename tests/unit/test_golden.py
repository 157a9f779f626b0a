"""The bytes of every event type, pinned: design.md §5, style.md B7.3."""

import json
from pathlib import Path

import msgspec
import pytest

from ledger.aggregates import bodies as b
from ledger.aggregates import events
from ledger.aggregates.bodies import ActBody
from ledger.aggregates.events import BODY_BY_TYPE, RESERVED_TYPES
from tests.golden.examples import FOLDER, golden_events
from tests.golden.write import GoldenDiffers, write_missing

GOLDEN = golden_events()
C3_TYPES = """
consent.granted consent.refused merchant.listed iys.seen iys.refused consent.evidence_added
consent.corrected consent.retracted consent.released
recipient.reassigned recipient.restricted recipient.erased
suppression.added suppression.lifted
ledger.opened ledger.key_rotated ledger.heads import.completed iys.snapshot iys.day_reconciled
import.retracted import.declared
iys.unreachable iys.gap decision.made disclosure.made case.opened case.closed text.registered
brand.opened brand.closed retailer.contract retailer.access_set
"""
"""The types that consent.md C3 names, and those that its C6 (decision 0007)
and C8 (0005) need."""


def stored(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


def test_the_table_holds_the_types_of_c3_and_no_other() -> None:
    assert set(BODY_BY_TYPE) == set(C3_TYPES.split())


def test_no_reserved_type_is_in_the_table() -> None:
    assert RESERVED_TYPES.isdisjoint(BODY_BY_TYPE)
    assert {
        "recipient.merged",
        "erasure.requested",
        "erasure.refused",
        "ledger.recovered",
        "consent.confirmation_sent",
    } == RESERVED_TYPES


def test_every_type_has_its_golden_file_and_no_file_is_left_over() -> None:
    minimal = {
        f"{name}.minimal.json" for name, body in BODY_BY_TYPE.items() if issubclass(body, ActBody)
    }

    assert {file.name for file in FOLDER.glob("*.json")} == minimal | {
        f"{name}.json" for name in BODY_BY_TYPE
    }


@pytest.mark.parametrize("name", GOLDEN)
def test_an_event_of_each_type_still_has_the_bytes_it_always_had(name: str) -> None:
    assert GOLDEN[name].state == stored(name)


@pytest.mark.parametrize("name", GOLDEN)
def test_a_stored_event_is_read_back_as_it_was_framed(name: str) -> None:
    read = events.read(stored(name), GOLDEN[name].position)

    assert read == GOLDEN[name]


@pytest.mark.parametrize("name", GOLDEN)
def test_a_body_encoded_before_the_lock_gives_the_same_event(name: str) -> None:
    event = GOLDEN[name]

    framed = events.frame(
        event.body,
        commit=event.commit,
        event_id=event.id,
        log=event.log,
        prev=event.prev,
        recorded=event.recorded,
        seq=event.seq,
        stream=event.stream,
        position=event.position,
        encoded=events.encode_body(event.body),
    )

    assert framed.state == stored(name)


@pytest.mark.parametrize("name", [name for name in GOLDEN if "minimal" not in name])
def test_the_example_of_a_type_gives_every_member(name: str) -> None:
    """Else the file would not pin the bytes of an optional member."""
    body = GOLDEN[name].body

    for field in msgspec.structs.fields(body):
        assert getattr(body, field.name) not in (field.default, None, ()), field.name


@pytest.mark.parametrize("name", [name for name in GOLDEN if "minimal" in name])
def test_an_act_with_nothing_optional_has_the_required_members_only(name: str) -> None:
    required = {
        field.encode_name
        for field in msgspec.structs.fields(type(GOLDEN[name].body))
        if field.required
    }

    assert set(json.loads(stored(name))["body"]) == required


def test_members_whose_names_python_keeps_for_itself_have_their_own_on_the_wire() -> None:
    granted = json.loads(stored("consent.granted.json"))["body"]
    corrected = json.loads(stored("consent.corrected.json"))["body"]

    assert granted["import"] == "0123456789abcdef"
    assert (corrected["field"], corrected["is"]) == ("consent_date", "2025-11-17 10:00:00")


def test_the_words_of_iys_stand_in_the_bytes() -> None:
    """A public client ships RED for RET: the wire words are pinned here once more."""
    seen = json.loads(stored("iys.seen.json"))["body"]

    assert (seen["state"], seen["channel"], seen["recipient_type"]) == ("ONAY", "MESAJ", "BIREYSEL")


def test_an_event_is_read_without_its_optional_members_as_if_they_were_never_there() -> None:
    read = events.read(stored("consent.granted.minimal.json"), 1).body

    assert isinstance(read, b.ConsentGranted)
    assert (read.evidence_kinds, read.not_pushed, read.defect) == ((), None, ())


def test_the_writer_writes_what_is_missing(tmp_path: Path) -> None:
    written = write_missing(tmp_path)

    assert set(written) == set(GOLDEN)
    assert all((tmp_path / name).read_bytes() == stored(name) for name in GOLDEN)
    assert write_missing(tmp_path) == []


def test_the_writer_refuses_to_overwrite_a_file(tmp_path: Path) -> None:
    (tmp_path / "consent.granted.json").write_bytes(b"{}")

    with pytest.raises(GoldenDiffers, match=r"^consent\.granted\.json$"):
        write_missing(tmp_path)

    assert (tmp_path / "consent.granted.json").read_bytes() == b"{}"
