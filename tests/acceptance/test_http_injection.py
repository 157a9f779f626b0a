"""Whatever is put into a request: it is judged, kept or refused, never run, and never told on."""

import json
from typing import Any

import pytest

from tests.acceptance.services import (
    BRAND,
    CHANGES,
    CONSENTS,
    DECISIONS,
    FEED,
    FILTER,
    FOREIGN,
    HISTORY,
    IYS_CODE,
    REFUSALS,
    STATUS,
    Json,
    Running,
    a_mailbox,
    a_phone,
    a_ret,
    an_item,
    short,
)
from tests.acceptance.wire import request

SQL = [
    "'; DROP TABLE stored_events; --",
    '" OR 1=1 --',
    "\\'; SELECT pg_sleep(20); --",
    "%(lookups)s %s {0} ${x}",
    "1; COPY recipients TO PROGRAM 'sh'",
]
ODD = [
    "\x00",
    "a\x00b",
    "\r\n\r\nGET / HTTP/1.1",
    '\n{"level": "error", "event": "forged"}',
    "\x1b[2J\x1b]0;title\x07",
    "\u202e\u2066kötü\u200f",
    "e\u0301\ufffd\U0001f600",
    "../../etc/passwd",
    "{{7*7}}<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "x" * 5_000,
]
WORDS = [*SQL, *ODD]
BODIES = {
    CONSENTS: an_item(),
    REFUSALS: {"recipient": "+905010000001", "types": ["MESAJ"], "via": "sms"},
    STATUS: {"recipient": "+905010000001", "type": "MESAJ"},
    HISTORY: {"recipient": "+905010000001", "type": "MESAJ"},
    DECISIONS: {"items": [{"recipient": "+905010000001", "type": "MESAJ"}]},
}
JSON_PATHS = tuple(BODIES)
BRAND_PATHS = (CONSENTS, STATUS, HISTORY, DECISIONS, f"{FILTER}?type=MESAJ")


def sound(http: Running, answered: Any) -> None:
    """An answer in the documented form, and the log as it was meant to be."""
    assert answered.status_code in (200, 201, 400, 413, 422), answered.text
    kind = answered.headers["content-type"]
    assert kind in ("application/json", "application/problem+json")
    assert json.loads(answered.text)
    assert "Traceback" not in answered.text


# JSON that is none, or hardly.

UNREADABLE = ("L-JSON", "L-FIELD", "L-FIELD-UNKNOWN")

STRANGE = {
    "nothing": b"",
    "cut off": b'{"recipient": "+90501',
    "bad utf-8": b'{"recipient": "\xff\xfe", "type": "MESAJ"}',
    "overlong": b'{"recipient": "\xc0\xaf", "type": "MESAJ"}',
    "bad utf-8 in a name": b'{"\xff": 1}',
    "lone surrogate": b'{"recipient": "\\ud800", "type": "MESAJ"}',
    "utf-16": '{"recipient": "x"}'.encode("utf-16"),
    "bom": b'\xef\xbb\xbf{"recipient": "x"}',
    "deep lists": b"[" * 30_000 + b"]" * 30_000,
    "deep objects": b'{"a":' * 10_000,
    "NaN": b'{"recipient": NaN}',
    "infinity": b'{"recipient": 1e999}',
    "huge number": b'{"recipient": ' + b"9" * 50_000 + b"}",
    "two values": b"{}{}",
    "a comment": b'{"recipient": "x" /* y */}',
    "single quotes": b"{'recipient': 'x'}",
    "a nul": b'{"recipient": "x"}\x00',
}


@pytest.mark.parametrize("path", JSON_PATHS)
@pytest.mark.parametrize("name", STRANGE)
def test_what_is_no_json_is_said_to_be_none(http: Running, path: str, name: str) -> None:
    """Or that its shape is wrong, where the reader came no further than that."""
    answered = http.send(path, STRANGE[name])

    assert answered.status_code == 422
    assert answered.json()["code"] in UNREADABLE


