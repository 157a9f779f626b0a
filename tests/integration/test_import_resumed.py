"""An import that was cut off says in the end what one says that was not (consent.md C8)."""

import io
from collections.abc import Collection
from functools import partial
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from ledger import bootstrap, views
from ledger.aggregates.events import Event
from ledger.aggregates.provider_bodies import ImportCompleted
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.errors import StoreUnavailable
from ledger.importing import lanes, run
from ledger.importing.changes import retract
from ledger.importing.plan import ImportOptions, _lane_of
from ledger.importing.spool import VerdictFile
from ledger.recording.request import Receipt, Request
from ledger.settings import Settings
from ledger.vocabulary import Outcome
from tests.integration.acts import BRAND_CODE, IYS_CODE, a_request
from tests.integration.bringing import DATA, DECLARED, HEADER, bring, status_of, write

ROW = "MESAJ,{},+9050100020{:02d},{},{},{}\n"
EARLY, MIDDLE, LAST = "2025-11-10 10:00:00", "2025-11-11 10:00:00", "2025-11-12 10:00:00"


def a_file(folder: Path) -> Path:
    """Of each verdict some rows, and acts that come twice."""
    rows = []
    for number in range(8):
        for source, status, date, kind in (
            ("HS_WEB", "ONAY", MIDDLE, "BIREYSEL"),
            ("HS_WEB", "ONAY", EARLY, "BIREYSEL"),  # history
            ("HS_WEB", "ONAY", MIDDLE, "BIREYSEL"),  # already
            ("HS_KAHVE", "ONAY", MIDDLE, "BIREYSEL"),  # refused
            *([("HS_MESAJ", "RET", MIDDLE, "BIREYSEL")] if number % 2 else ()),
            ("", "RET", "", "BIREYSEL"),  # suppressed
            ("HS_WEB", "ONAY", LAST, "BIREYSEL"),  # held or refused
            ("", "ONAY", "", "TACIR"),
            ("HS_WEB", "ONAY", MIDDLE, "TACIR"),
        ):
            rows.append(ROW.format(source, number, status, date, kind))
    file = folder / "rows.csv"
    file.write_text(HEADER + "".join(rows), encoding="utf-8")
    return file


def said_of(ledger: ConsentLedger, file: Path, options: ImportOptions, **how: Any) -> str:
    text = io.StringIO()
    run.import_file(ledger, file, options, verdict_file=VerdictFile(text, lang="tr"), **how)
    return text.getvalue()


def tried(ledger: ConsentLedger, file: Path, options: ImportOptions) -> str:
    text = io.StringIO()
    run.try_file(ledger, file, options, verdict_file=VerdictFile(text, lang="tr"))
    return text.getvalue()


def completed(ledger: ConsentLedger) -> list[dict[str, int]]:
    stored = ledger.recorder.select_notifications(1, 1_000)
    bodies = [ledger.mapper.to_domain_event(one).body for one in stored]  # type: ignore[attr-defined]  # ours
    return [dict(body.verdicts) for body in bodies if isinstance(body, ImportCompleted)]


def cut_off(
    monkeypatch: pytest.MonkeyPatch,
    ledger: ConsentLedger,
    file: Path,
    options: ImportOptions,
    at: int,
) -> None:
    """Import until that many transactions are committed."""
    record, left = ledger.record_surely, [None] * at

    def failing(requests: list[Request]) -> list[Receipt]:
        if not left:
            raise StoreUnavailable("as if the process had been killed")
        left.pop()
        return record(requests)

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "record_surely", failing)
        with pytest.raises(StoreUnavailable):
            said_of(ledger, file, options)


