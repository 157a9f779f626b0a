"""May I send? Every row of consent.md C6 by its number, and which of two rows wins."""

from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest
from msgspec import structs

from ledger.aggregates.commands import Origin
from ledger.aggregates.consent import Consent, person_line
from ledger.aggregates.decisions import (
    ExemptGround,
    Purpose,
    Question,
    Verdict,
    VerdictKind,
    may_send,
)
from ledger.vocabulary import Channel, ConsentSource, IysState, RecipientType, SeenHow
from tests.builders import (
    FIRST_HOUR,
    a_final_no,
    a_listing,
    a_movement,
    a_proven,
    a_record_act,
    a_refusal,
    a_refusal_row,
    a_release,
    a_row,
    an_answer,
    held_over,
    state_after,
    wire_hour,
)

K = VerdictKind
Changes = dict[str, Any]  # members of a question, to be spread
NOW = FIRST_HOUR + timedelta(hours=40)
CLOSED = ConsentSource.IYS_AHS_HAT_KAPATMA
CONTRACT: Changes = {"purpose": Purpose.EXEMPT, "ground": ExemptGround.CONTRACT}
REQUEST: Changes = {"purpose": Purpose.CONSENT_REQUEST}
TACIR: Changes = {"recipient_type": RecipientType.MERCHANT}


def asked(**changes: Any) -> Question:
    question = Question(
        channel=Channel.MESSAGE,
        recipient_type=RecipientType.INDIVIDUAL,
        now=NOW,
        iys_complete_at=NOW - timedelta(hours=1),
    )
    return structs.replace(question, **changes)


def judged(state: Consent, **changes: Any) -> Verdict:
    return may_send(state, asked(**changes))


def aged(**age: float) -> Changes:
    """İYS's movements are known up to that long ago."""
    return {"iys_complete_at": NOW - timedelta(**age)}


def no(row: str, kind: VerdictKind, reason: str | None, *warnings: str) -> Verdict:
    return Verdict(False, kind, reason, row, warnings)


def yes(row: str, reason: str, *warnings: str) -> Verdict:
    return Verdict(True, K.EXEMPT if row == "4" else K.PERMITTED, reason, row, warnings)


def declared(at_hour: float = 10) -> Consent:
    return state_after(a_row(at_hour, origin=Origin.DECLARED))


def shown(state: Consent, iys: IysState, at_hour: float = 10, **changes: Any) -> Consent:
    """Seen at İYS by a look-up, which tells a state only."""
    bare: Changes = {"consent_date": None, "creation_date": None, "source": None}
    seen = {"state": iys, "how": SeenHow.STATUS, **bare, **changes}
    return state_after(a_movement(at_hour, **seen), state=state)


def foreign(state: Consent, at_hour: float = 12) -> Consent:
    """İYS shows another provider software's consent, which we never sent."""
    source = ConsentSource.HS_MOBIL
    seen = a_movement(at_hour, state=IysState.GRANTED, source=source)
    return state_after(seen, state=state)


NOTHING = Consent()
QUEUED = state_after(a_record_act(10))
REGISTERED = state_after(a_record_act(10), an_answer(1))
LINE_CLOSED = state_after(a_record_act(5), a_movement(10, source=CLOSED))
OWN_RET = state_after(a_refusal(10))
RET_TAKEN = state_after(
    a_refusal(10), an_answer(1, state=IysState.REFUSED, source=ConsentSource.HS_MESAJ)
)
CITIZENS_RET = state_after(a_movement(10))
OVER_IYS_RET = state_after(a_movement(5), a_proven(10, approved=True))
LISTED = state_after(a_listing())
LISTED_AT_IYS = state_after(a_listing(), an_answer(1))
KNOWN_AT_IYS = state_after(a_listing(basis_kind="VKN"), an_answer(1))
SUBMITTED = state_after(
    a_record_act(10), an_answer(1, state=IysState.SUBMITTED, how=SeenHow.ANSWER)
)

