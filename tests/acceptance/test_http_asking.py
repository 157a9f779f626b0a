"""Status, history and feeds: two lines, four dates, every change since a position."""

from datetime import timedelta
from typing import Any

import msgspec
import psycopg
import pytest

from ledger import clock
from ledger.aggregates.bodies import ConsentRefused
from ledger.contract.answers import (
    ChangesPage,
    HistoryAnswer,
    ProblemAnswer,
    RefusalsPage,
    StatusAnswer,
)
from tests.acceptance.services import (
    CHANGES,
    CONSENTS,
    FEED,
    FOREIGN,
    HISTORY,
    IYS_CODE,
    SISTER,
    STATUS,
    Json,
    Running,
    a_phone,
    a_ret,
    an_item,
    minutes_ago,
    moment,
    short,
)


def status(http: Running, recipient: str, **members: object) -> Json:
    answered = http.post(STATUS, {"recipient": recipient, "type": "MESAJ", **members})
    assert answered.status_code == 200, answered.text
    msgspec.convert(answered.json(), StatusAnswer, strict=True)
    return dict(answered.json())


def problem(answered: Any) -> tuple[int, str, str | None]:
    said = msgspec.convert(answered.json(), ProblemAnswer, strict=True)
    assert answered.status_code == said.status
    return said.status, said.code, said.pointer


def page(http: Running, path: str, **query: object) -> Json:
    answered = http.client.get(path, params=query)  # type: ignore[arg-type]  # texts and numbers
    assert answered.status_code == 200, answered.text
    shape = RefusalsPage if path.endswith("/refusals") else ChangesPage
    msgspec.convert(answered.json(), shape, strict=True)
    return dict(answered.json())


def last(http: Running) -> int:
    """The log's end."""
    return http.home.ledger(IYS_CODE).store.last_position()


# Status.


def test_both_lines_and_the_receipt_are_told(http: Running) -> None:
    person = a_phone()
    http.register(person)

    said = status(http, person)

    assert (said["status"], said["verdict"], said["permitted"]) == ("ONAY", "PERMITTED", True)
    assert said["reason"] == "REGISTERED"
    assert (said["iys"]["shown"], said["iys"]["how"]) == ("ONAY", "result")
    assert moment(said["consentDateUtc"]) == clock.parse_time(said["consentDate"])
    assert said["receipt"]["position"] <= said["position"]


def test_of_nobody_there_is_nothing(http: Running) -> None:
    said = status(http, a_phone())

    assert (said["status"], said["verdict"], said["generations"]) == (None, "NO_CONSENT", 0)
    assert said["receipt"] is None


@pytest.mark.parametrize("written", ["{}", " {} ", "0{}", "00 90 {}"])
def test_an_address_is_found_however_it_is_written(http: Running, written: str) -> None:
    person = a_phone()
    http.item(a_ret(recipient=person))

    assert status(http, written.format(person.removeprefix("+90")))["status"] == "RET"


def test_what_is_no_address_has_a_verdict_and_no_status(http: Running) -> None:
    said = status(http, "abc")

    assert (said["verdict"], said["reason"], said["code"]) == (
        *("INVALID_ADDRESS", "BAD_FORMAT"),
        "H121",
    )


@pytest.mark.parametrize("form", ["iys", "utc", "offset"])
def test_as_of_an_instant_as_known_at_another(http: Running, form: str) -> None:
    """A refusal of half an hour ago that is known since now."""
    person = a_phone()
    http.item(an_item(recipient=person, consentDate=minutes_ago(60)))
    before = clock.now()
    http.item(a_ret(recipient=person, consentDate=minutes_ago(30)))

    def told(minutes: float) -> str:
        at = clock.now() - timedelta(minutes=minutes)
        offset = clock.iys_text(at).replace(" ", "T") + "+03:00"
        return {"iys": clock.iys_text(at), "utc": clock.utc_text(at), "offset": offset}[form]

    assert status(http, person, at=told(90))["status"] is None
    assert status(http, person, at=told(45))["status"] == "ONAY"
    assert status(http, person, at=told(15))["status"] == "RET"
    known = clock.utc_text_micros(before)
    assert status(http, person, knownAt=known)["status"] == "ONAY"
    assert status(http, person, at=told(15), knownAt=known)["status"] == "ONAY"
    assert not status(http, person, at=told(15))["permitted"]


