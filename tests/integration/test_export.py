"""Everything leaves: parts that verify alone, whole streams, nothing of anybody else."""

import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from ledger import bootstrap
from ledger.aggregates.bodies import ConsentBody
from ledger.aggregates.events import Event
from ledger.aggregates.provider_bodies import LedgerHeads
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.errors import LedgerError
from ledger.evidence.checkpoint import Checkpoint, sign
from ledger.evidence.heads import HeadsMap
from ledger.proving import export_parts
from ledger.proving.export_choice import Choice
from ledger.proving.export_folder import FolderRefused
from ledger.proving.export_heads import HeadsWalk
from ledger.recording.barring import Bar
from ledger.recording.request import Request
from ledger.settings import Settings
from ledger.store.log import LogTables
from ledger.vocabulary import BrandCode
from tests.integration.acts import BRAND_CODE, CLERK, IYS_CODE, LATER, a_request
from tests.integration.exporting import Out

OTHER_BRAND = BrandCode(654321)
TODAY = date(2026, 11, 24)


@pytest.fixture
def out(home: Home, tmp_path: Path) -> Out:
    return Out(home, tmp_path / "out")


@pytest.fixture
def tables(home: Home) -> LogTables:
    return home.logs.tables(IYS_CODE)


def all_events(home: Home) -> Sequence[Event]:
    store = home.ledger(IYS_CODE).store
    found = store.events_at(range(1, store.last_position() + 1))
    return [found[position] for position in sorted(found)]


def for_brand(request: Request, brand: BrandCode) -> Request:
    return Request(
        request.address, brand, request.channel, request.recipient_types, request.command
    )


def three_batches(home: Home, ledger: ConsentLedger) -> None:
    """Twelve people in three seals, the first four with events in each of them."""
    keeper = home.logs.keeper(IYS_CODE)
    ledger.record([a_request(number) for number in range(1, 13)])
    keeper.seal()
    ledger.record([a_request(number, "RET", LATER) for number in range(1, 5)])
    keeper.seal()
    ledger.record([a_request(number, channel="ARAMA") for number in range(1, 5)])
    keeper.note_heads(TODAY)


