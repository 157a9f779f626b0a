"""Of an erased person nothing waits for İYS: nobody could say whose it was (C10)."""

from ledger.aggregates import bodies as b
from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from ledger.projections.follower import Follower
from ledger.projections.outbox import Outbox
from tests.integration.acts import IYS_CODE, a_request


def waiting(home: Home) -> list[int]:
    with home.database.connection(IYS_CODE) as connection:
        rows = connection.execute("SELECT position FROM iys_outbox ORDER BY position").fetchall()
    return [row[0] for row in rows]


def test_what_waits_of_an_erased_person_waits_no_more(home: Home, ledger: ConsentLedger) -> None:
    follower = Follower(home.database, IYS_CODE, Outbox())
    erased, kept = ledger.record([a_request(1), a_request(2)])
    follower.catch_up()
    assert waiting(home) == [erased.position, kept.position]

    ledger.append(
        b.RecipientErased(
            subject=str(erased.subject),
            at="2026-11-25T09:00:00Z",
            actor="user:1",
            suppression_kept=False,
        )
    )
    follower.catch_up()

    assert waiting(home) == [kept.position]
    follower.rebuild()
    assert waiting(home) == [kept.position]
