"""The fields of a consent as given, rule by rule: R22, R110–R113, iys/api.md §3; consent.md C5, C8.

Rows are those of the sample files; every address is made up.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ledger.aggregates.commands import Origin
from ledger.aggregates.intake import ParsedAct, RawAct, parse_act
from ledger.errors import InputRefused
from ledger.vocabulary import (
    Channel,
    ConsentSource,
    ConsentStatus,
    DatePrecision,
    RecipientType,
)
from tests.builders import A_MAILBOX, A_PHONE, a_provenance, a_raw_act

RECEIVED_AT = datetime(2025, 11, 18, 9, tzinfo=UTC)
"""Noon in Istanbul, the day after the sample rows."""
DOORS = (Origin.LIVE, Origin.FILE, Origin.DECLARED)
OURS = (Origin.LIVE, Origin.FILE)
INDIVIDUAL, MERCHANT = RecipientType.INDIVIDUAL, RecipientType.MERCHANT


def parsed(raw: RawAct, origin: Origin = Origin.FILE, **changes: Any) -> ParsedAct:
    given: dict[str, Any] = {
        "received_at": RECEIVED_AT,
        "row": 2,
        **changes,
    }
    return parse_act(raw, a_provenance(origin), **given)


def refused(raw: RawAct, origin: Origin = Origin.FILE) -> tuple[str, str]:
    """Code and field of the refusal; its text holds neither address nor date."""
    with pytest.raises(InputRefused) as caught:
        parsed(raw, origin)
    for text in (raw.recipient, raw.consent_date):
        assert text == "" or text not in str(caught.value)
    return caught.value.code, caught.value.field


def row(line: str) -> RawAct:
    """A row of the sample files: type, source, recipient, status, consentDate, recipientType."""
    return RawAct(*line.split(","))


def test_a_sound_row_becomes_a_command() -> None:
    act = parsed(a_raw_act(), row=17)

    assert (act.address.uri, act.channel) == (f"tel:{A_PHONE}", Channel.MESSAGE)
    assert (act.recipient_types, act.given) == ((INDIVIDUAL,), None)
    command = act.command
    assert (command.status, command.source) == (ConsentStatus.GRANTED, ConsentSource.HS_WEB)
    assert (command.at, command.consent_date) == ("2025-11-17T07:00:00Z", "2025-11-17 10:00:00")
    assert (command.precision, command.late) == (DatePrecision.SECOND, False)
    assert (command.provenance, command.row) == (a_provenance(Origin.FILE), 17)
    assert (command.defects, command.warnings, command.retailer) == ((), (), None)


BAD_FIELDS = """
3-type             SMS,HS_WEB,+905010000102,ONAY,DATE,BIREYSEL                   H117 type
4-source-of-iys    MESAJ,IYS_WEB,+905010000103,ONAY,DATE,BIREYSEL                H119 source
5-source           MESAJ,HS_KAHVE,+905010000104,ONAY,DATE,BIREYSEL               H119 source
6-range            MESAJ,HS_WEB,+905812345678,ONAY,DATE,BIREYSEL                 H121 recipient
7-length           MESAJ,HS_WEB,+9050100001051234567,ONAY,DATE,BIREYSEL          H160 recipient
8-letters          EPOSTA,HS_WEB,örnek@mail.com,ONAY,DATE,BIREYSEL               H120 recipient
10-kind            EPOSTA,HS_WEB,+905010000106,ONAY,DATE,BIREYSEL                H120 recipient
11-status          MESAJ,HS_WEB,+905010000107,EVET,DATE,BIREYSEL                 H115 status
12-recipient-type  MESAJ,HS_WEB,+905010000108,ONAY,DATE,KURUMSAL                 H116 recipientType
13-decision        MESAJ,HS_KARAR,+905010000109,ONAY,DATE,BIREYSEL               H408 status
14-no-recipient    MESAJ,HS_WEB,,ONAY,DATE,BIREYSEL                              H114 recipient
15-no-source       MESAJ,,+905010000110,ONAY,DATE,BIREYSEL                       H113 source
17-no-date         MESAJ,HS_WEB,+905010000112,ONAY,,BIREYSEL                     H112 consentDate
18-digits          MESAJ,HS_WEB,+90501٠٠٠٠١١٣,ONAY,DATE,BIREYSEL                 H121 recipient
19-short-code      MESAJ,HS_WEB,3338,ONAY,DATE,BIREYSEL                          H121 recipient
20-two-numbers     MESAJ,HS_WEB,+905010000114_/_+905010000115,ONAY,DATE,BIREYSEL H121 recipient
no-type            ,HS_WEB,+905010000101,ONAY,DATE,BIREYSEL                      H111 type
no-status          MESAJ,HS_WEB,+905010000101,,DATE,BIREYSEL                     H110 status
merchants-source   MESAJ,HS_KAHVE,+905010000101,ONAY,,TACIR                      H119 source
merchants-date     MESAJ,HS_WEB,+905010000101,ONAY,17.11.2025,TACIR              H158 consentDate
merchants-decision MESAJ,HS_KARAR,+905010000101,ONAY,,TACIR                      H408 status
"""
"""Name, row (`_` for a space), code and field; DATE is the sound one of the sample."""


@pytest.mark.parametrize(
    ("line", "code", "field"),
    [
        pytest.param(*entry.split()[1:], id=entry.split()[0])
        for entry in BAD_FIELDS.strip().splitlines()
    ],
)
def test_one_wrong_field_keeps_a_consent_out(line: str, code: str, field: str) -> None:
    """bad/alanlar.csv; the number is its line."""
    given = line.replace("_/_", " / ").replace("DATE", "2025-11-17 10:00:00")

    assert refused(row(given)) == (code, field)


BAD_DATES = {
    "2-day": ("HS_WEB,2025-02-30 10:00:00", "H157"),
    "3-letter-t": ("HS_WEB,2025-11-17T10:00:00", "H158"),
    "4-turkish-form": ("HS_WEB,03.04.2025 10:00", "H158"),
    "5-before-the-law": ("HS_WEB,2015-04-30 23:59:59", "H156"),
    "6-not-the-day-of-2015": ("HS_2015,2015-05-02 00:00:00", "H155"),
    "7-future": ("HS_WEB,2099-01-01 00:00:00", "H162"),
    "8-hour-24": ("HS_WEB,2025-11-17 24:00:00", "H157"),
    "month": ("HS_WEB,2025-15-17 10:00:00", "H157"),
    "leap-second": ("HS_WEB,2025-11-17 10:00:60", "H157"),
    "blank-behind": ("HS_WEB,2025-11-17 10:00:00 ", "H158"),
    "newline-behind": ("HS_WEB,2025-11-17 10:00:00\n", "H158"),
    "no-seconds": ("HS_WEB,2025-11-17 10:00", "H158"),
    "fraction": ("HS_WEB,2025-11-17 10:00:00.5", "H158"),
    "offset": ("HS_WEB,2025-11-17 10:00:00+03:00", "H158"),
    "other-digits": ("HS_WEB,2025-11-17 10:00:0٠", "H158"),
    "day-only": ("HS_WEB,2025-11-17", "H158"),
    "before-2015-and-hs-2015": ("HS_2015,2015-04-30 00:00:00", "H156"),
    "end-of-time": ("HS_WEB,9999-12-31 23:59:59", "H162"),
    "year-zero": ("HS_WEB,0000-01-01 00:00:00", "H157"),
    "year-one": ("HS_WEB,0001-01-01 00:00:00", "H156"),
    "year-1900": ("HS_WEB,1900-01-01 00:00:00", "H156"),
}


@pytest.mark.parametrize("origin", DOORS)
@pytest.mark.parametrize("name", [name for name in BAD_DATES if name != "day-only"])
def test_a_wrong_date_keeps_a_consent_out_by_every_door(name: str, origin: Origin) -> None:
    """bad/tarihler.csv, the number is its line; iys/api.md §3.4. Of databases, `year-one` is what
    they write for nothing."""
    given, code = BAD_DATES[name]
    source, date = given.split(",")

    assert refused(a_raw_act(source=source, consent_date=date), origin) == (code, "consentDate")


@pytest.mark.parametrize("origin", OURS)
def test_a_date_without_time_keeps_a_consent_out_unless_declared(origin: Origin) -> None:
    assert refused(a_raw_act(consent_date="2025-11-17"), origin) == ("H158", "consentDate")


@pytest.mark.parametrize(
    ("date", "at"),
    [
        ("2016-03-27 03:30:00", "2016-03-27T01:30:00Z"),
        ("2016-03-27 02:59:59", "2016-03-27T00:59:59Z"),
        ("2016-03-27 04:00:00", "2016-03-27T01:00:00Z"),
        ("2015-12-01 10:00:00", "2015-12-01T08:00:00Z"),
        ("2015-07-01 10:00:00", "2015-07-01T07:00:00Z"),
        ("2015-11-08 03:30:00", "2015-11-08T00:30:00Z"),
        ("2025-11-17 10:00:00", "2025-11-17T07:00:00Z"),
    ],
    ids=[
        "hour-that-never-was",
        "before",
        "after",
        "winter",
        "summer",
        "hour-that-was-twice",
        "now",
    ],
)
def test_a_date_is_kept_as_it_stands_and_read_by_the_rules_of_its_time(date: str, at: str) -> None:
    """R114; bad/tarihler.csv line 10 is recorded."""
    command = parsed(a_raw_act(consent_date=date)).command

    assert (command.consent_date, command.at) == (date, at)


def test_hs_2015_takes_its_one_date() -> None:
    """bad/tarihler.csv line 9."""
    command = parsed(a_raw_act(source="HS_2015", consent_date="2015-05-01 00:00:00")).command

    assert (command.source, command.at) == (ConsentSource.HS_2015, "2015-04-30T21:00:00Z")


def test_the_first_second_that_iys_takes_is_taken() -> None:
    assert parsed(a_raw_act(consent_date="2015-05-01 00:00:00")).command.late


@pytest.mark.parametrize("origin", DOORS)
def test_a_clock_may_run_five_minutes_ahead_and_no_more(origin: Origin) -> None:
    """C7."""
    assert refused(a_raw_act(consent_date="2025-11-18 12:05:01"), origin)[0] == "H162"
    ahead = parsed(a_raw_act(consent_date="2025-11-18 12:05:00"), origin).command
    assert ahead.at == "2025-11-18T09:05:00Z"


@pytest.mark.parametrize(
    ("received_at", "late"),
    [
        (datetime(2025, 11, 20, 7, 0, 0, tzinfo=UTC), False),
        (datetime(2025, 11, 20, 7, 0, 1, tzinfo=UTC), True),
    ],
    ids=["in-time", "one-second-over"],
)
@pytest.mark.parametrize("origin", DOORS)
def test_three_business_days_count_from_the_time_of_day(
    received_at: datetime, late: bool, origin: Origin
) -> None:
    """R21: Monday 10:00 is in time until Thursday 10:00."""
    assert parsed(a_raw_act(), origin, received_at=received_at).command.late is late


def test_a_weekend_does_not_count_against_a_consent() -> None:
    friday, monday = "2025-11-14 10:00:00", datetime(2025, 11, 17, 20, tzinfo=UTC)

    assert not parsed(a_raw_act(consent_date=friday), received_at=monday).command.late
    later = monday + timedelta(days=2)
    assert parsed(a_raw_act(consent_date=friday), received_at=later).command.late


@pytest.mark.parametrize("day", ["2025-11-17", "2025-11-18"], ids=["yesterday", "today"])
def test_a_declared_day_counts_from_its_first_second(day: str) -> None:
    """C8: recorded, precision DAY."""
    command = parsed(a_raw_act(consent_date=day), Origin.DECLARED).command
    before = {"2025-11-17": "2025-11-16", "2025-11-18": "2025-11-17"}[day]

    assert (command.consent_date, command.precision) == (day, DatePrecision.DAY)
    assert (command.at, command.late) == (f"{before}T21:00:00Z", True)


@pytest.mark.parametrize(
    ("day", "code"),
    [
        ("2025-02-30", "H157"),
        ("2015-04-30", "H156"),
        ("0001-01-01", "H156"),
        ("2025-11-19", "H162"),
        ("17.11.2025", "H158"),
    ],
)
def test_a_declared_day_keeps_to_the_rules_of_dates(day: str, code: str) -> None:
    assert refused(a_raw_act(consent_date=day), Origin.DECLARED)[0] == code


@pytest.mark.parametrize(
    "source", [source.value for source in ConsentSource if source.is_word_of_iys]
)
def test_only_a_declared_file_may_name_a_source_of_iys(source: str) -> None:
    """C5, H119."""
    given = {"HS_2015": "2015-05-01 00:00:00"}.get(source, "2025-11-17 10:00:00")
    raw = a_raw_act(source=source, consent_date=given)
    if source == "HS_KARAR":
        assert refused(raw, Origin.DECLARED) == ("H408", "status")
        return

    assert parsed(raw, Origin.DECLARED).command.source == source
    for origin in OURS:
        if source.startswith("IYS_"):
            assert refused(raw, origin) == ("H119", "source")
        else:
            assert parsed(raw, origin).command.source == source


def test_a_recipient_type_that_is_not_given_is_that_of_an_individual() -> None:
    """R10."""
    assert parsed(a_raw_act(recipient_type="")).recipient_types == (INDIVIDUAL,)
    assert parsed(a_raw_act(recipient_type="TACIR")).recipient_types == (MERCHANT,)


def test_kurumsal_is_a_merchant_in_a_declared_file_only() -> None:
    """C8: with a warning when declared; bad/alanlar.csv line 12."""
    declared = parsed(a_raw_act(recipient_type="KURUMSAL"), Origin.DECLARED)

    assert declared.recipient_types == (MERCHANT,)
    assert declared.command.warnings == ("L-KURUMSAL",)
    for origin in OURS:
        assert refused(a_raw_act(recipient_type="KURUMSAL"), origin)[0] == "H116"


@pytest.mark.parametrize("kind", ["KURUM", "bireysel", "BİREYSEL", " TACIR"])
@pytest.mark.parametrize("origin", DOORS)
def test_no_other_word_is_a_recipient_type(kind: str, origin: Origin) -> None:
    assert refused(a_raw_act(recipient_type=kind), origin) == ("H116", "recipientType")


@pytest.mark.parametrize(
    ("source", "date", "status"),
    [
        ("", "", None),
        ("HS_WEB", "", None),
        ("", "2025-11-17 10:00:00", None),
        ("HS_WEB", "2025-11-17 10:00:00", ConsentStatus.GRANTED),
    ],
    ids=["bare", "source", "date", "both"],
)
def test_a_merchant_without_source_or_date_is_listed(
    source: str, date: str, status: ConsentStatus | None
) -> None:
    """R11; bad/alanlar.csv line 16 is recorded."""
    raw = a_raw_act(source=source, consent_date=date, recipient_type="TACIR")
    command = parsed(raw).command

    assert command.status is status
    assert (command.source, command.consent_date) == (source or None, date or None)
    assert command.at == ("2025-11-17T07:00:00Z" if date else None)


@pytest.mark.parametrize(
    ("retailer", "warnings"),
    [("", ()), *((code, ("H180",)) for code in ("10000001", "123", "1000000a", "1٠٠٠٠٠٠1"))],
)
@pytest.mark.parametrize("status", ["ONAY", "RET"])
def test_a_dealers_code_is_warned_of_since_no_dealers_are_kept(
    status: str, retailer: str, warnings: tuple[str, ...]
) -> None:
    """C8, H180: recorded without the code."""
    command = parsed(a_raw_act(status=status, retailer=retailer)).command

    assert (command.retailer, command.warnings) == (None, warnings)
    assert command.defects == ()


def test_what_is_odd_of_an_address_is_warned_of_behind_the_dealer() -> None:
    raw = a_raw_act(recipient="+9002124673333", retailer="123")

    assert parsed(raw).command.warnings == ("H180", "L-9005", "L-LANDLINE")
    assert parsed(raw).address.uri == "tel:+902124673333"


def test_a_mailbox_is_kept_in_small_letters() -> None:
    """bad/alanlar.csv line 9 is recorded."""
    line = "EPOSTA,HS_WEB,ISTANBUL.ofis@Ornek.com,ONAY,2025-11-17 10:00:00,BIREYSEL"

    assert parsed(row(line)).address.uri == "mailto:istanbul.ofis@ornek.com"


@pytest.mark.parametrize("address", [A_PHONE, A_MAILBOX], ids=["phone", "mailbox"])
def test_neither_a_row_nor_what_it_became_shows_the_address(address: str) -> None:
    channel = "EPOSTA" if "@" in address else "MESAJ"
    raw = a_raw_act(recipient=address, channel=channel)

    assert address not in repr(raw) + repr(parsed(raw)) + repr(parsed(raw).command)
