"""A bundle by an operator who leaves out, mixes in, changes or backdates must be refused."""

import re
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.evidence.bundle_parts import Bundle, HeadsPart, Question
from ledger.evidence.checkpoint import Checkpoint, sign
from ledger.evidence.heads import ShownHead
from ledger.evidence.merkle import inclusion_path
from ledger.evidence.verify_bundle import Check
from ledger.vocabulary import Channel
from tests.bundle_builder import (
    ADDRESS,
    ANOTHER,
    AT,
    RECIPIENT,
    a_bundle,
    a_grant,
    a_line,
    a_refusal_of,
    a_story,
    a_trust_folder,
    as_seen,
    refusal,
    some_entries,
    unzipped,
    with_files,
    zipped,
)
from tests.bundle_world import BEGIN, BRAND, World, stamped

STORY = a_story()
WHOLE = a_bundle(STORY)
BUNDLE = zipped(WHOLE)
FILES = unzipped(BUNDLE)
HOUR = timedelta(hours=1)
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(b"another".ljust(32, b"."))


def changed(name: str, old: bytes, new: bytes) -> bytes:
    """The true bundle with some bytes of a file replaced, which stand there once."""
    assert FILES[name].count(old) == 1
    return with_files(BUNDLE, {name: FILES[name].replace(old, new)})


def a_short_bundle(world: World, *indexes: int, question: Question | None = None) -> Bundle:
    """Events, and nothing else."""
    return Bundle(
        origin=world.origin,
        made_at=world.now,
        question=question,
        events=[world.part(index, *world.opened[index]) for index in indexes],
        seals=world.seals,
    )


def with_heads(entries: list[ShownHead]) -> Bundle:
    """The true bundle with other entries of the map."""
    assert WHOLE.heads
    return replace(WHOLE, heads=HeadsPart(event=WHOLE.heads.event, entries=entries))


def test_the_newest_event_left_out(tmp_path: Path) -> None:
    assert refusal(tmp_path, replace(WHOLE, events=WHOLE.events[:-1])) == "STREAM_ENDS_OTHERWISE"


def test_an_event_in_the_middle_left_out(tmp_path: Path) -> None:
    events = [one for one in WHOLE.events if one.index != STORY.consents[1]]

    code = refusal(tmp_path, replace(WHOLE, events=events, decisions=[]))

    assert code == "EVENT_MISSING_IN_STREAM"


def test_the_first_event_left_out(tmp_path: Path) -> None:
    events = [one for one in WHOLE.events if one.index != STORY.consents[0]]

    code = refusal(tmp_path, replace(WHOLE, events=events, decisions=[]))

    assert code == "EVENT_MISSING_IN_STREAM"


def test_an_event_of_another_person_mixed_in(tmp_path: Path) -> None:
    of_another = STORY.world.part(2)
    assert str(ANOTHER).encode() in of_another.state
    events = sorted([*WHOLE.events, of_another], key=lambda one: one.index)

    assert refusal(tmp_path, replace(WHOLE, events=events)) == "EVENT_OF_ANOTHER_PERSON"


@pytest.mark.parametrize("asked", [{"channel": "ARAMA"}, {"brand": 1}, {"recipient_type": "TACIR"}])
def test_an_event_that_was_not_asked_for(asked: dict[str, object], tmp_path: Path) -> None:
    question = replace(Question(brand=BRAND), **asked)  # type: ignore[arg-type]  # a member each

    assert refusal(tmp_path, replace(WHOLE, question=question)) == "EVENT_NOT_ASKED_FOR"


def test_an_event_that_hides_in_a_stream_of_another_kind(tmp_path: Path) -> None:
    world = World()
    grant = a_grant()
    provider_stream = UUID("00000000-0000-8971-9bdb-9ac0e6e35114")
    lying = world.record(grant, {"recipient": RECIPIENT}, stream=provider_stream)
    world.seal()

    assert refusal(tmp_path, a_short_bundle(world, lying)) == "STREAM_NOT_OF_ITS_KEY"