# Of each row: state, question, answer. The ids begin with the row's number in C6.
CASES: dict[str, tuple[Consent, Changes, Verdict]] = {
    "01-bad-format": (
        REGISTERED,
        {"address_fault": "BAD_FORMAT"},
        no("1", K.INVALID_ADDRESS, "BAD_FORMAT"),
    ),
    "01-kind": (REGISTERED, {"address_fault": "KIND"}, no("1", K.INVALID_ADDRESS, "KIND")),
    "02-brand-closed": (REGISTERED, {"brand_closed": True}, no("2", K.BRAND_CLOSED, None)),
    "03-request-to-nobody": (
        NOTHING,
        REQUEST,
        no("3", K.NO_CONSENT, "CONSENT_REQUEST_FORBIDDEN"),
    ),
    "03-request-over-a-ret": (
        CITIZENS_RET,
        REQUEST,
        no("3", K.NO_CONSENT, "CONSENT_REQUEST_FORBIDDEN"),
    ),
    "03-request-of-who-consented": (REGISTERED, REQUEST, yes("16", "REGISTERED")),
    "04-notice-refused": (CITIZENS_RET, CONTRACT, yes("4", "CONTRACT", "REFUSED")),
    "04-line-closed": (LINE_CLOSED, CONTRACT, no("4", K.EXEMPT, "LINE_CLOSED")),
    "04-mixed-is-commercial": (
        NOTHING,
        {"purpose": Purpose.EXEMPT},
        no("11a", K.NO_CONSENT, "NEVER_SEEN"),
    ),
    **{
        f"04-{ground}": (
            NOTHING,
            {"purpose": Purpose.EXEMPT, "ground": ground},
            yes("4", ground),
        )
        for ground in ExemptGround
    },
    **{
        f"05-{why}": (REGISTERED, {"suppressed": why}, no("5", K.SUPPRESSED, why))
        for why in ("LIST", "RESTRICTED", "ERASED")
    },
    "06-line-closed": (LINE_CLOSED, {}, no("6", K.REFUSED, "LINE_CLOSED")),
    "06-line-closed-as-declared": (
        state_after(a_refusal_row(10, origin=Origin.DECLARED, source=CLOSED)),
        {},
        no("6", K.REFUSED, "LINE_CLOSED"),
    ),
    "07-citizen-at-iys": (CITIZENS_RET, {}, no("7", K.REFUSED, "RET_AT_IYS")),
    "07-taken-by-iys": (RET_TAKEN, {}, no("7", K.REFUSED, "RET_AT_IYS")),
    "07-queued": (OWN_RET, {}, no("7", K.REFUSED, "RET_QUEUED")),
    "07-kept-with-a-defect": (
        state_after(a_refusal_row(10, defects=("H116",))),
        {},
        no("7", K.REFUSED, "RET_IYS_WONT_TAKE"),
    ),
    "07-refused-by-iys": (
        state_after(a_refusal(10), a_final_no(1, "H178")),
        {},
        no("7", K.REFUSED, "RET_IYS_WONT_TAKE"),
    ),
    "07-notice-foreign": (
        foreign(OWN_RET),
        {},
        no("7", K.REFUSED, "RET_QUEUED", "FOREIGN_HS_ONAY"),
    ),
    "08-created-after-our-registration": (
        shown(REGISTERED, IysState.REFUSED, 5, consent_date=wire_hour(5)),
        {},
        no("8", K.REFUSED, "RET_AT_IYS"),
    ),
    "08-dated-as-our-onay": (
        shown(QUEUED, IysState.REFUSED, consent_date=wire_hour(10)),
        {},
        no("8", K.REFUSED, "RET_AT_IYS"),
    ),
    "08-dated-later": (
        shown(declared(), IysState.REFUSED, 12, consent_date=wire_hour(12)),
        {},
        no("8", K.REFUSED, "RET_AT_IYS"),
    ),
    "08-of-a-listed-merchant": (
        shown(LISTED_AT_IYS, IysState.REFUSED, 12, consent_date=wire_hour(12)),
        TACIR,
        no("8", K.REFUSED, "RET_AT_IYS"),
    ),
    "09-later-than-iys-ret": (OVER_IYS_RET, {}, no("9", K.NOT_YET_REGISTERED, "OVER_IYS_RET")),
    "10-held": (held_over(a_refusal(10)), {}, no("10", K.REFUSED, "HELD_OVER_RET")),
    "11a-never-seen": (NOTHING, {}, no("11a", K.NO_CONSENT, "NEVER_SEEN")),
    "11a-not-at-iys-either": (
        shown(NOTHING, IysState.NOT_GRANTED),
        {},
        no("11a", K.NO_CONSENT, "NEVER_SEEN"),
    ),
    "11b-no-merchant": (NOTHING, TACIR, no("11b", K.NO_CONSENT, "MERCHANT_NOT_REGISTERED")),
    "11c-queued": (QUEUED, {}, no("11c", K.NOT_YET_REGISTERED, "QUEUED")),
    "11c-listing-queued": (LISTED, TACIR, no("11c", K.NOT_YET_REGISTERED, "QUEUED")),
    "11c-queued-though-not-onay-before": (
        shown(QUEUED, IysState.NOT_GRANTED),
        {},
        no("11c", K.NOT_YET_REGISTERED, "QUEUED"),
    ),
    "11c-submitted": (SUBMITTED, {}, no("11c", K.NOT_YET_REGISTERED, "SUBMITTED")),
    "11c-overdue": (
        QUEUED,
        {"now": NOW + timedelta(days=9)},
        no("11c", K.NOT_YET_REGISTERED, "OVERDUE"),
    ),
    "11d-declared": (declared(), {}, no("11d", K.IYS_UNCONFIRMED, "DECLARED")),
    "11d-undeclared": (
        state_after(a_row(10, late=True)),
        {},
        no("11d", K.IYS_UNCONFIRMED, "UNDECLARED"),
    ),
    "11e-not-onay": (
        shown(declared(), IysState.NOT_GRANTED),
        {},
        no("11e", K.IYS_DISAGREES, "NOT_ONAY_AT_IYS"),
    ),
    "11e-only-foreign": (foreign(NOTHING), {}, no("11e", K.IYS_DISAGREES, "FOREIGN_HS_ONAY")),
    "11e-foreign-beside-declared": (
        foreign(declared()),
        {},
        no("11e", K.IYS_DISAGREES, "FOREIGN_HS_ONAY"),
    ),
    "11f-lapsed": (state_after(a_record_act(10), a_final_no(1)), {}, no("11f", K.LAPSED, "H467")),
    "11f-rejected": (
        state_after(a_record_act(10), a_final_no(1, "H178")),
        {},
        no("11f", K.REJECTED_BY_IYS, "H178"),
    ),
    "12-never-complete": (
        REGISTERED,
        {"iys_complete_at": None},
        no("12", K.IYS_STALE, "NEVER_COMPLETE"),
    ),
    "12-just-too-old": (
        REGISTERED,
        aged(hours=72, seconds=1),
        no("12", K.IYS_STALE, "72H"),
    ),
    "12-by-the-brands-own-limit": (
        REGISTERED,
        {**aged(hours=5), "iys_age_max": timedelta(hours=4)},
        no("12", K.IYS_STALE, "5H"),
    ),
    "13-old": (REGISTERED, aged(hours=24, seconds=1), yes("16", "REGISTERED", "IYS_OLD")),
    "13-as-old-as-may-be": (REGISTERED, aged(hours=72), yes("16", "REGISTERED", "IYS_OLD")),
    "13-not-yet-old": (REGISTERED, aged(hours=24), yes("16", "REGISTERED")),
    "13-old-merchant": (
        KNOWN_AT_IYS,
        {**TACIR, **aged(hours=30)},
        yes("15", "MERCHANT", "IYS_OLD"),
    ),
    "14-dealer": (REGISTERED, {"dealer_allowed": False}, no("14", K.DEALER_NOT_ALLOWED, None)),
    "15-listed": (KNOWN_AT_IYS, TACIR, yes("15", "MERCHANT")),
    "15-onay-of-a-merchant": (REGISTERED, TACIR, yes("15", "MERCHANT", "NO_MERCHANT_BASIS")),
    "15-no-basis": (LISTED_AT_IYS, TACIR, yes("15", "MERCHANT", "NO_MERCHANT_BASIS")),
    "15-refused-as-individual": (
        KNOWN_AT_IYS,
        {**TACIR, "refused_as_individual": True},
        yes("15", "MERCHANT", "REFUSED_AS_INDIVIDUAL"),
    ),
    "16-registered": (REGISTERED, {}, yes("16", "REGISTERED")),
    "16-confirmed-by-status": (
        shown(declared(), IysState.GRANTED),
        {},
        yes("16", "CONFIRMED_BY_IYS"),
    ),
    "16-confirmed-by-snapshot": (
        shown(declared(), IysState.GRANTED, how=SeenHow.SNAPSHOT),
        {},
        yes("16", "CONFIRMED_BY_IYS"),
    ),
    "16-confirmed-by-the-same-date": (
        state_after(
            a_movement(10, state=IysState.GRANTED, source=ConsentSource.HS_WEB),
            state=declared(),
        ),
        {},
        yes("16", "CONFIRMED_BY_IYS"),
    ),
    "16-citizen": (
        state_after(a_movement(10, state=IysState.GRANTED)),
        {},
        yes("16", "CITIZEN_AT_IYS"),
    ),
    "16-released": (
        state_after(
            a_release(2),
            an_answer(2, 50, consent_date=wire_hour(20)),
            state=state_after(
                a_refusal(10),
                a_row(20, origin=Origin.DECLARED, evidence_kinds=("scan",)),
            ),
        ),
        {},
        yes("16", "REGISTERED"),
    ),
}
ORDER = [*map(str, range(1, 11)), *(f"11{x}" for x in "abcdef"), "12", "14", "15", "16"]
BARS: dict[str, Changes] = {
    "1": {"address_fault": "KIND"},
    "2": {"brand_closed": True},
    "5": {"suppressed": "LIST"},
    "12": {"iys_complete_at": None},
    "14": {"dealer_allowed": False},
}
COMMERCIAL = [id_ for id_, (_, changes, _) in CASES.items() if "purpose" not in changes]


