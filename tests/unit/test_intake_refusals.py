"""A refusal is kept whatever is wrong with it, but for its address and channel: consent.md C5."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ledger.aggregates.commands import Origin
from ledger.aggregates.consent import Consent, person_line
from ledger.aggregates.decide import decide
from ledger.aggregates.intake import ParsedAct, RawAct, parse_act
from ledger.clock import utc_text
from ledger.errors import InputRefused
from ledger.vocabulary import ConsentSource, ConsentStatus, DatePrecision, Outcome, RecipientType
from tests.builders import (
    a_key,
    a_proven,
    a_provenance,
    a_raw_act,
    state_after,
    status_after,
)

RECEIVED_AT = datetime(2025, 11, 18, 9, tzinfo=UTC)
RECEIVED = "2025-11-18T09:00:00Z"
AT = "2025-11-17T07:00:00Z"
DATE = "2025-11-17 10:00:00"
DOORS = (Origin.LIVE, Origin.FILE, Origin.DECLARED)
OURS = (Origin.LIVE, Origin.FILE)
INDIVIDUAL, MERCHANT = RecipientType.INDIVIDUAL, RecipientType.MERCHANT
any_door = pytest.mark.parametrize("origin", DOORS)


def a_raw_refusal(**changes: Any) -> RawAct:
    return a_raw_act(**{"status": "RET", "source": "HS_MESAJ", **changes})


def parsed(raw: RawAct, origin: Origin = Origin.FILE) -> ParsedAct:
    return parse_act(raw, a_provenance(origin), received_at=RECEIVED_AT, row=2)


def outcome_of(act: ParsedAct) -> Outcome:
    return decide(a_key(), Consent(), act.command).outcome


@any_door
def test_a_sound_refusal_has_no_defect(origin: Origin) -> None:
    act = parsed(a_raw_refusal(), origin)

    assert (act.command.status, act.command.source) == (
        ConsentStatus.REFUSED,
        ConsentSource.HS_MESAJ,
    )
    assert (act.command.at, act.command.consent_date) == (AT, DATE)
    assert (act.command.defects, act.given, act.recipient_types) == ((), None, (INDIVIDUAL,))
    assert not act.command.late


SAMPLE: dict[str, tuple[str, tuple[str, ...], dict[str, str], str, str | None]] = {
    "2-sound": ("MESAJ,HS_MESAJ,+905010000501,RET,2025-11-17 10:00:00,BIREYSEL", (), {}, AT, DATE),
    "3-source": (
        "MESAJ,HS_KAHVE,+905010000502,RET,2025-11-17 10:00:00,BIREYSEL",
        ("H119",),
        {"source": "HS_KAHVE"},
        AT,
        DATE,
    ),
    "4-date": (
        "MESAJ,HS_WEB,+905010000503,RET,17 Kasim,BIREYSEL",
        ("H158",),
        {"consentDate": "17 Kasim"},
        RECEIVED,
        None,
    ),
    "5-source-of-iys": (
        "ARAMA,IYS_KISAMESAJ,+905010000504,RET,2025-11-17 10:00:00,BIREYSEL",
        ("H119",),
        {"source": "IYS_KISAMESAJ"},
        AT,
        DATE,
    ),
    "6-future": (
        "EPOSTA,HS_EPOSTA,Ret.Eden@Ornek.com.tr,RET,2099-01-01 00:00:00,BIREYSEL",
        ("H162",),
        {"consentDate": "2099-01-01 00:00:00"},
        RECEIVED,
        "2099-01-01 00:00:00",
    ),
    "7-neither": (
        "MESAJ,,+905010000505,RET,,BIREYSEL",
        ("H113", "H112"),
        {"source": "", "consentDate": ""},
        RECEIVED,
        None,
    ),
    "8-recipient-type": (
        "MESAJ,HS_MESAJ,+905010000506,RET,2025-11-17 10:00:00,KURUM",
        ("H116",),
        {"recipientType": "KURUM"},
        AT,
        DATE,
    ),
}


@pytest.mark.parametrize("name", SAMPLE)
def test_a_refusal_is_kept_with_its_defects_named_and_what_was_given(name: str) -> None:
    """good/ret-kusurlu.csv and its verdicts; the number is its line."""
    line, defects, given, at, date = SAMPLE[name]

    act = parsed(RawAct(*line.split(",")))

    assert (act.command.defects, act.given) == (defects, given or None)
    assert (act.command.at, act.command.consent_date) == (at, date)
    assert outcome_of(act) is (Outcome.SUPPRESSED if defects else Outcome.RECORDED)


@any_door
@pytest.mark.parametrize("name", SAMPLE)
def test_every_defective_refusal_of_the_sample_is_in_force(name: str, origin: Origin) -> None:
    act = parsed(RawAct(*SAMPLE[name][0].split(",")), origin)

    assert status_after(state_after(a_proven(0)), act.command) is ConsentStatus.REFUSED


@any_door
def test_a_refusal_with_everything_wrong_is_kept(origin: Origin) -> None:
    raw = a_raw_refusal(source="?", consent_date="?", recipient_type="?", retailer="?")

    act = parsed(raw, origin)

    assert act.command.defects == ("H116", "H119", "H158")
    assert act.command.warnings == ("H180",)
    assert outcome_of(act) is Outcome.SUPPRESSED


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"recipient": ""}, "H114"),
        ({"recipient": "3338"}, "H121"),
        ({"recipient": "+9050100001051234567"}, "H160"),
        ({"recipient": "örnek@mail.com", "channel": "EPOSTA"}, "H120"),
        ({"channel": "SMS"}, "H117"),
        ({"channel": ""}, "H111"),
        ({"status": "RED"}, "H115"),
    ],
    ids=["none", "kind", "length", "mailbox", "channel", "no-channel", "status"],
)
@any_door
def test_only_an_unreadable_address_or_channel_keeps_a_refusal_out(
    changes: dict[str, str], code: str, origin: Origin
) -> None:
    """C5; and what is not readable as a refusal is none."""
    with pytest.raises(InputRefused) as caught:
        parsed(a_raw_refusal(**changes), origin)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "date",
    ["", "17 Kasim", "2025-02-30 10:00:00", "2025-11-17 10:00:00 ", "2025-11-17T10:00:00", "0"],
)
@any_door
def test_4_a_refusal_whose_date_is_unknown_counts_from_its_receipt(
    date: str, origin: Origin
) -> None:
    """C4."""
    command = parsed(a_raw_refusal(consent_date=date), origin).command

    assert (command.at, command.consent_date) == (RECEIVED, None)
    assert len(command.defects) == 1


def test_a_clock_may_run_five_minutes_ahead() -> None:
    """C7: then the date is the person's; beyond it, the instant of receipt."""
    ahead = parsed(a_raw_refusal(consent_date="2025-11-18 12:05:00")).command
    beyond = parsed(a_raw_refusal(consent_date="2025-11-18 12:05:01")).command

    assert (ahead.at, ahead.defects) == ("2025-11-18T09:05:00Z", ())
    assert (beyond.at, beyond.defects) == (RECEIVED, ("H162",))
    assert beyond.consent_date == "2025-11-18 12:05:01"