@pytest.mark.parametrize("name", ["at", "knownAt"])
@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T10:15:00",
        "2026-11-22",
        "22.11.2026 10:15:00",
        "2026-13-22 10:15:00",
        "0001-01-01 00:00:00",
        "9999-12-31T23:59:59Z",
        "2026-11-22T10:15:00+99:00",
        "",
    ],
    ids=short,
)
def test_a_time_of_another_form_is_refused_naming_both(http: Running, name: str, text: str) -> None:
    asked = {"recipient": a_phone(), "type": "MESAJ", name: text}

    turkish, english = http.post(STATUS, asked), http.post(STATUS, asked, accept_language="en")

    assert problem(turkish) == (422, "L-TIME", f"/{name}")
    for answered in (turkish, english):
        title = answered.json()["title"]
        assert "2026-11-22 10:15:00" in title and "2026-11-22T10:15:00+03:00" in title


@pytest.mark.parametrize("path", [STATUS, HISTORY])
@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"recipient": None}, "L-FIELD", None),
        ({"recipient": 5}, "L-FIELD", "/recipient"),
        ({"recipient": "1" * 2_001}, "L-FIELD", "/recipient"),
        ({"type": None}, "L-FIELD", None),
        ({"type": "SMS"}, "L-FIELD", "/type"),
        ({"recipientType": "X"}, "L-FIELD", "/recipientType"),
        ({"recipent": "x"}, "L-FIELD-UNKNOWN", ""),
    ],
    ids=short,
)
def test_a_bad_question_is_refused(
    http: Running, path: str, changes: Json, code: str, pointer: str | None
) -> None:
    asked = {"recipient": "+905010000001", "type": "MESAJ", **changes}

    answered = http.post(path, {name: x for name, x in asked.items() if x is not None})

    assert problem(answered) == (422, code, pointer)
    assert "5010000001" not in answered.text


def test_who_may_ask(http: Running) -> None:
    asked = {"recipient": a_phone(), "type": "MESAJ"}
    for path in (STATUS, HISTORY):
        assert http.post(path, asked, key="viewer").status_code == 200
        assert problem(http.post(path, asked, key="sister"))[:2] == (403, "L-BRAND-SCOPE")
        foreign = path.replace("123456", str(FOREIGN))
        assert problem(http.post(foreign, asked, key="operator"))[:2] == (403, "L-BRAND-SCOPE")
        assert problem(http.post(f"{path}?x=1", asked))[:2] == (422, "L-QUERY")


# History.


def test_every_event_has_its_four_dates(http: Running) -> None:
    person, came = a_phone(), clock.utc_text(clock.now() - timedelta(minutes=7))
    date = minutes_ago(60)
    http.item(an_item(recipient=person, consentDate=date, receivedAt=came))
    http.item(a_ret(recipient=person))

    answered = http.post(HISTORY, {"recipient": person, "type": "MESAJ"})

    msgspec.convert(answered.json(), HistoryAnswer, strict=True)
    told = answered.json()
    assert (told["generations"], [one["type"] for one in told["events"]]) == (
        1,
        ["consent.granted", "consent.refused"],
    )
    first = told["events"][0]
    assert moment(first["actedAt"]) == clock.parse_time(date)
    assert first["receivedAt"] == came
    assert first["actedAt"] < first["receivedAt"] < first["recordedAt"]
    assert first["iysRegisteredAt"] is None
    assert person[-9:] not in answered.text


def test_what_iys_registered_is_dated_by_it(http: Running) -> None:
    person = a_phone()
    http.register(person)

    told = http.post(HISTORY, {"recipient": person, "type": "MESAJ"}).json()

    assert [one["type"] for one in told["events"]] == ["consent.granted", "iys.seen"]
    assert clock.parse_time(told["events"][0]["iysRegisteredAt"])


def test_what_is_no_address_has_no_history(http: Running) -> None:
    answered = http.post(HISTORY, {"recipient": "abc", "type": "MESAJ"})

    assert problem(answered) == (422, "H121", "/recipient")
    nobody = http.post(HISTORY, {"recipient": a_phone(), "type": "MESAJ"}).json()
    assert nobody == {"generations": 0, "events": []}


# Feeds.


