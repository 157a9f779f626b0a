"""`izin deadlines` as an officer has it: counts, rows and possible fines, and never an address."""

from datetime import timedelta
from typing import Any

import msgspec

from ledger import clock
from ledger.aggregates.commands import RecordAct
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.recording.request import Request
from ledger.settings import Settings
from tests.acceptance.commands import Ran, run
from tests.integration.acts import a_request

WEEKS_AGO = timedelta(days=20)


def long_ago(request: Request) -> Request:
    """The same act, whose deadlines are over by every reading."""
    assert isinstance(request.command, RecordAct)
    at = clock.now() - WEEKS_AGO
    dates = {"at": clock.utc_text(at), "consent_date": clock.iys_text(at)}
    moved = msgspec.structs.replace(request.command, **dates)
    return msgspec.structs.replace(request, command=moved)


def test_an_officer_sees_what_is_late_and_what_it_may_cost(
    settings: Settings, home: Home, ledger: ConsentLedger
) -> None:
    receipts = ledger.record(
        [
            long_ago(a_request(1)),
            long_ago(a_request(2, "RET")),
            a_request(3, date="", source="", kind="TACIR"),
        ]
    )
    first, second = receipts[0].position, receipts[1].position

    def here(*more: str) -> Ran:
        named = {"DATABASE_URL": home.dsn, "IZIN_KEYS": str(settings.key_folder)}
        return run("deadlines", *more, **named)

    told, english = here("--within", "24", "--json"), here("--lang", "en")
    other = here("--brand", "999", "--json")

    assert (told.code, english.code, other.code) == (0, 0, 1)
    answer: Any = told.answer
    assert [(one["status"], one["waiting"]) for one in answer["waiting"]] == [
        ("RET", 1),
        ("ONAY", 2),
    ]
    late = {"internal": 1, "iysReading": 1, "legalLatest": 1}
    assert [one["overdue"] for one in answer["waiting"]] == [late, late]
    assert [(row["position"], row["state"]) for row in answer["rows"]] == [
        (first, "past_legal_latest"),
        (second, "past_legal_latest"),
    ]
    assert [(one["position"], one["state"]) for one in answer["unconfirmed"]] == [(first, "missed")]
    shown = answer["confirmations"]
    assert [(one["owed"], one["missed"], one["late"]) for one in shown] == [(0, 1, 0)]
    fines = answer["fines"]  # none in a year whose table is not kept yet
    assert fines is None or [(one["rule"], one["cases"]) for one in fines["ranges"]] == [
        ("12/1-a", 1),
        ("12/1-c", 1),
        ("12/1-d", 1),
        ("12/1-d", 1),
    ]
    assert "123456 MESAJ ONAY: bekleyen 2" in told.err and "teyit bildirimi kaçırıldı" in told.err
    assert "123456 MESAJ ONAY: waiting 2" in english.out and "bekleyen" not in english.out
    assert "90501" not in told.out + told.err + english.out