def test_a_hundred_thousand_levels_are_refused_where_lists_may_come(http: Running) -> None:
    for body in (b"[" * 100_000, b'{"items":' + b"[" * 100_000, b'{"items":[' + b'{"a":' * 100_000):
        for path in (CONSENTS, DECISIONS, REFUSALS):
            answered = http.send(path, body)
            assert answered.status_code == 422
            assert answered.json()["code"] in UNREADABLE


@pytest.mark.parametrize("path", JSON_PATHS)
def test_the_last_of_two_members_of_a_name_counts(http: Running, path: str) -> None:
    body = json.dumps(BODIES[path])[:-1] + ',"recipient":"abc"}'

    answered = http.send(path, body.encode())

    sound(http, answered)
    if path == CONSENTS:
        assert answered.json()["items"][0]["code"] == "H121"


def test_many_and_long_strange_names_take_no_time_of_others(http: Running) -> None:
    """Each is looked at; none is compared with all that is known."""
    many = {f"recipien{number}": 1 for number in range(100_000)}
    items = [{**a_ret(), f"recipien{number}": 1} for number in range(5_000)]
    names = {"r" * 1_000_000: 1}
    for body in (many, {"items": items}, {**a_ret(), **names}, {"items": [], **many}):
        sound(http, http.post(CONSENTS, body))


# Words in every place.


@pytest.mark.parametrize("word", WORDS, ids=short)
@pytest.mark.parametrize("path", JSON_PATHS)
def test_a_word_in_any_member_is_a_word(http: Running, path: str, word: str) -> None:
    members = (*BODIES[path], "source", "consentDate", "reference", "id", "campaign", "at", word)

    for name in dict.fromkeys(members):
        sound(http, http.post(path, {**BODIES[path], name: word}))
        sound(http, http.post(path, {**BODIES[path], name: [word, {word: word}]}))


@pytest.mark.parametrize("word", WORDS, ids=short)
def test_words_of_a_refusal_that_is_kept_are_kept_whole_and_sealed(
    http: Running, word: str
) -> None:
    person = a_phone()
    ret = a_ret(recipient=person, source=word, recipientType=word, consentDate=word, id=word[:99])
    said = http.item(ret)
    body = {"recipient": person, "reference": word[:900], "via": word[:60]}
    answered = http.post(REFUSALS, body, key="operator")

    assert said["outcome"] == "suppressed"
    assert answered.status_code == 201
    ledger = http.home.ledger(IYS_CODE)
    (event,) = ledger.store.events_at([said["receipt"]["position"]]).values()
    assert word not in event.state.decode()
    told = http.post(HISTORY, {"recipient": person, "type": "MESAJ"})
    assert len(told.json()["events"]) == 2


@pytest.mark.parametrize("word", WORDS, ids=short)
def test_a_word_in_a_query_is_a_word(http: Running, word: str) -> None:
    given = word[:300]
    for name in ("type", "after", "purpose", given):
        for path in (FEED, CHANGES):
            answered = http.client.get(path, params={name: given})
            assert answered.status_code in (414, 422), answered.text
        answered = http.client.post(
            FILTER, params={name: given}, content=b"x\n", headers={"Content-Type": "text/plain"}
        )
        assert answered.status_code in (414, 422), answered.text


@pytest.mark.parametrize("word", WORDS, ids=short)
def test_a_word_in_a_list_is_a_line(http: Running, word: str) -> None:
    content = word.replace("\n", " ").encode() + b"\n"

    for media in ("text/plain", "text/csv", "application/x-ndjson"):
        path = f"{FILTER}?type=MESAJ"
        answered = http.send(path, content, content_type=media, accept="application/x-ndjson")
        assert answered.status_code == 200
        (line,) = [json.loads(line) for line in answered.content.splitlines()]
        assert line["verdict"] == "INVALID_ADDRESS"


# Heads.


