"""Published texts: an event and a row that cannot disagree, and what a process remembers."""

from itertools import count

import psycopg
import pytest

from ledger.aggregates.provider_bodies import TextRegistered
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.errors import NotFound, StoreUnavailable
from ledger.recording.text_ports import RegisteredText, TextDiffers, TextKind
from ledger.store.texts import FRESH_SECONDS, TextTable
from ledger.store.unit import PostgresUnit
from tests.integration.acts import BRAND_CODE, IYS_CODE
from tests.integration.logged import events_of_type
from tests.integration.uploading import answering
from tests.integration.waiting import at_once

TEXT = b"Kampanyalardan haberdar olmak istiyorum."
NAME = ("web-onay", "3")


def add(home: Home, content: bytes = TEXT, kind: TextKind = TextKind.CONSENT) -> RegisteredText:
    return home.add_text(IYS_CODE, NAME, kind, "tr", content, actor="system:test")


def registered(ledger: ConsentLedger) -> int:
    return len(events_of_type(ledger.store, TextRegistered))


def test_a_text_is_an_event_a_row_and_its_bytes(home: Home, ledger: ConsentLedger) -> None:
    kept = add(home)

    event = ledger.store.events_at([kept.position])[kept.position]
    assert event.body.sha256 == kept.sha256  # type: ignore[attr-defined]
    assert home.texts(IYS_CODE).content(kept.sha256) == TEXT
    assert home.texts(IYS_CODE).all() == [kept]
    with pytest.raises(NotFound):
        home.texts(IYS_CODE).content("00" * 32)


def test_a_repeat_adds_nothing_and_another_text_of_the_name_is_refused(
    home: Home, ledger: ConsentLedger
) -> None:
    kept = add(home)

    assert add(home) == kept
    with pytest.raises(TextDiffers):
        add(home, b"another")
    with pytest.raises(TextDiffers):
        add(home, kind=TextKind.NOTICE)
    assert registered(ledger) == 1


def test_many_who_register_it_at_once_register_it_once(home: Home, ledger: ConsentLedger) -> None:
    kept = at_once(*[lambda: add(home)] * 4)

    assert len(set(kept)) == 1
    assert registered(ledger) == 1


def test_a_crash_between_event_and_row_leaves_neither(
    home: Home, ledger: ConsentLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(unit: PostgresUnit, batch: object) -> None:
        raise psycopg.OperationalError("gone")

    monkeypatch.setattr(PostgresUnit, "save_beside", crash)
    with pytest.raises(StoreUnavailable):
        add(home)
    monkeypatch.undo()

    assert (registered(ledger), home.texts(IYS_CODE).all()) == (0, [])
    assert add(home).position == ledger.store.last_position()


@pytest.mark.damaging
@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("UPDATE texts SET sha256 = sha256('x')", "event 3: the row and the event of its text"),
        ("DELETE FROM texts", "event 3: the row and the event of its text differ"),
        ("INSERT INTO texts SELECT 'x', version, kind, language, sha256, 9 FROM texts", "event 9:"),
        ("DELETE FROM text_contents", "event 3: the bytes of its text are missing"),
    ],
)
def test_fsck_notices(home: Home, damage: str, said: str) -> None:
    add(home)
    assert home.check(IYS_CODE).is_clean

    with psycopg.connect(home.dsn, options=f"-c search_path=sp_{IYS_CODE}") as owner:
        owner.execute(damage.encode())

    assert any(finding.startswith(said) for finding in home.check(IYS_CODE).findings)


def test_a_process_learns_of_a_text_in_time_and_asks_no_more_than_it_must(home: Home) -> None:
    seconds = count()
    at = [0.0]
    texts = TextTable(home.database, IYS_CODE, steady_seconds=lambda: at[0])
    assert (texts.is_aging(), texts.find(*NAME)) == (True, None)
    texts.refresh()
    kept = add(home)
    assert texts.find(*NAME) is None

    while not texts.is_aging():
        at[0] = float(next(seconds)) / 10
    texts.refresh()

    assert at[0] <= FRESH_SECONDS
    found = texts.find(*NAME)
    assert found is not None and found.sha256 == kept.sha256
    assert texts.find(*NAME, kind=TextKind.NOTICE) is None


def test_a_consent_names_the_text_that_was_shown_and_the_evidence_of_it(
    home: Home, ledger: ConsentLedger
) -> None:
    text_id, version = NAME
    item = {
        "recipient": "+905010000001",
        "type": "MESAJ",
        "status": "ONAY",
        "source": "HS_WEB",
        "consentDate": "2026-11-24 10:00:00",
        "text": {"id": text_id, "version": version},
    }
    with answering(home) as calls:
        query = f"kind=FORM&iysCode={IYS_CODE}&capturedAt=2026-11-24 10:00:00"
        kept = calls.evidence(b"form", query).json()
        text = add(home)
        item["evidenceId"] = kept["evidenceId"]
        (told,) = calls.client.post(f"/v1/brands/{BRAND_CODE}/consents", json=item).json()["items"]

    position = told["receipt"]["position"]
    body = ledger.store.events_at([position])[position].body
    assert "code" not in told or told["code"] not in ("L-TEXT-UNKNOWN", "L-EVIDENCE-UNKNOWN")
    assert (body.evidence_kinds, body.captured_at) == (("form",), "2026-11-24T07:00:00Z")  # type: ignore[attr-defined]
    assert body.text.sha256 == text.sha256  # type: ignore[attr-defined]