@pytest.mark.parametrize("source", ["HS_WEB", "HS_2015", "HS_KAHVE", ""])
def test_no_refusal_ever_takes_effect_in_the_future(source: str) -> None:
    """C7, whatever else is wrong with it: nothing later could lift it for decades."""
    command = parsed(a_raw_refusal(source=source, consent_date="2099-01-01 00:00:00")).command

    assert (command.at, command.consent_date) == (RECEIVED, "2099-01-01 00:00:00")


@pytest.mark.parametrize(
    "date",
    ["0001-01-01 00:00:00", "0999-12-31 00:00:00", "1900-01-01 00:00:00", "1970-01-01 02:00:00"],
)
def test_a_refusal_dated_before_the_law_is_effective_at_once(date: str) -> None:
    """C5: any defect is named and the refusal effective at once. These are what databases and
    spreadsheets write for "no date"; read as dates, every consent since would lift the refusal."""
    command = parsed(a_raw_refusal(consent_date=date)).command

    assert command.defects == ("H156",)
    assert status_after(state_after(a_proven(0)), command) is ConsentStatus.REFUSED


@pytest.mark.parametrize(
    "changes",
    [
        {"consent_date": ""},
        {"consent_date": "17 Kasim"},
        {"consent_date": "2099-01-01 00:00:00"},
        {"consent_date": "2099-01-01 00:00:00", "source": "HS_2015"},
        {"consent_date": "1900-01-01 00:00:00"},
    ],
    ids=["none", "unreadable", "future", "future-of-2015", "long-past"],
)
def test_the_same_words_again_after_a_new_consent_are_a_new_refusal(changes: Any) -> None:
    """A form that always sends the same wrong date must not lose the person's second refusal."""
    raw, evening = a_raw_refusal(**changes), RECEIVED_AT + timedelta(hours=8)
    first = parsed(raw, Origin.LIVE).command
    again = parse_act(raw, a_provenance(), received_at=evening).command
    between = a_proven(0, at=utc_text(RECEIVED_AT + timedelta(hours=4)))
    state = state_after(first, between)
    assert person_line(state.acts).status is ConsentStatus.GRANTED

    assert status_after(state, again) is ConsentStatus.REFUSED