@pytest.mark.parametrize(
    ("name", "old", "new", "code"),
    [
        ("events/0005.leaf", b'"via":"api"', b'"via":"sps"', "EVENT_NOT_IN_LOG"),
        ("events/0003.leaf", b'"ONAY"', b'"RET"', "PREVIOUS_EVENT_DIFFERS"),
        ("events/0002.leaf", b'"MESAJ"', b'"EPOSTA"', "STREAM_NOT_OF_ITS_KEY"),
        ("events/0005.leaf", b'"brand":123456,', b"", "STREAM_NOT_OF_ITS_KEY"),
        ("events/0001.leaf", b"izin-defteri/123456/b", b"izin-defteri/123456/c", "LOG_NOT_TRUSTED"),
        ("events/0002.leaf", b'"via":"api"', b'"via": "api"', "EVENT_MALFORMED"),
        ("events/0002.leaf", b'"via":"api"', b'"via":"api","via":"api"', "EVENT_MALFORMED"),
        ("events/0002.leaf", b'"via":"api"', b'"via":1.5', "EVENT_MALFORMED"),
        ("events/0002.leaf", b'"via":"api"', b'"via":"e\xcc\x81"', "EVENT_MALFORMED"),
        ("events/0002.leaf", b'"via":"api"', b'"via":"%s"' % (b"x" * 17_000), "EVENT_MALFORMED"),
        ("events/0002.leaf", b'"v":1}', b'"v":2}', "EVENT_MALFORMED"),
        ("events/0002.leaf", b'"seq":1,', b'"seq":2,', "EVENT_MALFORMED"),
        ("events/0002.leaf", b'"id":', b'"extra":1,"id":', "EVENT_MALFORMED"),
        ("events/0002.leaf", b"\x00{", b"\x01{", "EVENT_MALFORMED"),
        ("events/0002.disclosure.json", b"0501 000", b"0502 000", "DISCLOSURE_NOT_OF_EVENT"),
        ("events/0002.disclosure.json", b'"recipient":', b'"note":', "DISCLOSURE_NOT_OF_EVENT"),
        ("events/0002.disclosure.json", b',"value"', b',"v":1,"value"', "DISCLOSURE_MALFORMED"),
        ("decisions/0001.line.json", b"AT_IYS", b"RET_QUEUED", "LINE_NOT_OF_DECISION"),
        ("decisions/0001.line.json", b'"size":5', b'"size":6', "LINE_NOT_OF_DECISION"),
        ("decisions/0001.line.json", b'"PERMITTED"', b'"PERMITTED","z":1', "DISCLOSURE_MALFORMED"),
        ("decisions/0001.line.json", b'"0004"', b'"0009"', "DISCLOSURE_MALFORMED"),
        ("decisions/0001.line.json", b'"0004"', b'"0005"', "DISCLOSURE_MALFORMED"),
        ("heads/heads.leaf", b'"streams":5', b'"streams":6', "EVENT_NOT_IN_LOG"),
    ],
)
def test_bytes_changed(name: str, old: bytes, new: bytes, code: str, tmp_path: Path) -> None:
    if name == "events/0001.leaf":  # the name of the log stands in its body too
        log = STORY.world.origin.encode()
        old, new = b'"log":"%s' % log, b'"log":"%s' % (log[:-1] + b"0")

    assert refusal(tmp_path, changed(name, old, new)) == code


def test_a_salt_in_another_spelling(tmp_path: Path) -> None:
    name = "events/0002.disclosure.json"
    found = re.search(rb'"salt":"([0-9a-f]+)"', FILES[name])
    assert found

    assert refusal(tmp_path, changed(name, found[1], found[1].upper())) == "DISCLOSURE_MALFORMED"


def test_an_inner_node_presented_as_an_event(tmp_path: Path) -> None:
    first, second = (event.leaf_hash for event in STORY.world.events[:2])
    forged = with_files(BUNDLE, {"events/0001.leaf": first + second})

    assert refusal(tmp_path, forged) == "EVENT_MALFORMED"


def test_two_addresses_of_one_person(tmp_path: Path) -> None:
    world, grant = World(), a_grant()
    indexes = [world.record(grant, {"recipient": RECIPIENT})]
    other = {**RECIPIENT, "address": "tel:+905010000303"}
    indexes.append(world.record(a_refusal_of(grant), {"recipient": other}))
    world.seal()

    assert refusal(tmp_path, a_short_bundle(world, *indexes)) == "ADDRESSES_DIFFER"


def test_a_decision_about_another_address(tmp_path: Path) -> None:
    lines = STORY.run.lines
    index = next(at for at, line in enumerate(lines) if line[1] != ADDRESS)
    hashes = STORY.run.hashes
    salt, address, verdict, reason = lines[index]
    size = len(hashes)

    line = replace(
        a_line(STORY, number=4),
        index=index,
        salt=salt,
        address=address,
        verdict=verdict,
        reason=reason,
        path=inclusion_path(index, size, STORY.run.node),
    )

    assert refusal(tmp_path, replace(WHOLE, decisions=[line])) == "ADDRESSES_DIFFER"