def test_a_refusal_is_on_the_next_page_of_its_brand_and_channel_only(http: Running) -> None:
    end = last(http)
    person, caller = a_phone(), a_phone()
    http.item(a_ret(recipient=person))
    http.item(a_ret(recipient=caller, type="ARAMA"))
    http.item(an_item())
    http.post(f"/v1/brands/{SISTER}/consents", a_ret())

    both, calls = page(http, FEED, after=end), page(http, FEED, after=end, type="ARAMA")

    assert [one["recipient"] for one in both["items"]] == [person, caller]
    assert [one["recipient"] for one in calls["items"]] == [caller]
    assert not both["more"]
    assert page(http, FEED, after=both["next"])["items"] == []
    assert [one["recordedAt"] <= clock.utc_text(clock.now()) for one in both["items"]] == [True] * 2


def test_every_change_is_told_with_its_kind(http: Running) -> None:
    end = last(http)
    person = a_phone()
    http.register(person)
    http.item(a_ret(recipient=person))

    told = page(http, CHANGES, after=end)

    assert [(one["event"], one.get("status")) for one in told["items"]] == [
        ("consent.granted", "ONAY"),
        ("iys.seen", None),
        ("consent.refused", "RET"),
    ]
    assert {one["recipient"] for one in told["items"]} == {person}


def test_pages_follow_one_another_without_loss(http: Running) -> None:
    end = last(http)
    people = [a_phone() for _ in range(2_500)]
    http.post(CONSENTS, {"items": [a_ret(recipient=person) for person in people]})

    seen, after, more = [], end, True
    while more:
        told = page(http, FEED, after=after)
        assert told["next"] > after
        seen += told["items"]
        after, more = told["next"], told["more"]

    assert [one["recipient"] for one in seen] == people
    assert [one["position"] for one in seen] == sorted({one["position"] for one in seen})


def test_a_cursor_beyond_the_end_is_led_back_to_it(http: Running) -> None:
    """After a restore positions are given out anew: who waits beyond them would hear of nothing."""
    end = last(http)

    told = page(http, FEED, after=2**53 - 1)

    assert (told["items"], told["next"], told["more"]) == ([], end, False)


def test_of_who_was_forgotten_nobody_is_told(http: Running) -> None:
    """As `izin erase` will leave it: the events stay, the key and the address are gone."""
    end = last(http)
    kept, erased = a_phone(), a_phone()
    http.item(a_ret(recipient=erased))
    http.item(a_ret(recipient=kept))
    position = page(http, FEED, after=end)["items"][0]["position"]
    ledger = http.home.ledger(IYS_CODE)
    (event,) = ledger.store.events_at([position]).values()

    options = f"-c search_path=sp_{IYS_CODE}"
    with psycopg.connect(http.home.dsn, options=options, autocommit=False) as owner:
        assert isinstance(event.body, ConsentRefused)
        key = {"subject": event.body.subject}
        owner.execute(
            "CREATE TEMP TABLE kept AS SELECT * FROM recipients WHERE subject = %(subject)s", key
        )
        owner.execute("DELETE FROM recipients WHERE subject = %(subject)s", key)
        owner.commit()
        told = page(http, FEED, after=end)
        owner.execute("INSERT INTO recipients SELECT * FROM kept")

    assert [one["recipient"] for one in told["items"]] == [kept]


@pytest.mark.parametrize("path", [FEED, CHANGES])
@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("after=x", "L-CURSOR"),
        ("after=-1", "L-CURSOR"),
        ("after=", "L-CURSOR"),
        ("after=1.5", "L-CURSOR"),
        ("after=%D9%A3", "L-CURSOR"),
        ("after=9007199254740992", "L-CURSOR"),
        ("after=" + "9" * 100, "L-CURSOR"),
        ("type=SMS", "L-FIELD"),
        ("type=", "L-FIELD"),
        ("atfer=1", "L-QUERY"),
        ("after=1&after=2", "L-QUERY"),
    ],
)
def test_a_bad_cursor_is_refused(http: Running, path: str, query: str, code: str) -> None:
    assert problem(http.get(f"{path}?{query}"))[:2] == (422, code)


def test_who_may_follow(http: Running) -> None:
    for path in (FEED, CHANGES):
        assert problem(http.get(path, key="viewer"))[:2] == (403, "L-ROLE")
        assert problem(http.get(path, key="sister"))[:2] == (403, "L-BRAND-SCOPE")
        foreign = path.replace("123456", str(FOREIGN))
        assert problem(http.get(foreign, key="operator"))[:2] == (403, "L-BRAND-SCOPE")
