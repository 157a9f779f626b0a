"""What follows from something seen at İYS (consent.md C2, C4, R52)."""

import msgspec

from ledger.aggregates import bodies as b
from ledger.aggregates import commands as c
from ledger.aggregates.acts import Decided, act_body, members_of
from ledger.aggregates.commands import Origin, RecordAct
from ledger.aggregates.consent import Act, Consent, act_of
from ledger.aggregates.keys import ConsentKey
from ledger.clock import from_iys_text, utc_text
from ledger.vocabulary import Basis, ConsentStatus, IysState, Outcome


def see(key: ConsentKey, state: Consent, command: c.SeeAtIys) -> Decided:
    if command.of is None:
        command = msgspec.structs.replace(command, of=_taken(state, command))
    seen = b.IysSeen(**members_of(key), **msgspec.structs.asdict(command))
    line = state.iys
    shown = (command.state, command.consent_date, command.source, command.creation_date)
    if shown == (line.state, line.consent_date, line.source, line.creation_date) and (
        command.of is None or command.of == line.accepted
    ):
        return Decided(Outcome.ALREADY)
    act = _act_shown(key, state, command)
    return Decided(Outcome.RECORDED, None, (seen,) if act is None else (seen, act))


def _taken(state: Consent, command: c.SeeAtIys) -> int | None:
    """The act of ours that a movement shows as taken: it waits and has the movement's very words.
    So an answer that was lost comes by another way (C2)."""
    if command.source is not None and command.source.is_recipients_own:
        return None
    if command.state not in (IysState.GRANTED, IysState.REFUSED):
        return None
    words = (command.state.value, command.consent_date, command.source)
    for act in state.acts:
        waits = act.not_pushed is None and not act.known_to_iys and not act.retracted
        status = ConsentStatus.GRANTED if act.status is None else act.status
        told = act.status is None or act.consent_date is not None  # an unknown date is no mark
        if waits and told and (status.value, act.consent_date, act.source) == words:
            return act.seq
    return None


def _act_shown(key: ConsentKey, state: Consent, command: c.SeeAtIys) -> b.ActBody | None:
    """The act behind a movement at İYS, if it is the recipient's or a refusal (C2)."""
    if command.state not in (IysState.GRANTED, IysState.REFUSED) or command.source is None:
        return None
    status = ConsentStatus(command.state.value)
    own = command.source.is_recipients_own
    if not own and (status is ConsentStatus.GRANTED or command.of is not None):
        return None
    at = shown_at(command)
    if at is None and status is ConsentStatus.GRANTED:
        return None  # without any date it could be from before a refusal
    provenance = c.Provenance(
        origin=Origin.IYS,
        via=f"iys_{command.how}",
        actor=command.actor,
        received_at=command.seen_at,
        tzdata=command.tzdata,
    )
    body = act_body(
        key,
        RecordAct(
            status=status,
            at=at or command.at,
            consent_date=command.consent_date,
            source=command.source,
            provenance=provenance,
        ),
    )
    act = act_of(body, seq=state.version + 2, position=0)
    if any(_same_movement(known, act) for known in state.acts):
        return None
    return msgspec.structs.replace(body, not_pushed="L-AT-IYS")


def shown_at(command: c.SeeAtIys) -> str | None:
    """When what is shown took effect, as acts carry it (C4).

    An `IYS_*` act counts from İYS's creationDate (a closed line carries an old consentDate, R52), a
    provider's from its consentDate. None where nothing tells: a refusal of the recipient's own
    without creationDate counts from now.
    """
    own = command.source is not None and command.source.is_recipients_own
    dates = (command.creation_date, command.consent_date)
    if own and command.state is IysState.REFUSED:
        dates = (command.creation_date, None)
    for date in dates if own else reversed(dates):
        if date is not None:
            return utc_text(from_iys_text(date))
    return None


def _same_movement(known: Act, act: Act) -> bool:
    if known.status is not act.status or known.retracted:
        return False
    if act.is_recipients_own:
        return (known.source, known.at, known.basis) == (act.source, act.at, Basis.IYS)
    words = (act.consent_date, act.source)
    return act.consent_date is not None and words in (
        (known.consent_date, known.source),
        *known.former,
    )