@pytest.mark.parametrize("at", [1, 4, 7, 11])
@pytest.mark.parametrize("given", [{}, DECLARED], ids=["ours", "declared"])
def test_every_row_gets_the_verdict_that_it_would_have_got(
    ledger: ConsentLedger,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    at: int,
    given: dict[str, Any],
) -> None:
    for name in ("CHUNK_ROWS", "CHUNK_ROWS_MIN", "CHUNK_ROWS_MAX"):
        monkeypatch.setattr(lanes, name, 5)
    ledger.record([a_request(2000, date=EARLY, source="HS_ATM"), a_request(2001, date=MIDDLE)])
    file = a_file(tmp_path)
    options = ImportOptions(BRAND_CODE, "system:test", **given)
    whole = tried(ledger, file, options)

    cut_off(monkeypatch, ledger, file, options, at)
    assert not completed(ledger)
    begun = ledger.store.last_position()
    dry = tried(ledger, file, options)
    resumed = said_of(ledger, file, options)

    assert dry == resumed == whole
    assert ledger.store.last_position() > begun
    outcomes = [line.split(",")[1] for line in resumed.splitlines()[1:]]
    wanted = {"recorded", "already", "history", "suppressed", "refused"}
    assert set(outcomes) >= wanted | ({"held"} if given else set())
    assert completed(ledger) == [{one: outcomes.count(one) for one in set(outcomes)}]