def test_small_parts_hold_every_event_once_and_every_stream_whole(
    home: Home, ledger: ConsentLedger, out: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    three_batches(home, ledger)
    monkeypatch.setattr(export_parts, "EVENTS_AIM", 5)

    made = out.export()

    events = all_events(home)
    found = out.ids()
    opened = events[0].id
    assert (made.size, made.events, set(found)) == (
        len(events),
        len(events),
        {one.id for one in events},
    )
    assert found.pop(opened) == made.parts == len(out.parts) >= 5
    assert set(found.values()) == {1}
    checked = [out.check(part) for part in out.parts]
    assert sum(one["streams"] for one in checked) == made.consents == 16
    assert sum(one["events"] for one in checked) == len(events) + made.parts - 1
    with_streams = [one for one in checked if one["streams"]]
    assert {one["complete_as_of"] for one in with_streams} == {TODAY.isoformat()}


def test_the_seals_bound_a_part_too(
    home: Home, ledger: ConsentLedger, out: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    three_batches(home, ledger)
    monkeypatch.setattr(export_parts, "SEALS_AIM", 1)

    made = out.export()

    assert made.parts > 4
    for part in out.parts:
        out.check(part)


def test_the_bytes_of_the_seals_count(
    home: Home, ledger: ConsentLedger, out: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.record([a_request(number) for number in range(1, 9)])
    monkeypatch.setattr(export_parts, "BYTES_AIM", 32 << 10)

    made = out.export()

    assert 1 < made.parts < made.events
    for part in out.parts:
        out.check(part)


def test_a_brand_leaves_without_the_others(home: Home, ledger: ConsentLedger, out: Out) -> None:
    home.add_brand(IYS_CODE, OTHER_BRAND, "Öteki", actor="system:test")
    both, only_other = a_request(1), for_brand(a_request(2), OTHER_BRAND)
    ledger.record([both, for_brand(both, OTHER_BRAND), only_other])
    ledger.suppress(both.address, Bar("EVERYWHERE"), actor=CLERK)
    ledger.suppress(both.address, Bar("THERE", OTHER_BRAND), actor=CLERK)
    ledger.suppress(a_request(3).address, Bar("UNKNOWN"), actor=CLERK)
    ledger.suppress(only_other.address, Bar("NOT_OURS"), actor=CLERK)

    made = out.export(Choice(BRAND_CODE))

    bodies = [one["body"] for one in out.events(out.parts[0])]
    assert {body.get("brand") for body in bodies} == {None, BRAND_CODE}
    assert [body["reason"] for body in bodies if "reason" in body] == ["EVERYWHERE"]
    assert (made.consents, out.notes) == (1, [(BRAND_CODE, 1)])
    tables = {one.name for one in out.path.glob("*.csv")}
    assert tables == {f"acts-{BRAND_CODE}.csv", f"current-{BRAND_CODE}.csv"}
    out.check(out.parts[0])


def test_all_of_a_provider_is_all_of_it(home: Home, ledger: ConsentLedger, out: Out) -> None:
    home.add_brand(IYS_CODE, OTHER_BRAND, "Öteki", actor="system:test")
    both = a_request(1)
    ledger.record([both, for_brand(both, OTHER_BRAND)])
    ledger.suppress(a_request(3).address, Bar("UNKNOWN"), actor=CLERK)

    made = out.export()

    assert set(out.ids()) == {one.id for one in all_events(home)}
    assert (made.consents, sorted(out.notes)) == (2, [(BRAND_CODE, 1), (OTHER_BRAND, 1)])


def test_days_choose_streams_and_take_them_whole(
    home: Home, ledger: ConsentLedger, out: Out
) -> None:
    ledger.record([a_request(1), a_request(2)])
    ledger.record([a_request(3), a_request(2, "RET", LATER)])
    late = all_events(home)[-1].recorded

    out.export(Choice(BRAND_CODE, since=late))

    consents = [one for one in out.events(out.parts[0]) if "channel" in one["body"]]
    assert sorted(one["type"] for one in consents) == [
        "consent.granted",
        "consent.granted",
        "consent.refused",
    ]
    assert out.check(out.parts[0])["streams"] == 2
    before = Out(home, out.path.parent / "before")
    before.export(Choice(BRAND_CODE, until=late))
    assert before.check(before.parts[0])["streams"] == 2


def test_what_is_not_asked_for_stays_closed(home: Home, ledger: ConsentLedger, out: Out) -> None:
    ledger.record([a_request(1)])

    out.export(opened=frozenset({"iys"}))

    with zipfile.ZipFile(out.parts[0]) as archive:
        content = b"".join(map(archive.read, archive.namelist()))
    assert b"+90501" not in content
    assert out.check(out.parts[0])["shown"] == 0


def test_a_reading_is_noted_before_it_is_written(
    home: Home, ledger: ConsentLedger, out: Out
) -> None:
    ledger.record([a_request(1)])

    def refuse(brand: BrandCode, count: int) -> None:
        raise LedgerError("the access log is full")

    with pytest.raises(LedgerError, match="full"):
        out.export(note=refuse)

    left = {one.name for one in out.path.rglob("*") if one.is_file()}
    assert left == {"OKU-BENI.txt"}
    with pytest.raises(FolderRefused):
        out.export()


def test_a_failure_on_the_way_leaves_no_sums(
    home: Home, ledger: ConsentLedger, out: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.record([a_request(number) for number in range(1, 9)])
    monkeypatch.setattr(export_parts, "EVENTS_AIM", 4)
    noted = iter(range(2))

    def third_time(brand: BrandCode, count: int) -> None:
        if next(noted, None) is None:
            raise LedgerError("the access log is full")

    with pytest.raises(LedgerError, match="full"):
        out.export(note=third_time)

    left = {one.name for one in out.path.rglob("*") if one.is_file()}
    assert "SHA256SUMS" not in left
    assert not [name for name in left if name.endswith((".csv", ".draft"))]


def test_the_walk_shows_what_the_map_shows(
    home: Home, ledger: ConsentLedger, tables: LogTables
) -> None:
    ledger.record([a_request(number) for number in range(1, 600)])
    noted = home.logs.keeper(IYS_CODE).note_heads(TODAY)
    assert noted is not None
    body = noted.body
    assert isinstance(body, LedgerHeads)
    kept = HeadsMap(tables, body.size, body.streams)
    streams = [one.stream for one in all_events(home) if isinstance(one.body, ConsentBody)]

    walk = HeadsWalk(tables, body.size, body.streams)
    some = sorted(streams)[250:262] + sorted(streams)[-1:]
    shown = walk.show([*some, UUID(int=1 << 127)])

    expected = {one.index: one for stream in some for one in kept.show(stream)}
    assert shown == [expected[index] for index in sorted(expected)]
    assert walk.show([UUID(int=1 << 127)]) == []
    assert {one.head[0] for one in walk.show(streams)} >= set(streams)


def test_a_log_that_goes_on_under_another_name_leaves_in_parts_that_verify(
    home: Home,
    ledger: ConsentLedger,
    settings: Settings,
    out: Out,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ledger.record([a_request(number) for number in range(1, 8)])
    home.logs.keeper(IYS_CODE).seal()
    key, place = home.logs.key(IYS_CODE), home.logs.second_place(IYS_CODE)
    with place.turn():
        place.write(sign(Checkpoint(key.origin, 1_000, bytes(32)), key.private))
    home.logs.recover(IYS_CODE, actor="system:test")
    monkeypatch.setattr(export_parts, "EVENTS_AIM", 3)

    with bootstrap.home(settings) as recovered:
        recovered.ledger(IYS_CODE).record([a_request(8), a_request(1, "RET", LATER)])
        recovered.logs.keeper(IYS_CODE).note_heads(TODAY)
        made = Out(recovered, out.path, former_keys=[key.public])
        made.export()
        checked = [made.check(part) for part in made.parts]

    assert len(checked) > 3
    assert set(made.ids()) == {one.id for one in all_events(home)}
    assert sum(one["streams"] for one in checked) == 8