@pytest.mark.parametrize("key", ["a\r\nX-B: c", "a\rb", "a\nb", "a\x00b", "\x7f"], ids=short)
def test_a_key_cannot_break_the_head(http: Running, key: str) -> None:
    body = json.dumps(a_ret()).encode()
    sent = request(CONSENTS, body, headers=f"Idempotency-Key: {key}\r\n")

    answered = http.served.send(sent)

    assert answered.status in (200, 201, 400, 422)
    assert "x-b" not in answered.headers


@pytest.mark.parametrize("key", ["é", "ş", "a\tb", "\x80"], ids=short)
def test_a_key_is_of_printable_ascii(http: Running, key: str) -> None:
    body = json.dumps(a_ret()).encode()
    head = f"Idempotency-Key: {key}\r\n".encode()
    sent = request(CONSENTS, body).replace(b"\r\n\r\n", b"\r\n" + head + b"\r\n", 1)

    answered = http.served.send(sent)

    assert (answered.status, answered.code) == (422, "L-IDEMPOTENCY-KEY")


# Other people's brands.


@pytest.mark.parametrize("brand", [FOREIGN, 5, 2**53, 2**63, 2**64 + BRAND, 10**300])
def test_a_foreign_brand_is_refused_on_every_route(http: Running, brand: int) -> None:
    """As one that nobody keeps: whether it exists elsewhere is not told."""
    before = http.home.ledger(IYS_CODE).store.last_position()
    answers = []

    for path in BRAND_PATHS:
        there = path.replace(str(BRAND), str(brand))
        if path.startswith(FILTER):
            answers.append(http.send(there, b"x\n", content_type="text/plain", key="operator"))
        else:
            answers.append(http.post(there, BODIES[path], key="operator"))
    for path in (FEED, CHANGES):
        answers.append(http.get(path.replace(str(BRAND), str(brand)), key="operator"))

    told = {(one.status_code, one.json()["code"]) for one in answers}
    assert told == {(403, "L-BRAND-SCOPE")}
    assert http.home.ledger(IYS_CODE).store.last_position() == before


# What is told of it.


def test_no_address_is_told_in_an_error_or_a_log(http: Running) -> None:
    """In any place where one might be put by mistake."""
    person, box = a_phone(), a_mailbox()
    told = []
    for secret in (person, person[1:], box):
        for path, body in BODIES.items():
            told.append(http.post(path, {**body, secret: 1}))
            told.append(http.post(path, {**body, "type": secret}))
            told.append(http.post(path, {**body, "recipient": f"{secret}x"}))
            told.append(http.post(path, {**body, "recipient": [secret]}))
            told.append(http.post(path, {"items": secret}))
            told.append(http.send(path, f'{{"recipient": "{secret}"'.encode()))
        told.append(http.get(f"{FEED}?after={secret.replace('+', '%2B')}"))
        told.append(http.get(f"{FEED}?{secret.replace('+', '%2B')}=1"))
        told.append(http.get(f"/v1/{secret.replace('+', '').replace('@', '.')}"))
        told.append(http.post(DECISIONS, {**BODIES[DECISIONS], "campaign": secret}))
        told.append(http.post(CONSENTS, {**an_item(), "consentDate": secret}))
        told.append(http.post(CONSENTS, a_ret(recipient=secret, source=secret)))
        told.append(http.post(REFUSALS, {"recipient": secret, "reference": secret}))

    shown = person[3:], box.partition("@")[0]
    for answered in told:
        assert not any(secret in answered.text for secret in shown), answered.text
    assert not any(secret in http.errors() for secret in shown)


def test_everything_that_was_written_beside_the_answers_is_a_line_of_json(http: Running) -> None:
    """Behind all of the above: nothing failed, and nobody wrote a line of their own."""
    lines: list[Json] = [json.loads(line) for line in http.errors().splitlines()]

    assert [line for line in lines if line["level"] == "error"] == []
    assert not any("forged" in str(line) for line in lines)