def test_an_event_put_behind_a_seal_and_dated_before_it(tmp_path: Path) -> None:
    world, grant = World(), a_grant()
    first = world.record(grant, {"recipient": RECIPIENT})
    before = world.events[first].recorded
    world.now += HOUR
    world.seal()
    late = world.record(a_refusal_of(grant), {"recipient": RECIPIENT}, recorded=before)
    world.seal()

    assert refusal(tmp_path, a_short_bundle(world, first, late)) == "BACKDATED"


def test_a_server_whose_clock_runs_ahead(tmp_path: Path) -> None:
    story = a_story(World(tsa_ahead=-2 * HOUR))

    assert refusal(tmp_path, a_bundle(story)) == "RECORDED_AFTER_SEAL"


def test_a_seal_too_late_for_the_auditor(tmp_path: Path) -> None:
    story = a_story(World(tsa_ahead=3 * HOUR))

    assert refusal(tmp_path, a_bundle(story), max_seal_delay_hours=2) == "SEALED_TOO_LATE"


def test_events_in_another_order_than_the_logs(tmp_path: Path) -> None:
    turned = a_short_bundle(STORY.world, *reversed(STORY.context))

    assert refusal(tmp_path, turned) == "EVENTS_OUT_OF_ORDER"


def test_one_event_shown_twice(tmp_path: Path) -> None:
    twice = a_short_bundle(STORY.world, STORY.context[0], STORY.context[0])

    assert refusal(tmp_path, twice) == "EVENTS_OUT_OF_ORDER"


def test_a_history_written_anew_behind_a_seal(tmp_path: Path) -> None:
    other = World()
    for _ in range(3):
        other.record(as_seen(ANOTHER), {"iys": 1})
    made = other.seal()
    seals = list(STORY.world.seals)
    true = seals[1].previous
    assert true and made.size == seals[0].size
    lie = replace(true, checkpoint=made.checkpoint, seal_bin=made.seal_bin, tokens=made.tokens)
    seals[1] = replace(seals[1], previous=lie)

    assert refusal(tmp_path, replace(WHOLE, seals=seals)) == "LOG_REWRITTEN"


def test_a_consistency_proof_altered(tmp_path: Path) -> None:
    name = "seals/9/previous/consistency"
    first, second, *others = FILES[name].split(b"\n")
    swapped = b"\n".join([second, first, *others])

    assert refusal(tmp_path, with_files(BUNDLE, {name: swapped})) == "LOG_REWRITTEN"
    for bad in (FILES[name][:-1], b"", FILES[name] * 2, b"x" + FILES[name]):
        assert refusal(tmp_path, with_files(BUNDLE, {name: bad})) == "PREVIOUS_SEAL_MALFORMED"


def test_a_previous_seal_that_is_not_before(tmp_path: Path) -> None:
    seals = list(STORY.world.seals)
    own = seals[1]
    assert own.previous
    lie = replace(own.previous, checkpoint=own.checkpoint, seal_bin=own.seal_bin, tokens=own.tokens)
    seals[1] = replace(own, previous=lie)

    assert refusal(tmp_path, replace(WHOLE, seals=seals)) == "EVENT_NOT_OF_BATCH"


def test_a_previous_seal_stamped_after_this_one(tmp_path: Path) -> None:
    world, grant = World(tsa_ahead=HOUR), a_grant()
    first = world.record(grant, {"recipient": RECIPIENT})
    world.seal()
    world.tsa_ahead = timedelta()
    second = world.record(a_refusal_of(grant), {"recipient": RECIPIENT})
    world.seal()

    code = refusal(tmp_path, a_short_bundle(world, first, second), max_seal_delay_hours=2)

    assert code == "PREVIOUS_SEAL_MALFORMED"


@pytest.mark.parametrize("is_its_own", [True, False])
def test_a_seal_without_new_events_before_bounds_too_if_it_is_this_logs(
    is_its_own: bool, tmp_path: Path
) -> None:
    world, seals = STORY.world, list(STORY.world.seals)
    origin = world.origin if is_its_own else World(key=OTHER_KEY).origin
    size, before = seals[0].size, seals[1].previous
    assert before
    tree = Checkpoint(origin, size, world.node(0, size))
    checkpoint = sign(tree, world.key if is_its_own else OTHER_KEY).encode()
    token = stamped(sha256(checkpoint).digest(), BEGIN + timedelta(minutes=4, seconds=30))
    beating = replace(before, checkpoint=checkpoint, seal_bin=checkpoint, tokens=[token])
    seals[1] = replace(seals[1], previous=beating)
    bundle = replace(WHOLE, seals=seals)

    if is_its_own:
        assert accepted(tmp_path, bundle)
    else:
        assert refusal(tmp_path, bundle) == "PREVIOUS_SEAL_MALFORMED"


