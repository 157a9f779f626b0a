"""What an officer decides at the command line while the service runs: it counts there at once."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.commands import Ran, run
from tests.acceptance.services import (
    BRAND,
    HISTORY,
    IYS_CODE,
    REFUSALS,
    SISTER,
    Running,
    a_mailbox,
    a_phone,
    running,
)
from tests.conftest import Server


def here(http: Running, *arguments: str, stdin: str = "") -> Ran:
    """Run a command on the database that the service serves."""
    keys = str(http.served.errors.parent / "keys")
    return run(*arguments, stdin=stdin, DATABASE_URL=http.home.dsn, IZIN_KEYS=keys)


def suppress(http: Running, command: str, phone: str, *more: str) -> Ran:
    code = ("--iys-code", str(IYS_CODE))
    return here(
        http, "suppress", command, "--recipient", "-", *code, *more, "--json", stdin=f"{phone}\n"
    )


def verdict_of(http: Running, phone: str) -> tuple[str, bool]:
    found = http.verdict(phone)
    return found["verdict"], found["permitted"]


def test_a_bar_is_in_force_at_once_in_the_service_and_a_lift_too(http: Running) -> None:
    phone = a_phone()
    http.register(phone)
    before = verdict_of(http, phone)

    added = suppress(http, "add", phone, "--reason", "COMPLAINT")
    barred = verdict_of(http, phone)
    listed = suppress(http, "list", phone)
    entry = str(added.answer["entry"])
    lifted = suppress(http, "lift", phone, "--entry", entry, "--reason", "SETTLED")

    assert (added.code, lifted.code) == (0, 0)
    assert (before, barred) == (("PERMITTED", True), ("SUPPRESSED", False))
    shown: Any = listed.answer["entries"]
    assert [(one["entry"], one["reason"]) for one in shown] == [(int(entry), "COMPLAINT")]
    assert verdict_of(http, phone) == ("PERMITTED", True)
    assert suppress(http, "list", phone).answer == {"entries": []}


def test_a_bar_may_hold_for_one_brand_or_channel_and_until_an_instant(http: Running) -> None:
    phone = a_phone()
    http.register(phone)

    for narrow in (("--brand", str(SISTER)), ("--channel", "ARAMA")):
        assert suppress(http, "add", phone, "--reason", "LEGAL", *narrow).code == 0
    elsewhere = verdict_of(http, phone)
    until = ("--until", "2999-01-01 00:00:00", "--brand", str(BRAND))
    assert suppress(http, "add", phone, "--reason", "LEGAL", *until).code == 0

    assert elsewhere == ("PERMITTED", True)
    assert verdict_of(http, phone) == ("SUPPRESSED", False)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (("add", "--reason", "0501 000 01 01"), 2),
        (("add", "--reason", "LEGAL", "--until", "2001-01-01 00:00:00"), 2),
        (("lift", "--reason", "LEGAL", "--entry", "7"), 1),
        (("lift", "--reason", "LEGAL"), 2),
    ],
    ids=["free text", "over", "no such entry", "no entry"],
)
def test_what_cannot_be_barred_or_lifted_is_said(
    http: Running, more: tuple[str, ...], code: int
) -> None:
    command, *rest = more

    ran = suppress(http, command, a_phone(), *rest)

    assert ran.code == code
    assert "Traceback" not in ran.err


def referred(http: Running, phone: str, **more: object) -> str:
    """The id of a refusal that the sister's key brought for the other brand."""
    asked = {"recipient": phone, "via": "sms", "brands": [BRAND], **more}
    answered = http.post(REFUSALS, asked, key="sister")
    assert answered.json()["referred"] == [BRAND]
    listed = here(http, "referral", "list", "--iys-code", str(IYS_CODE), "--json")
    waiting: Any = listed.answer["referrals"]
    return next(str(one["id"]) for one in waiting if one["recipient"] == phone)


def decide(http: Running, command: str, referral: str) -> Ran:
    return here(http, "referral", command, referral, "--iys-code", str(IYS_CODE), "--json")


def test_an_accepted_refusal_is_recorded_as_if_it_had_come_to_that_brand(http: Running) -> None:
    phone, other = a_phone(), a_phone()
    http.register(phone)
    said = {"receivedAt": "2025-11-20 09:30:00", "via": "call", "reference": "talep 2026-17"}
    http.post(REFUSALS, {"recipient": other, "brands": [BRAND], **said})

    accepted = decide(http, "accept", referred(http, phone, types=["MESAJ"]))
    like: Any = decide(http, "accept", referred(http, a_phone(), **said)).answer

    assert (accepted.code, verdict_of(http, phone)) == (0, ("REFUSED", False))
    assert sum(like["outcomes"].values()) == 4
    store = http.home.ledger(IYS_CODE).store
    bodies = [json.loads(one.state)["body"] for one in store.events_at(like["positions"]).values()]
    asked = {"recipient": other, "type": "MESAJ"}
    direct = http.post(HISTORY, asked).json()["events"][-1]["body"]
    same = ("at", "received_at", "via", "source", "consent_date", "basis")
    assert {tuple(body.get(name) for name in same) for body in bodies} == {
        tuple(direct.get(name) for name in same)
    }


def test_a_mailbox_is_refused_on_its_own_channel(http: Running) -> None:
    accepted: Any = decide(http, "accept", referred(http, a_mailbox())).answer

    assert sum(accepted["outcomes"].values()) == 2


def test_what_is_decided_waits_no_more(http: Running) -> None:
    phone = a_phone()
    http.register(phone)
    referral = referred(http, phone)

    dismissed = decide(http, "dismiss", referral)

    assert dismissed.code == 0
    assert verdict_of(http, phone) == ("PERMITTED", True)
    for command in ("accept", "dismiss"):
        again = decide(http, command, referral)
        assert (again.code, again.answer["error"]) == (1, "NotFound")


def test_nothing_may_be_sent_for_a_closed_brand(server: Server, tmp_path: Path) -> None:
    with running(server, tmp_path) as service:
        phone = a_phone()
        service.register(phone)
        before = verdict_of(service, phone)
        close = ("brand", "close", "--brand", str(BRAND), "--reason", "ENDED", "--json")

        closed, again = here(service, *close), here(service, *close)

        asked = ("filter", "-", "--brand", str(BRAND), "--channel", "MESAJ", "--json")
        out = tmp_path / "x.csv"
        filtered = here(service, *asked, "--out", str(out), stdin=f"{phone}\n")
        fsck = here(service, "fsck", "--json")

    assert before == ("PERMITTED", True)
    assert (closed.code, closed.answer["closed"], again.code) == (0, True, 0)
    assert filtered.answer["counts"] == {"BRAND_CLOSED": 1}
    assert out.read_text().endswith(f"{phone},false,BRAND_CLOSED,\n")
    assert fsck.answer["clean"] is True
