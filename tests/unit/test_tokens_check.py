"""The strict check, at the edges of what is allowed."""

from datetime import timedelta
from hashlib import new

import pytest

from ledger.evidence.token_check import (
    CONTENT_TYPE,
    MESSAGE_DIGEST,
    SIGNING_CERTIFICATE_V2,
    Expectation,
    check,
    check_stored,
)
from ledger.evidence.tokens import read_token
from ledger.evidence.tsa_refusals import ClockDiffers, TokenRefused, TokenStep
from tests.tsa_builders import (
    AT,
    IMPRINT,
    NONCE,
    OTHER_POLICY,
    POLICY,
    Answer,
    attribute,
    integer,
    octets,
    sequence,
    the_world,
)

ROOT, TSA, GOOD = the_world()
A_MICROSECOND = timedelta(microseconds=1)
ASKED = Expectation(
    imprint=IMPRINT, nonce=NONCE, policies=frozenset({POLICY}), earliest=AT, latest=AT
)


def step_of(answer: Answer, asked: Expectation = ASKED) -> TokenStep | None:
    try:
        check(read_token(answer.token()), asked)
    except TokenRefused as refused:
        assert isinstance(refused, ClockDiffers) is refused.step.name.startswith("CLOCK")
        return refused.step
    return None


@pytest.mark.parametrize(
    ("at", "step"),
    [
        (AT - A_MICROSECOND, TokenStep.CLOCK_BEHIND),
        (AT, None),
        (AT + A_MICROSECOND, TokenStep.CLOCK_AHEAD),
    ],
)
def test_the_bounds_of_the_time_are_inside(at: object, step: TokenStep | None) -> None:
    assert step_of(GOOD.changed(at=at)) is step


def test_a_clock_that_differs_says_both_times() -> None:
    late = read_token(GOOD.changed(at=AT + timedelta(hours=1)).token())

    with pytest.raises(ClockDiffers, match=r"got 2026-11-22T11:15.*want 2026-11-22T10:15"):
        check(late, ASKED)


def test_any_policy_is_taken_only_where_none_is_named() -> None:
    other = GOOD.changed(policy=OTHER_POLICY)
    either = frozenset({POLICY, OTHER_POLICY})

    def asked(policies: frozenset[str] | None) -> Expectation:
        return Expectation(imprint=IMPRINT, nonce=NONCE, policies=policies, earliest=AT, latest=AT)

    assert step_of(other, asked(either)) is None
    assert step_of(other, asked(None)) is None
    assert step_of(other, asked(frozenset())) is TokenStep.POLICY


def test_what_is_asked_in_one_hash_is_not_answered_in_another() -> None:
    longer = new("sha384", b"made up").digest()
    answer = GOOD.changed(imprint_hash="sha384", imprint=longer)

    check_stored(read_token(answer.token()), longer)
    assert step_of(answer) is TokenStep.HASH
    assert step_of(GOOD.changed(imprint_hash="sha512", imprint=IMPRINT)) is TokenStep.HASH


@pytest.mark.parametrize(
    "changes",
    [
        {"signed_kind": None, "more_attributes": (attribute(CONTENT_TYPE, octets(b"x")),)},
        {"signed_digest": None, "more_attributes": (attribute(MESSAGE_DIGEST, integer(1)),)},
        {"certificate_id": attribute(SIGNING_CERTIFICATE_V2, octets(b"x"))},
        {"certificate_id": attribute(SIGNING_CERTIFICATE_V2, sequence())},
        {"certificate_id": attribute(SIGNING_CERTIFICATE_V2, sequence(sequence()))},
    ],
)
def test_a_signed_attribute_of_another_kind_is_refused(changes: dict[str, object]) -> None:
    assert step_of(GOOD.changed(**changes)) is TokenStep.FORM


def test_a_stored_token_is_checked_without_what_only_the_asking_knew() -> None:
    stored = read_token(GOOD.changed(nonce=None, policy=OTHER_POLICY).token())

    check_stored(stored, IMPRINT)
    with pytest.raises(TokenRefused) as refused:
        check_stored(stored, bytes(32))
    assert refused.value.step is TokenStep.IMPRINT


def test_a_refusal_has_words_in_both_languages_and_the_bytes() -> None:
    for step in TokenStep:
        refused = TokenRefused(step, b"raw", "detail")
        assert str(refused) == f"{step.value[0]}: detail"
        assert refused.turkish == f"Zaman damgası kabul edilmedi: {step.value[1]}: detail"
        assert refused.raw == b"raw"
    english, turkish = zip(*(step.value for step in TokenStep), strict=True)
    assert len({*english}) == len({*turkish}) == len(TokenStep)
