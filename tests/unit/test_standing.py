"""What is kept beside a state says of it what `may_send` says (consent.md C6)."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.aggregates.consent import Consent
from ledger.aggregates.decisions import Question, judge, may_send
from ledger.aggregates.standing import Standing, standing, standing_of_text, stored_standing
from ledger.vocabulary import RecipientType
from tests.unit.test_decisions_laws import questions, states

flags = st.booleans()


@settings(max_examples=500, deadline=None)
@given(state=states, question=questions)
def test_a_stored_standing_is_judged_as_its_state_is(state: Consent, question: Question) -> None:
    text, waiting_at = stored_standing(state, question.recipient_type)

    assert judge(standing_of_text(text, waiting_at), question) == may_send(state, question)


@settings(max_examples=500, deadline=None)
@given(state=states, kind=st.sampled_from(RecipientType))
def test_what_is_remembered_of_single_acts_is_what_their_states_say(
    state: Consent, kind: RecipientType
) -> None:
    found = standing(state, kind)

    assert stored_standing(state, kind) == (found.text, found.waiting_at)


@given(st.builds(Standing, st.just("7"), st.none() | st.just("H467"), *[flags] * 5))
def test_the_text_of_a_standing_says_all_of_it(where: Standing) -> None:
    assert standing_of_text(where.text, where.waiting_at) == where
