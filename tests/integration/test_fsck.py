"""The oracle notices each kind of damage, names a position and a step, and never an address."""

import psycopg
import pytest

from ledger.application import ConsentLedger
from ledger.bootstrap import Home
from tests.integration.acts import IYS_CODE, a_request

# What somebody with the owner rights does to the tables, and what fsck must say of it. Positions
# 1 and 2 are `ledger.opened` and `brand.opened`, 3 to 5 consents of three addresses.
DAMAGE = {
    "a changed byte": (
        "UPDATE stored_events SET state = overlay(state placing 'M' from position("
        "'HS_WEB'::bytea in state)) WHERE position = 4",
        "event 4: ",
    ),
    "a space more": (
        "UPDATE stored_events SET state = '{ '::bytea || substr(state, 2) WHERE position = 4",
        "not canonical",
    ),
    "an event gone": ("DELETE FROM stored_events WHERE position = 4", "position, 4 was expected"),
    "a column that lies": ("UPDATE stored_events SET seq = 7 WHERE position = 4", "columns and"),
    "a state gone": (
        "DELETE FROM current_consent WHERE position = 4",
        "event 4: current_consent is not what its stream says",
    ),
    "a state changed": (
        "UPDATE current_consent SET state = (SELECT state FROM current_consent WHERE position = 5)"
        " WHERE position = 4",
        "event 4: current_consent is not what its stream says",
    ),
    "a hash of a state changed": (
        "UPDATE current_consent SET leaf_hash = sha256('x') WHERE position = 4",
        "event 4: current_consent is not what its stream says",
    ),
    "a refusal that a filter would not see": (
        "UPDATE current_consent SET standing = '16 REGISTERED' WHERE position = 4",
        "event 4: standing does not follow from state",
    ),
    "a state of nobody": (
        "INSERT INTO current_consent SELECT gen_random_uuid(), brand_code, recipient_type,"
        " channel, seq, position, leaf_hash, state, standing, waiting_at FROM current_consent"
        " WHERE position = 4",
        "current_consent: 4 rows, the events account for 3",
    ),
    "a key gone": (
        "DELETE FROM recipients WHERE subject = (SELECT subject FROM current_consent"
        " WHERE position = 4)",
        "event 4: the vault has no key of its subject",
    ),
    "a key changed": (
        "UPDATE recipients SET wrapped_key = sha256('x') || '12345678'::bytea WHERE subject ="
        " (SELECT subject FROM current_consent WHERE position = 4)",
        "cannot be unwrapped",
    ),
    "a lookup of another": (
        "UPDATE recipients SET lookup = sha256('x') WHERE subject ="
        " (SELECT subject FROM current_consent WHERE position = 4)",
        "lookup is not that of its address",
    ),
    "a payload gone": ("DELETE FROM payloads WHERE position = 5", "event 5: commit is not that"),
    "a payload of nobody": (
        "INSERT INTO payloads VALUES (4, '\\x00')",
        "event 4: payload: sealed bytes do not open",
    ),
    "a command that points nowhere": (
        "INSERT INTO commands VALUES (sha256('c'), sha256('d'), 'recorded', NULL, '{99}')",
        "commands_astray: 1 rows",
    ),
    "a brand closed behind the log's back": (
        "UPDATE izin.brands SET closed = true",
        "brand 123456: the row and the events differ",
    ),
    "an outbox row gone": (
        "DELETE FROM iys_outbox WHERE position = 4",
        "iys_outbox: row 4 is missing",
    ),
}


@pytest.mark.damaging
@pytest.mark.parametrize("name", DAMAGE)
def test_fsck_notices(home: Home, ledger: ConsentLedger, name: str) -> None:
    statement, said = DAMAGE[name]
    ledger.record([a_request(1), a_request(2), a_request(recipient="0501 000 00 03")])
    home.follow(IYS_CODE)
    assert home.check(IYS_CODE).is_clean

    with psycopg.connect(home.dsn, options=f"-c search_path=sp_{IYS_CODE},izin") as owner:
        owner.execute("ALTER TABLE stored_events DISABLE TRIGGER append_only")
        assert owner.execute(statement.encode()).rowcount == 1

    findings = home.check(IYS_CODE).findings
    assert any(said in finding for finding in findings), findings
    assert "50100000" not in "".join(findings)