def test_one_that_was_cut_off_before_it_said_that_it_was_complete(
    ledger: ConsentLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options, file = ImportOptions(BRAND_CODE, "system:test"), a_file(tmp_path)
    whole = tried(ledger, file, options)
    with monkeypatch.context() as patch:
        patch.setattr(ledger, "append_once", lambda *args, **how: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            said_of(ledger, file, options)

    assert said_of(ledger, file, options) == whole
    again = said_of(ledger, file, options)
    assert "recorded" not in again and "already" in again, "now it is a repeat"


def test_two_lanes_resume_as_one(
    ledger: ConsentLedger, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "CHUNK_ROWS", 5)
    file, options = a_file(tmp_path), ImportOptions(BRAND_CODE, "system:test")
    whole = tried(ledger, file, options)
    cut_off(monkeypatch, ledger, file, options, 3)
    monkeypatch.setattr(run, "LINES_FOR_LANES", 1)

    opens = partial(bootstrap.open_ledger, settings, IYS_CODE)

    assert said_of(ledger, file, options, open_ledger=opens) == whole


def test_of_a_new_file_no_more_events_are_read_once_something_is_recorded(
    ledger: ConsentLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A weekly export of mostly the same rows is not slowed down for it."""
    for name in ("CHUNK_ROWS", "CHUNK_ROWS_MIN", "CHUNK_ROWS_MAX"):
        monkeypatch.setattr(lanes, name, 5)
    known = [ROW.format("HS_WEB", n, "ONAY", MIDDLE, "BIREYSEL").strip() for n in range(30)]
    new = [ROW.format("HS_WEB", n, "ONAY", MIDDLE, "BIREYSEL").strip() for n in range(90, 92)]
    bring(ledger, write(tmp_path, *known))
    events_at, asked = ledger.store.events_at, []

    def counted(positions: Collection[int]) -> dict[int, Event]:
        asked.append(len(positions))
        return events_at(positions)

    monkeypatch.setattr(ledger.store, "events_at", counted)

    _, verdicts = bring(ledger, write(tmp_path, *known[:12], *new, *known[12:]))

    assert asked == [5, 5, 3], "the third chunk holds what is new"
    assert [verdicts[line][0] for line in sorted(verdicts)] == [
        *["already"] * 12,
        *["recorded"] * 2,
        *["already"] * 18,
    ]


def test_what_was_taken_back_meanwhile_is_known_and_not_recorded(
    home: Home, ledger: ConsentLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C5: a consent is known again after a retraction; nothing says that it is in force."""
    file = write(tmp_path, ROW.format("HS_WEB", 1, "ONAY", MIDDLE, "BIREYSEL").strip())
    with monkeypatch.context() as patch:
        patch.setattr(ledger, "append_once", lambda *args, **how: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            bring(ledger, file)
    view = status_of(home, ledger, "+905010002001")
    assert view.receipt is not None
    event = ledger.store.events_at([view.receipt.position])[view.receipt.position]
    retract(
        ledger,
        event.body.import_id,  # type: ignore[attr-defined]  # an act's
        reason="TEST",
        approved_by="A",
        actor="system:test",
    )

    assert bring(ledger, file)[1] == {2: ("already", "")}


UYUMSOFT = "IZINTURU,ALICI,DURUMU,IZINKAYNAGI,IZINTARIHI,FIRMATIPI\n"


def test_dates_read_the_wrong_way_are_taken_back_and_read_the_right_way(
    home: Home, ledger: ConsentLedger, tmp_path: Path
) -> None:
    """Another reading of the same bytes is another import."""
    file = tmp_path / "uyum.csv"
    row = "MESAJ,+905010002101,ONAY,HS_WEB,03.04.25 04:16 PM,BIREYSEL\n"
    file.write_text(UYUMSOFT + row, encoding="utf-8")
    wrong, _ = bring(ledger, file, dates="mdy")
    retract(ledger, wrong.import_id, reason="DATES", approved_by="A", actor="system:test")

    right, verdicts = bring(ledger, file, dates="dmy")

    assert right.import_id != wrong.import_id
    assert verdicts == {2: ("recorded", "L-LATE")}
    members = views.status_members(status_of(home, ledger, "+905010002101"))
    assert members["consentDate"] == "2025-04-03 16:16:00"
    with_order_told, _ = bring(ledger, file, dates="dmy")
    assert with_order_told.import_id == right.import_id


def test_what_the_file_proves_is_the_same_import_told_or_not(
    ledger: ConsentLedger, tmp_path: Path
) -> None:
    proven, _ = bring(ledger, DATA / "good" / "uyum-sablonu.csv")
    told, _ = bring(ledger, DATA / "good" / "uyum-sablonu.csv", dates="mdy")

    assert told.import_id == proven.import_id
    assert told.verdicts.keys() == {Outcome.ALREADY}


def test_rows_of_a_merchant_get_their_verdicts_in_any_order(
    ledger: ConsentLedger, tmp_path: Path
) -> None:
    """C8. Each order gets a number of its own."""
    kinds = [
        ("", "ONAY", ""),
        ("HS_WEB", "ONAY", ""),
        ("", "ONAY", LAST),
        ("HS_WEB", "ONAY", MIDDLE),
    ]
    for with_refusal in (False, True):
        found = set()
        rows = [*kinds, *([("HS_MESAJ", "RET", EARLY)] if with_refusal else ())]
        for number, order in enumerate(permutations(rows)):
            address = f"+90501{3 + with_refusal}{number:06d}"
            lines = [f"MESAJ,{one[0]},{address},{one[1]},{one[2]},TACIR" for one in order]
            file = write(tmp_path, *lines)
            _, verdicts = bring(ledger, file)
            by_row = {one: verdicts[line] for line, one in enumerate(order, 2)}
            found.add(tuple(by_row[one] for one in rows))
        late = ("recorded", "L-LATE")
        alone = (("recorded", ""), ("recorded", ""), late, late)
        over = tuple(("refused", f"H46{n}") for n in (3, 2, 3))
        refused = (*over, ("refused", "L-IMPORT-CANNOT-REVIVE"), ("recorded", ""))
        assert found == {refused if with_refusal else alone}


def test_a_number_in_any_spelling_is_in_one_lane() -> None:
    spellings = ["5010004106", "5010004106.00", "5010004106,0", "+90 (501) 000 41.06"]
    spellings += ["0501.000.41.06", "905010004106.0", "501\u00a0000\u200b4106"]
    spellings += ["5010004106.00\u200b"]

    for lanes_open in range(2, 40):
        assert len({_lane_of(one, lanes_open) for one in spellings}) == 1
        assert len({_lane_of(one, lanes_open) for one in ("A@b.com", "a\u200b@B.com")}) == 1
