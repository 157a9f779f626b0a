"""What İYS's codes mean for an act of ours, and when what it shows is that act (R28, R32)."""

from uuid import UUID

import pytest

from ledger.iys_sync.errors import ACCOUNT_CODES, RETRY_CODES, IysError
from ledger.iys_sync.judging import (
    DOUBTFUL,
    TERMINAL,
    UNKNOWN_TRIES_MAX,
    Verdict,
    gravest,
    is_shown,
    judge,
    wants_decision,
)
from ledger.iys_sync.wire import Movement
from ledger.projections.sending_rows import Item
from ledger.vocabulary import BrandCode, Channel, ConsentStatus, RecipientType

DATE, LATER = "2026-03-03 10:15:00", "2026-03-03 10:15:01"
SENT = Item(
    position=7,
    stream=UUID(int=1),
    seq=1,
    subject=UUID(int=2),
    brand_code=BrandCode(123456),
    recipient_type="BIREYSEL",
    channel="MESAJ",
    consent_status="ONAY",
    consent_date=DATE,
    source="HS_WEB",
)


def a_movement(
    status: ConsentStatus = ConsentStatus.GRANTED,
    date: str | None = DATE,
    source: str | None = "HS_WEB",
) -> Movement:
    return Movement(
        "+905010000101",
        RecipientType.INDIVIDUAL,
        Channel.MESSAGE,
        status,
        "2026-03-04 10:00:00",
        "ab" * 32,
        date,
        source,
        "cd" * 32,
    )


# R28 with R32, as the documents group them.
@pytest.mark.parametrize("code", ["H155", "H156", "H157", "H158", "H160", "H120", "H121"])
def test_what_would_be_refused_again_is_refused_for_good(code: str) -> None:
    assert judge(code, is_uncertain=False, tries=0) is Verdict.FINAL


@pytest.mark.parametrize("code", ["H175", "H408", "H467", "H462", "H463", "H486", "H180"])
def test_what_iys_holds_or_its_clock_may_refuse_for_good(code: str) -> None:
    assert judge(code, is_uncertain=False, tries=0) is Verdict.FINAL


@pytest.mark.parametrize("code", ["H174", "H178"])
def test_what_iys_may_have_already_is_looked_up_before_it_is_believed(code: str) -> None:
    assert judge(code, is_uncertain=False, tries=9) is Verdict.LOOK_UP


@pytest.mark.parametrize("code", sorted(TERMINAL))
def test_after_a_sending_of_unknown_outcome_no_refusal_is_believed(code: str) -> None:
    assert judge(code, is_uncertain=True, tries=0) is Verdict.LOOK_UP


@pytest.mark.parametrize("code", ["H103", "H101", "H123", "H124", "H192", "H470", "H476", "H179"])
def test_what_passes_is_tried_again_however_often(code: str) -> None:
    assert judge(code, is_uncertain=True, tries=99) is Verdict.LATER


@pytest.mark.parametrize("code", ["H520", "H521", "H524", "H525", "H586", "H353"])
def test_what_is_the_accounts_fault_is_never_the_acts(code: str) -> None:
    assert judge(code, is_uncertain=True, tries=99) is Verdict.HALT


def test_a_code_that_nobody_knows_is_final_only_after_some_tries() -> None:
    verdicts = [judge("H999", is_uncertain=False, tries=tries) for tries in range(9)]

    assert verdicts[:UNKNOWN_TRIES_MAX] == [Verdict.LATER] * UNKNOWN_TRIES_MAX
    assert set(verdicts[UNKNOWN_TRIES_MAX:]) == {Verdict.FINAL}


def test_no_code_is_in_two_classes() -> None:
    classes = [ACCOUNT_CODES, RETRY_CODES, TERMINAL, DOUBTFUL]

    assert sum(map(len, classes)) == len(frozenset().union(*classes))


@pytest.mark.parametrize(
    ("codes", "decides"),
    [
        (["H160", "H121"], "H160"),
        (["H178", "H467"], "H467"),
        (["H467", "H525"], "H525"),
        (["H999", "H178"], "H178"),
        (["H999"], "H999"),
    ],
)
def test_of_several_codes_the_gravest_decides(codes: list[str], decides: str) -> None:
    assert gravest([IysError(code) for code in codes]) == decides


def test_only_the_very_words_are_the_act() -> None:
    assert is_shown(SENT, a_movement())
    assert not is_shown(SENT, a_movement(ConsentStatus.REFUSED))
    assert not is_shown(SENT, a_movement(date=LATER))
    assert not is_shown(SENT, a_movement(source="HS_MOBIL"))
    assert not is_shown(SENT, a_movement(date=None))
    assert is_shown(SENT._replace(consent_date=None, source=None), a_movement(date=None, source=""))


def test_only_a_late_refusal_of_the_recipients_can_become_a_decision() -> None:
    refusal = SENT._replace(consent_status="RET")

    assert wants_decision(refusal, "H467")
    assert not wants_decision(refusal, "H175")
    assert not wants_decision(SENT, "H467")
    assert not wants_decision(refusal._replace(source="HS_KARAR"), "H467")


def test_a_date_that_is_in_the_future_by_the_clock_of_iys_is_sent_again() -> None:
    """C7: a clock may be five minutes ahead."""
    assert judge("H162", is_uncertain=False, tries=99) is Verdict.LATER