@pytest.mark.parametrize(("state", "changes", "verdict"), CASES.values(), ids=CASES.keys())
def test_row(state: Consent, changes: Changes, verdict: Verdict) -> None:
    assert judged(state, **changes) == verdict


def test_every_row_has_a_case() -> None:
    rows = {verdict.row for _, _, verdict in CASES.values()}

    assert rows == set(ORDER)  # 13 only warns, in the row that follows


@pytest.mark.parametrize("pair", [*combinations(BARS, 2)], ids="-before-".join)
def test_of_two_bars_the_first_row_wins(pair: tuple[str, str]) -> None:
    first, second = pair

    assert judged(REGISTERED, **BARS[first], **BARS[second]).row == first


@pytest.mark.parametrize("bar", BARS)
@pytest.mark.parametrize("case", COMMERCIAL)
def test_a_bar_wins_over_later_rows_only(case: str, bar: str) -> None:
    state, changes, verdict = CASES[case]

    found = judged(state, **{**changes, **BARS[bar]})

    assert found.row == min(verdict.row, bar, key=ORDER.index)
    assert not found.permitted


@pytest.mark.parametrize(("bar", "row"), [("1", "1"), ("2", "2"), ("5", "3"), ("12", "3")])
def test_row_03_comes_behind_1_and_2_only(bar: str, row: str) -> None:
    assert judged(REGISTERED, **REQUEST, **BARS[bar]).row == row


@pytest.mark.parametrize("bar", ["5", "12", "14"])
def test_row_04_exempt_messages_need_nothing_of_what_follows(bar: str) -> None:
    assert judged(CITIZENS_RET, **CONTRACT, **BARS[bar]) == yes("4", "CONTRACT", "REFUSED")


def test_row_06_wins_over_7_and_10_when_more_was_refused() -> None:
    refused_again = state_after(a_refusal(20), state=LINE_CLOSED)
    held = held_over(a_movement(10, source=CLOSED))

    assert judged(refused_again).row == judged(held).row == "6"


def test_row_07_wins_over_12_so_that_stale_knowledge_hides_no_refusal() -> None:
    assert judged(RET_TAKEN, iys_complete_at=None).row == "7"


def test_cases_are_what_their_ids_say() -> None:
    assert person_line(OVER_IYS_RET.acts).standing == ()
    assert CASES["16-released"][0].iys.accepted == 2
