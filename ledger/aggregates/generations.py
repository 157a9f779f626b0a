"""When an address passes to a new holder (consent.md C1, R35)."""

from collections.abc import Iterable
from uuid import UUID

from ledger.aggregates.acts import act_body
from ledger.aggregates.bodies import IysSeen
from ledger.aggregates.commands import Command, Origin, RecordAct, SeeAtIys
from ledger.aggregates.consent import Consent, act_of, lifts, person_line
from ledger.aggregates.keys import ConsentKey
from ledger.aggregates.seeing import shown_at
from ledger.clock import from_utc_text, utc_text_of_seconds
from ledger.vocabulary import ConsentStatus, IysState


def opens_next(key: ConsentKey, state: Consent, command: Command) -> bool:
    """Whether the command is the first grant of a new holder, later than a closed line: their own
    at İYS, or live with evidence and a second person's approval (R53). Never true of an import."""
    if isinstance(command, SeeAtIys):
        return _granted_at_iys(state, command)
    if not isinstance(command, RecordAct) or command.status is not ConsentStatus.GRANTED:
        return False
    if command.provenance.origin is not Origin.LIVE:
        return False
    act = act_of(act_body(key, command), seq=state.version + 1, position=0)
    standing = person_line(state.acts).standing
    closures = [known.at for known in standing if known.closes_line]
    if not closures or not act.approved or act.evidence_at is None:
        return False
    # What was refused behind a closure, only the new holder can have refused.
    behind = [known for known in standing if known.at >= min(closures)]
    return all(
        act.at > known.at
        and act.evidence_at > known.at
        and (known.closes_line or lifts(act, known))
        for known in behind
    )


def _granted_at_iys(state: Consent, command: SeeAtIys) -> bool:
    """Whether it shows the recipient's own grant behind a closed line and whatever came after."""
    source = command.source
    if command.state is not IysState.GRANTED or source is None or not source.is_recipients_own:
        return False
    at = shown_at(command)
    standing = person_line(state.acts).standing
    if at is None or not any(known.closes_line for known in standing):
        return False
    return all(from_utc_text(at).timestamp() > known.at for known in standing)


def carried_lines(
    former: Iterable[tuple[ConsentKey, Consent]], subject: UUID, *, tzdata: str, actor: str
) -> list[IysSeen]:
    """İYS's lines for the new subject: they are the address's, not the person's."""
    carried = []
    for key, state in former:
        line = state.iys
        if line.state is IysState.UNKNOWN or line.how is None or line.seen_at is None:
            continue
        carried.append(
            IysSeen(
                brand=key.brand_code,
                recipient_type=key.recipient_type,
                channel=key.channel,
                subject=str(subject),
                state=line.state,
                at=line.seen_at if line.at is None else utc_text_of_seconds(line.at),
                seen_at=line.seen_at,
                how=line.how,
                consent_date=line.consent_date,
                source=line.source,
                creation_date=line.creation_date,
                tzdata=tzdata,
                actor=actor,
                code=line.code,
                carried_from=str(key.stream),
            )
        )
    return carried