def accepted(folder: Path, bundle: Bundle) -> bool:
    """Raises Refused."""
    trust = a_trust_folder(folder / "trust")
    (folder / "bundle.zip").write_bytes(zipped(bundle))
    Check(folder / "bundle.zip", trust, at=AT).run()
    return True


def test_the_previous_seal_hidden(tmp_path: Path) -> None:
    hidden = {name: None for name in FILES if name.startswith("seals/9/previous/")}

    assert refusal(tmp_path, with_files(BUNDLE, hidden)) == "EVENT_NOT_OF_BATCH"


# The statement of how streams end


@pytest.mark.parametrize("left_out", [0, 1, 2])
def test_an_entry_or_its_neighbour_left_out_of_the_heads(left_out: int, tmp_path: Path) -> None:
    entries = some_entries(STORY)
    assert len(entries) == 3
    del entries[left_out]

    assert refusal(tmp_path, with_heads(entries)) == "HEADS_ENTRY_MISSING"


def test_entries_out_of_order(tmp_path: Path) -> None:
    entries = some_entries(STORY)

    assert refusal(tmp_path, with_heads(entries[::-1])) == "HEADS_OUT_OF_ORDER"
    assert refusal(tmp_path, with_heads([*entries, entries[-1]])) == "HEADS_OUT_OF_ORDER"


def test_an_entry_that_is_not_in_the_map(tmp_path: Path) -> None:
    entries = some_entries(STORY)
    stream, seq, leaf = entries[1].head
    entries[1] = replace(entries[1], head=(stream, seq - 1, leaf))

    assert refusal(tmp_path, with_heads(entries)) == "HEADS_ENTRY_WRONG"


def test_two_entries_of_one_stream(tmp_path: Path) -> None:
    story = a_story()
    world = story.world
    stream = world.events[story.consents[0]].stream
    world.state_heads(twice=(stream, 2, world.events[story.consents[1]].leaf_hash))
    world.seal()
    heads = len(world.events) - 1
    entries = [world.shown_head(index) for index in range(len(world.map))]
    told = HeadsPart(event=world.part(heads), entries=entries)
    shown = replace(a_bundle(story, heads=told), events=a_bundle(story).events[:-1])

    assert [head[0] for head in world.map].count(stream) == 2
    assert refusal(tmp_path, shown) == "HEADS_OUT_OF_ORDER"


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"-7abc-", b"7abc--"), (b'{"entries"', b'{"also":1,"entries"'), (b'"seq":3', b'"seq":-3')],
)
def test_entries_in_another_form(old: bytes, new: bytes, tmp_path: Path) -> None:
    name = "heads/entries.json"
    if old == b"-7abc-":
        stream = str(some_entries(STORY)[1].head[0]).encode()
        old, new = stream, stream.replace(b"-", b"", 1)

    assert refusal(tmp_path, changed(name, old, new)) == "HEADS_MALFORMED"


def test_an_event_of_another_type_as_heads(tmp_path: Path) -> None:
    other = HeadsPart(event=STORY.world.part(STORY.decision), entries=some_entries(STORY))

    assert refusal(tmp_path, replace(WHOLE, heads=other)) == "HEADS_MALFORMED"


def test_a_statement_about_events_that_came_after_it(tmp_path: Path) -> None:
    story = a_story()
    heads = story.world.state_heads(size=len(story.world.events) + 1)
    story.world.seal()
    entries = [story.world.shown_head(index) for index in range(len(story.world.map))]
    told = HeadsPart(event=story.world.part(heads), entries=entries)

    assert refusal(tmp_path, a_bundle(story, heads=told)) == "HEADS_MALFORMED"


def test_an_entry_of_a_stream_that_was_not_there_yet(tmp_path: Path) -> None:
    story = a_story()
    world, size = story.world, len(story.world.events)
    later = world.record(a_grant(channel=Channel.CALL), {"recipient": RECIPIENT})
    heads = world.state_heads(size=size)
    world.seal()
    entries = [world.shown_head(index) for index in range(len(world.map))]
    true = a_bundle(story, question=Question(brand=BRAND))

    shown = replace(
        true,
        events=[*true.events, world.part(later)],
        heads=HeadsPart(event=world.part(heads), entries=entries),
    )

    assert refusal(tmp_path, shown) == "STREAM_ENDS_OTHERWISE"