def test_hs_2015_with_another_date_is_a_defect_of_a_refusal() -> None:
    raw = a_raw_refusal(source="HS_2015", consent_date="2020-01-01 10:00:00")

    command = parsed(raw).command

    assert (command.defects, command.source) == (("H155",), ConsentSource.HS_2015)
    assert command.consent_date == "2020-01-01 10:00:00"


def test_the_one_date_of_hs_2015_is_none() -> None:
    """good/uyum-sablonu.csv line 4."""
    raw = a_raw_refusal(source="HS_2015", consent_date="2015-05-01 00:00:00")

    assert parsed(raw).command.defects == ()


@any_door
def test_hs_karar_is_for_refusals(origin: Origin) -> None:
    """R27, R32."""
    assert parsed(a_raw_refusal(source="HS_KARAR"), origin).command.defects == ()


def test_a_refusal_made_at_iys_is_sound_in_a_declared_file_only() -> None:
    """C5, H119."""
    raw = a_raw_refusal(source="IYS_KISAMESAJ")

    assert parsed(raw, Origin.DECLARED).command.defects == ()
    for origin in OURS:
        assert parsed(raw, origin).command.defects == ("H119",)


@any_door
def test_a_refusal_whose_recipient_type_cannot_be_read_holds_for_both(origin: Origin) -> None:
    act = parsed(a_raw_refusal(recipient_type="KURUM"), origin)

    assert set(act.recipient_types) == {INDIVIDUAL, MERCHANT}
    assert act.command.defects == ("H116",)


def test_kurumsal_is_the_merchant_where_declared_and_both_elsewhere() -> None:
    declared = parsed(a_raw_refusal(recipient_type="KURUMSAL"), Origin.DECLARED)

    assert declared.recipient_types == (MERCHANT,)
    assert (declared.command.defects, declared.command.warnings) == ((), ("L-KURUMSAL",))
    for origin in OURS:
        act = parsed(a_raw_refusal(recipient_type="KURUMSAL"), origin)
        assert set(act.recipient_types) == {INDIVIDUAL, MERCHANT}
        assert act.command.defects == ("H116",)


def test_a_declared_day_counts_to_its_last_second() -> None:
    """So that on one day the refusal wins (C4: ties)."""
    command = parsed(a_raw_refusal(consent_date="2025-11-17"), Origin.DECLARED).command

    assert (command.at, command.precision) == ("2025-11-17T20:59:59Z", DatePrecision.DAY)
    assert (command.consent_date, command.defects) == ("2025-11-17", ())


@pytest.mark.parametrize("origin", OURS)
def test_a_day_alone_is_a_defect_elsewhere(origin: Origin) -> None:
    command = parsed(a_raw_refusal(consent_date="2025-11-17"), origin).command

    assert (command.at, command.defects) == (RECEIVED, ("H158",))


def test_on_a_declared_day_with_both_the_refusal_stands() -> None:
    grant = parsed(a_raw_act(consent_date="2025-11-17"), Origin.DECLARED).command
    refusal = parsed(a_raw_refusal(consent_date="2025-11-17"), Origin.DECLARED).command

    assert status_after(state_after(grant), refusal) is ConsentStatus.REFUSED
    assert status_after(state_after(refusal), grant) is ConsentStatus.REFUSED


def test_what_was_given_is_kept_for_the_vault_up_to_a_limit_and_never_shown() -> None:
    act = parsed(a_raw_refusal(source="x" * 5_000))

    assert act.given == {"source": "x" * 200}
    assert "xxx" not in repr(act)


def test_a_refusal_may_be_of_any_age() -> None:
    """R32: what İYS will not take is kept all the same."""
    command = parsed(a_raw_refusal(consent_date="2019-01-01 10:00:00")).command

    assert (command.at, command.defects) == ("2019-01-01T07:00:00Z", ())
    assert status_after(Consent(), command) is ConsentStatus.REFUSED
