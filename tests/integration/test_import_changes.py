"""What is said of an import afterwards: taken back, or vouched for (consent.md C6 row 11d, C8)."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ledger import views
from ledger.aggregates.bodies import ConsentCorrected, ConsentRetracted
from ledger.aggregates.provider_bodies import ImportDeclared, ImportRetracted
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.errors import NotFound, StoreUnavailable
from ledger.importing import changes
from ledger.importing.changes import declare, retract
from ledger.vocabulary import Basis, ConsentStatus
from tests.integration.acts import IYS_CODE, a_request
from tests.integration.bringing import DATA, bring, status_of, write

NAME = "Ayşe Yılmaz"
NOW = datetime.now(UTC).strftime("%Y-%m-%d 00:00:00")
FRESH = (
    f"MESAJ,HS_WEB,+905010000951,ONAY,{NOW},BIREYSEL",
    f"MESAJ,HS_MESAJ,+905010000952,RET,{NOW},BIREYSEL",
    "MESAJ,HS_WEB,+905010000953,ONAY,2025-11-17 10:00:00,BIREYSEL",
    "MESAJ,,+905010000954,RET,,BIREYSEL",
)


def take_back(ledger: ConsentLedger, import_id: str) -> changes.ChangeResult:
    return retract(ledger, import_id, reason="WRONG_FILE", approved_by=NAME, actor="system:test")


def vouch(ledger: ConsentLedger, import_id: str) -> changes.ChangeResult:
    return declare(
        ledger,
        import_id,
        declared_by=NAME,
        exported_at="2026-11-01T07:00:00Z",
        actor="system:test",
    )


def bodies_of(ledger: ConsentLedger, kind: type) -> list[object]:
    stored = ledger.recorder.select_notifications(1, 1_000)
    events = [ledger.mapper.to_domain_event(one) for one in stored]
    return [event.body for event in events if isinstance(event.body, kind)]  # type: ignore[attr-defined]  # ours


def waiting(home: Home) -> int:
    """Rows of the outbox."""
    home.follow(IYS_CODE)
    with home.database.connection(IYS_CODE) as connection:
        row = connection.execute("SELECT count(*) FROM iys_outbox").fetchone()
    assert row is not None
    return int(row[0])


def test_every_act_of_an_import_is_taken_back_and_no_other(
    home: Home, ledger: ConsentLedger, tmp_path: Path
) -> None:
    ledger.record([a_request(953, "RET"), a_request(960)])
    row = "MESAJ,HS_ATM,+905010000951,ONAY,2025-01-01 10:00:00,"
    other, _ = bring(ledger, write(tmp_path, row))
    brought, _ = bring(ledger, write(tmp_path, *FRESH))
    assert other.import_id != brought.import_id

    result = take_back(ledger, brought.import_id)

    assert (result.acts, result.changed, result.already) == (4, 4, 0)
    older = status_of(home, ledger, "+905010000951")
    assert views.status_members(older)["consentDate"] == "2025-01-01 10:00:00"
    assert status_of(home, ledger, "+905010000952").status is None
    assert status_of(home, ledger, "+905010000953").status is ConsentStatus.REFUSED
    assert status_of(home, ledger, "+905010000960").status is ConsentStatus.GRANTED
    assert waiting(home) == 2  # the live ones


def test_what_was_taken_back_is_not_taken_back_twice(
    home: Home, ledger: ConsentLedger, tmp_path: Path
) -> None:
    brought, _ = bring(ledger, write(tmp_path, *FRESH))
    take_back(ledger, brought.import_id)
    size = ledger.store.last_position()

    again = take_back(ledger, brought.import_id)

    assert (again.changed, again.already) == (0, 4)
    assert ledger.store.last_position() == size
    (said,) = bodies_of(ledger, ImportRetracted)
    assert isinstance(said, ImportRetracted)
    assert (said.acts, said.reason) == (4, "WRONG_FILE")


def test_a_refusal_that_comes_again_after_a_retraction_counts_anew(
    home: Home, ledger: ConsentLedger, tmp_path: Path
) -> None:
    brought, _ = bring(ledger, write(tmp_path, *FRESH))
    take_back(ledger, brought.import_id)
    bring(ledger, write(tmp_path, *FRESH))
    assert status_of(home, ledger, "+905010000952").status is ConsentStatus.REFUSED

    again = take_back(ledger, brought.import_id)

    assert (again.changed, again.already) == (2, 4)
    assert status_of(home, ledger, "+905010000952").status is None
    assert len(bodies_of(ledger, ImportRetracted)) == 2


def test_an_ordinary_import_can_be_vouched_for_later(
    home: Home, ledger: ConsentLedger, tmp_path: Path
) -> None:
    brought, _ = bring(ledger, write(tmp_path, *FRESH))
    before = status_of(home, ledger, "+905010000951")
    assert (before.verdict.kind, before.verdict.reason) == ("NOT_YET_REGISTERED", "QUEUED")
    late = status_of(home, ledger, "+905010000953")
    assert (late.verdict.kind, late.verdict.reason) == ("IYS_UNCONFIRMED", "UNDECLARED")
    assert waiting(home) == 2

    result = vouch(ledger, brought.import_id)

    assert (result.acts, result.changed) == (4, 4)
    for number in (951, 953):
        view = status_of(home, ledger, f"+905010000{number}")
        assert (view.verdict.kind, view.verdict.reason) == ("IYS_UNCONFIRMED", "DECLARED")
        assert view.consent.iys.pending is None
        assert [act.basis for act in view.consent.acts] == [Basis.DECLARED]
        assert not view.verdict.permitted
    assert status_of(home, ledger, "+905010000952").status is ConsentStatus.REFUSED
    assert waiting(home) == 0


def test_vouching_twice_says_nothing_more(ledger: ConsentLedger, tmp_path: Path) -> None:
    brought, _ = bring(ledger, write(tmp_path, *FRESH))
    vouch(ledger, brought.import_id)
    size = ledger.store.last_position()

    again = vouch(ledger, brought.import_id)

    assert (again.changed, again.already) == (0, 4)
    assert ledger.store.last_position() == size
    (said,) = bodies_of(ledger, ImportDeclared)
    assert isinstance(said, ImportDeclared)
    assert (said.acts, said.exported_at) == (4, "2026-11-01T07:00:00Z")


def test_a_file_vouched_for_is_known_again(ledger: ConsentLedger, tmp_path: Path) -> None:
    file = write(tmp_path, *FRESH[:3])
    brought, _ = bring(ledger, file)
    vouch(ledger, brought.import_id)

    _, verdicts = bring(ledger, file)

    assert {verdict for verdict, _ in verdicts.values()} == {"already"}


def test_what_was_taken_back_is_left_when_somebody_vouches(
    ledger: ConsentLedger, tmp_path: Path
) -> None:
    brought, _ = bring(ledger, write(tmp_path, *FRESH))
    take_back(ledger, brought.import_id)

    result = vouch(ledger, brought.import_id)

    assert (result.changed, result.left) == (0, {"L-NO-SUCH-ACT": 4})


def test_a_later_import_of_the_same_acts_is_not_touched(
    ledger: ConsentLedger, tmp_path: Path
) -> None:
    bring(ledger, write(tmp_path, *FRESH[:1]))
    again, verdicts = bring(ledger, write(tmp_path, *FRESH[:1], ""))
    assert verdicts == {2: ("already", "")}

    with pytest.raises(NotFound):
        take_back(ledger, again.import_id)


def test_names_stand_in_no_event(ledger: ConsentLedger, tmp_path: Path) -> None:
    brought, _ = bring(ledger, write(tmp_path, *FRESH))
    vouch(ledger, brought.import_id)
    take_back(ledger, brought.import_id)

    log = b"".join(one.state for one in ledger.recorder.select_notifications(1, 1_000)).decode()

    assert "Ayşe" not in log
    persons = {body.approved_by for body in bodies_of(ledger, ConsentRetracted)}  # type: ignore[attr-defined]  # of this kind
    persons |= {body.approved_by for body in bodies_of(ledger, ConsentCorrected)}  # type: ignore[attr-defined]  # of this kind
    assert len(persons) == 1
    assert persons.pop().startswith("user:")


@pytest.mark.parametrize("landed", [False, True], ids=["lost before", "lost after"])
def test_a_lost_connection_is_followed_by_one_more_try(
    ledger: ConsentLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, landed: bool
) -> None:
    brought, _ = bring(ledger, write(tmp_path, *FRESH))
    mend, lost = ledger.mend, [True]

    def lossy(asked):  # type: ignore[no-untyped-def]  # as the method it stands for
        if lost and lost.pop():
            if landed:
                mend(asked)
            raise StoreUnavailable("the answer was lost")
        return mend(asked)

    monkeypatch.setattr(ledger, "mend", lossy)
    result = take_back(ledger, brought.import_id)

    assert result.changed + result.already == 4
    assert len(bodies_of(ledger, ConsentRetracted)) == 4


def test_acts_are_found_over_many_pages(
    ledger: ConsentLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "PAGE_EVENTS", 2)
    monkeypatch.setattr(changes, "CHUNK_ACTS", 3)
    bring(ledger, DATA / "good" / "uyum-sablonu.csv")
    brought, _ = bring(ledger, DATA / "bad" / "celiskiler.csv")
    seen: list[tuple[int, int]] = []

    result = retract(
        ledger,
        brought.import_id,
        reason="TEST",
        approved_by=NAME,
        actor="system:test",
        on_progress=lambda done, total: seen.append((done, total)),
    )

    assert result.changed == 5
    assert seen == sorted(seen)
    assert seen[-1][0] == seen[-1][1]
